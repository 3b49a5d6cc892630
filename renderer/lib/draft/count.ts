/** How many words, and whose. A word is its first letter's writer's; Chinese, Japanese and Thai by their characters. */
import type { Mark } from './spans.ts'

export interface Counts {
  words: number
  owner: number
  assistant: number
  quoted: number
}

const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{N}])(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{N}\p{M}]|['’.-](?=[\p{L}\p{N}]))*/gu
const PART = 100_000

/** In steps of some hundred thousand letters, so that a long text leaves the window its time between them. */
export function* countInSteps(text: string, marks: readonly Mark[]): Generator<void, Counts> {
  const counts: Counts = { words: 0, owner: 0, assistant: 0, quoted: 0 }
  let next = 0
  let at = 0
  while (at < text.length) {
    let end = Math.min(text.length, at + PART)
    // Never within a word, where there is any space near.
    const space = end < text.length ? text.slice(end, end + 1000).search(/\s/) : -1
    if (space >= 0) end += space
    for (const { index } of text.slice(at, end).matchAll(WORD)) {
      const place = at + index
      while (next < marks.length && (marks[next] as Mark).to <= place) next += 1
      const mark = marks[next]
      counts.words += 1
      counts[mark && mark.from <= place ? mark.author : 'owner'] += 1
    }
    at = end
    if (at < text.length) yield
  }
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
