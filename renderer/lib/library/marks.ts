/** Marks in text and in a page: which parts of a text are marked, and where words stand in what the page shows. */
import type { MarkedText } from '../../../preload/contract.ts'

export interface Part {
  text: string
  marked: boolean
}

/** The text in parts, in order; marks may touch or overlap. */
export function partsOfMarked({ text, marks }: MarkedText): Part[] {
  const parts: Part[] = []
  let at = 0
  for (const [from, to] of [...marks].sort((a, b) => a[0] - b[0])) {
    if (to <= Math.max(from, at)) continue
    const start = Math.max(from, at)
    if (start > at) parts.push({ text: text.slice(at, start), marked: false })
    parts.push({ text: text.slice(start, to), marked: true })
    at = to
  }
  if (at < text.length) parts.push({ text: text.slice(at), marked: false })
  return parts
}

/** A page's text with white space as single blanks, and the node and offset that each of its units comes from. */
interface PageText {
  text: string
  nodes: Text[]
  offsets: number[]
}

export function readPage(element: Element): PageText {
  const page: PageText = { text: '', nodes: [], offsets: [] }
  const units: string[] = []
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  let block: Element | null = null
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const { data, parentElement } = node as Text
    // Two blocks are two words, whatever stands between them in the source.
    const own = parentElement?.closest('p, li, h1, h2, h3, h4, h5, h6, pre, td, th, blockquote, div') ?? null
    let blank = units.length === 0 || units.at(-1) === ' '
    if (own !== block && !blank) {
      push(page, units, ' ', node as Text, 0)
      blank = true
    }
    block = own
    for (let at = 0; at < data.length; at++) {
      const unit = data.charAt(at)
      if (/\s/.test(unit)) {
        if (!blank) push(page, units, ' ', node as Text, at)
        blank = true
      } else {
        push(page, units, unit, node as Text, at)
        blank = false
      }
    }
  }
  page.text = units.join('')
  return page
}

function push(page: PageText, units: string[], unit: string, node: Text, at: number): void {
  units.push(unit)
  page.nodes.push(node)
  page.offsets.push(at)
}

/** Every place of the words, whatever their case; at most `most`. */
export function placesOf(page: PageText, words: string, most = 1000): Range[] {
  const wanted = words.replace(/\s+/g, ' ').trim().toLowerCase()
  const text = page.text.toLowerCase()
  // A few letters grow when they are made small: then nothing stands where it was.
  if (wanted === '' || text.length !== page.text.length) return []
  const ranges: Range[] = []
  for (let at = text.indexOf(wanted); at >= 0 && ranges.length < most; at = text.indexOf(wanted, at + wanted.length)) {
    const range = rangeOf(page, at, at + wanted.length)
    if (range) ranges.push(range)
  }
  return ranges
}

function rangeOf({ nodes, offsets }: PageText, from: number, to: number): Range | null {
  const first = nodes[from]
  const last = nodes[to - 1]
  if (!first || !last) return null
  const range = document.createRange()
  range.setStart(first, offsets[from] ?? 0)
  range.setEnd(last, Math.min(last.length, (offsets[to - 1] ?? 0) + 1))
  return range
}

/** Puts a passage's paragraphs in `mark`s where the page shows them. @returns the first mark, or null */
export function markPassage(element: Element, passage: string): HTMLElement | null {
  const lines = passage.split(/\n+/).map((line) => line.replace(/^\s*- /, ''))
  const ranges: Range[] = []
  const page = readPage(element)
  let from = 0
  for (const line of lines) {
    const wanted = line.replace(/\s+/g, ' ').trim()
    if (wanted === '') continue
    // In the passage's order, so that a line that stands twice is the right one.
    const at = page.text.indexOf(wanted, from)
    if (at < 0) continue
    from = at + wanted.length
    const range = rangeOf(page, at, from)
    if (range) ranges.push(range)
  }
  // From the end, so that what is wrapped does not move what comes before.
  const marks = ranges.reverse().flatMap(wrap)
  return marks.at(-1) ?? null
}

/** One mark a text node, the last first. */
function wrap(range: Range): HTMLElement[] {
  const nodes: Text[] = []
  const walker = document.createTreeWalker(range.commonAncestorContainer, NodeFilter.SHOW_TEXT)
  if (range.commonAncestorContainer instanceof Text) nodes.push(range.commonAncestorContainer)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (range.intersectsNode(node)) nodes.push(node as Text)
  }
  const { startContainer, startOffset, endContainer, endOffset } = range
  return nodes.reverse().flatMap((node) => {
    const from = node === startContainer ? startOffset : 0
    const to = node === endContainer ? endOffset : node.length
    if (to <= from || node.data.slice(from, to).trim() === '') return []
    const part = document.createRange()
    part.setStart(node, from)
    part.setEnd(node, to)
    const mark = document.createElement('mark')
    part.surroundContents(mark)
    return [mark]
  })
}
