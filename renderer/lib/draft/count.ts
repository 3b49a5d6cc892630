/** How many words, and whose. A word is its first letter's writer's; scripts without spaces count by their characters. */
import type { Mark } from './spans.ts'

export interface Counts {
  words: number
  owner: number
  assistant: number
  quoted: number
}

// As the drafts' service counts them: two characters of a script without spaces are a word.
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
const LETTER = `(?:(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}])`
const WORD = new RegExp(`([${UNSPACED}])|${LETTER}+(?:['’-]${LETTER}+)*`, 'gu')
const PART = 100_000

/** In steps of some hundred thousand letters, so that a long text leaves the window its time between them. */
export function* countInSteps(text: string, marks: readonly Mark[]): Generator<void, Counts> {
  const counts: Counts = { words: 0, owner: 0, assistant: 0, quoted: 0 }
  const halves = { owner: 0, assistant: 0, quoted: 0 }
  let next = 0
  let at = 0
  while (at < text.length) {
    let end = Math.min(text.length, at + PART)
    // Never within a word, where there is any space near.
    const space = end < text.length ? text.slice(end, end + 1000).search(/\s/) : -1
    if (space >= 0) end += space
    for (const { index, 1: unspaced } of text.slice(at, end).matchAll(WORD)) {
      const place = at + index
      while (next < marks.length && (marks[next] as Mark).to <= place) next += 1
      const mark = marks[next]
      const author = mark && mark.from <= place ? mark.author : 'owner'
      if (unspaced) halves[author] += 1
      else counts[author] += 1
    }
    at = end
    if (at < text.length) yield
  }
  counts.words = counts.owner + counts.assistant + counts.quoted
  counts.words += Math.ceil((halves.owner + halves.assistant + halves.quoted) / 2)
  for (const author of ['owner', 'assistant', 'quoted'] as const) counts[author] += Math.ceil(halves[author] / 2)
  return counts
}

export function countWords(text: string, marks: readonly Mark[] = []): Counts {
  const steps = countInSteps(text, marks)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

const WORDS_PER_MINUTE = 230

/** Minutes to read so many words quietly, at least one. */
export function readingMinutes(words: number): number {
  return Math.max(1, Math.round(words / WORDS_PER_MINUTE))
}
