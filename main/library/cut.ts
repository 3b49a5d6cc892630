/** Cutting a piece into passages of some 120 to 180 words, at paragraphs; very long paragraphs at sentences. */
import { endingWhole } from '../characters.ts'
import { sentenceBreaks } from '../segments.ts'
import { countWords } from './words.ts'

const LEAST = 120
const MOST = 180
/** A last passage shorter than this joins the one before. */
const TAIL = 40
/** Characters that weigh as much as a word at most: a line of base64 is one word, of emoji none. */
const WORD = 11

function weight(text: string): number {
  return Math.max(countWords(text), Math.floor(text.length / WORD))
}

export function cutPassages(text: string): string[] {
  const passages: { text: string; words: number }[] = []
  let parts: string[] = []
  let words = 0
  const flush = () => {
    if (parts.length > 0) passages.push({ text: parts.join('\n\n'), words })
    parts = []
    words = 0
  }
  for (const paragraph of text.split('\n\n')) {
    for (const unit of units(paragraph)) {
      if (words > 0 && words + unit.words > MOST && words >= TAIL) flush()
      parts.push(unit.text)
      words += unit.words
      if (words >= LEAST) flush()
    }
  }
  flush()
  const last = passages.at(-1)
  const before = passages.at(-2)
  if (last && before && last.words < TAIL) {
    passages.splice(-2, 2, { text: `${before.text}\n\n${last.text}`, words: before.words + last.words })
  }
  return passages.map((passage) => passage.text)
}

interface Unit {
  text: string
  words: number
}

/** A paragraph whole, or where it is too long its sentences gathered to passages' size. */
function units(paragraph: string): Unit[] {
  const words = weight(paragraph)
  if (words <= MOST) return paragraph.trim() === '' ? [] : [{ text: paragraph, words }]
  const gathered: Unit[] = []
  let text = ''
  let count = 0
  for (const sentence of sentencesOf(paragraph)) {
    const more = weight(sentence)
    if (count > 0 && count + more > MOST) {
      gathered.push({ text: text.trim(), words: count })
      text = ''
      count = 0
    }
    text += sentence
    count += more
    if (count >= LEAST) {
      gathered.push({ text: text.trim(), words: count })
      text = ''
      count = 0
    }
  }
  if (text.trim() !== '') gathered.push({ text: text.trim(), words: count })
  return gathered
}

function* sentencesOf(paragraph: string): Generator<string> {
  // The segmenter is handed pieces of bounded length: it slows down on a paragraph of megabytes.
  for (let from = 0; from < paragraph.length; ) {
    let to = Math.min(from + 20_000, paragraph.length)
    if (to < paragraph.length) {
      const space = paragraph.lastIndexOf(' ', to)
      to = space > from ? space + 1 : endingWhole(paragraph, to)
    }
    for (const { segment } of sentenceBreaks.segment(paragraph.slice(from, to))) yield* shortened(segment)
    from = to
  }
}

/** A sentence longer than a passage, in parts of a passage's size: text without any full stop exists. */
function* shortened(sentence: string): Generator<string> {
  let rest = sentence
  while (weight(rest) > MOST) {
    let to = Math.min(MOST * WORD, rest.length)
    while (weight(rest.slice(0, to)) > MOST) to = Math.floor(to * 0.8)
    const space = rest.lastIndexOf(' ', to)
    to = space > 0 ? space + 1 : endingWhole(rest, to)
    yield rest.slice(0, to)
    rest = rest.slice(to)
  }
  if (rest !== '') yield rest
}
