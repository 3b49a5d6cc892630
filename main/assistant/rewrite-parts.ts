/** A selection as paragraphs that are rewritten one by one; what stands between and around them is never touched. */
import { afterWords, countWords, goesOn } from '../examples/words.ts'
import type { Tokenizer } from '../inference/types.ts'
import { sentenceBreaks } from '../segments.ts'

export interface Part {
  /** Goes before the part as it is: white space, list and quotation marks. */
  before: string
  text: string
  /** A heading, a rule, code: left alone unless it is all that was selected. */
  fixed: boolean
}

const MARKS = /^[ \t]*(?:(?:#{1,6}|>|[-*+]|\d+[.)])[ \t]+(?:\[[ xX]\][ \t]+)?)*/

/** All of the selection but the white space at its ends; what comes last has no text. */
export function wholePart(text: string): Part[] {
  return ended([{ before: leading(text), text: text.trim(), fixed: false }], text)
}

/** Parts whose `before` and `text`, joined, are the selection. None has more than about `most` tokens. */
export function partsOf(tokenizer: Tokenizer, selection: string, most: number): Part[] {
  if (selection.trim() === '') return [{ before: selection, text: '', fixed: true }]
  const parts: Part[] = []
  let gap = ''
  let fence = ''
  let code = ''
  const add = (before: string, text: string, fixed: boolean): void => {
    parts.push({ before: gap + before, text, fixed })
    gap = ''
  }
  for (const block of selection.split(/(\n[ \t]*(?:\n[ \t]*)*)/)) {
    if (block === '') continue
    // Lines and the breaks between them come by turns.
    if (fence !== '') {
      code += block
      if (block.trim() === fence) {
        add('', code, true)
        fence = code = ''
      }
    } else if (/^(```|~~~)/.test(block.trimStart())) {
      fence = block.trimStart().slice(0, 3)
      code = block
    } else if (block.trim() === '') gap += block
    else addLine(block)
  }
  if (code !== '') add('', code.trimEnd(), true)
  return ended(
    parts.flatMap((part) => (part.fixed ? [part] : cut(tokenizer, part, most))),
    selection,
  )

  function addLine(line: string): void {
    const marks = MARKS.exec(line)?.[0] ?? ''
    const text = line.slice(marks.length).trimEnd()
    const bare = text === '' || /^(?:[-*_=][ \t]*){3,}$/.test(text) || /^(?:!\[|\||<)/.test(text)
    const last = parts.at(-1)
    // A line that was broken by hand goes on with the paragraph above it.
    if (last && !last.fixed && marks.trim() === '' && !bare && /^\n[ \t]*$/.test(gap) && !/ {2}\n/.test(gap)) {
      last.text += (goesOn(last.text, text) ? '' : ' ') + text
      gap = line.slice(marks.length + text.length)
      return
    }
    add(marks, text, bare || /^[ \t]*#{1,6}[ \t]/.test(marks))
    gap = line.slice(marks.length + text.length)
  }
}

/** Sentences; one that is too long by itself, as a paragraph without full stops is, between words. */
function* segmentsOf(tokenizer: Tokenizer, text: string, most: number): Generator<string> {
  for (const { segment } of sentenceBreaks.segment(text)) {
    let rest = segment
    for (;;) {
      const tokens = tokenizer.tokenize(rest).length
      const words = countWords(rest)
      if (tokens <= most || words < 2) break
      // Parts of like length, lest the last be a word or two.
      const end = afterWords(rest, 0, Math.ceil(words / Math.ceil(tokens / most)))
      if (end === rest.length) break
      yield rest.slice(0, end)
      rest = rest.slice(end)
    }
    yield rest
  }
}

/** A long paragraph, cut between sentences. */
function cut(tokenizer: Tokenizer, part: Part, most: number): Part[] {
  if (tokenizer.tokenize(part.text).length <= most) return [part]
  const cuts: Part[] = []
  let text = ''
  let before = part.before
  for (const segment of segmentsOf(tokenizer, part.text, most)) {
    if (text !== '' && tokenizer.tokenize(text + segment).length > most) {
      cuts.push({ before, text: text.trimEnd(), fixed: false })
      before = text.slice(text.trimEnd().length)
      text = ''
    }
    text += segment
  }
  cuts.push({ before, text: text.trimEnd(), fixed: false })
  return cuts
}

function ended(parts: Part[], selection: string): Part[] {
  const end = /\s*$/.exec(selection)?.[0] ?? ''
  return end === '' || selection.trim() === '' ? parts : [...parts, { before: end, text: '', fixed: true }]
}

function leading(text: string): string {
  return /^\s*/.exec(text)?.[0] ?? ''
}
