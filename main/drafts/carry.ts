/**
 * Who wrote what, carried over to a text that was changed outside of the editor: words that stayed keep their author, and
 * what came in is the owner's, whose file it is, unless it stood elsewhere among somebody else's words. White space
 * counts for nothing: a paragraph that is wrapped anew is the same.
 */
import type { DraftSpan } from '../../preload/contract.ts'
import { writesNoSpaces } from '../library/words.ts'
import { wordBreaks } from '../segments.ts'
import { type Alignment, align } from './align.ts'

/** Words in a row that stood in the text before are not new wherever they stand now; fewer where there is no telling. */
const RUN = 8
const RUN_UNKNOWN = 3

type Author = Pick<DraftSpan, 'author' | 'voice'>
const OWNER: Author = { author: 'owner', voice: null }

export function carriedSpans(before: string, spans: readonly DraftSpan[], after: string): DraftSpan[] {
  const [start, end] = commonEnds(before, after)
  const carried: DraftSpan[] = []
  let lastIsNew = false
  const add = (length: number, { author, voice }: Author, isNew: boolean): void => {
    if (length === 0) return
    const last = carried.at(-1)
    const from = last?.to ?? 0
    if (last?.author === author && last.voice === voice && lastIsNew === isNew) last.to += length
    else carried.push({ from, to: from + length, author, voice })
    lastIsNew = isNew
  }
  const keep = (from: number, to: number): void => {
    for (const span of spans) {
      const [a, b] = [Math.max(from, span.from), Math.min(to, span.to)]
      if (b > a) add(b - a, span, false)
    }
  }
  keep(0, start)
  const old = wordsOf(before, start, before.length - end)
  const now = wordsOf(after, start, after.length - end)
  const aligned = align(keysOf(before, old), keysOf(after, now))
  const theirs = foreignWords(before, spans, keysOf(after, now), aligned)
  let at = start
  for (const [place, [wordStart, wordEnd]] of now.entries()) {
    const was = old[aligned.from[place] as number]
    const author = was ? authorAt(spans, was[0]) : (theirs[place] ?? OWNER)
    // White space goes with the word before it; at the beginning, with the one behind.
    add(wordStart - at, carried.at(-1) ?? author, lastIsNew)
    add(wordEnd - wordStart, author, was === undefined)
    at = wordEnd
  }
  add(after.length - end - at, carried.at(-1) ?? OWNER, lastIsNew)
  keep(before.length - end, before.length)
  return carried
}

/** Lengths of what two texts begin and end with alike, in whole words: half of one would not be known for its word. */
function commonEnds(before: string, after: string): [start: number, end: number] {
  if (before === after) return [before.length, 0]
  const most = Math.min(before.length, after.length)
  let start = 0
  while (start < most && before[start] === after[start]) start++
  while (start > 0 && !isSpace(before, start - 1)) start--
  let end = 0
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++
  while (end > 0 && !isSpace(before, before.length - end)) end--
  return [start, end]
}

const isSpace = (text: string, place: number): boolean => /\s/.test(text.charAt(place))

type Word = [start: number, end: number]

/** What stands between white space; in scripts that write none, the words of a dictionary. */
function wordsOf(text: string, start: number, end: number): Word[] {
  const words: Word[] = []
  for (const { 0: run, index } of text.slice(start, end).matchAll(/\S+/g)) {
    const from = start + index
    if (!writesNoSpaces(run)) words.push([from, from + run.length])
    else
      for (const { segment, index: at } of wordBreaks.segment(run)) words.push([from + at, from + at + segment.length])
  }
  return words
}

/** By which words are compared: macOS writes some letters in two parts. */
const keysOf = (text: string, words: readonly Word[]): string[] =>
  words.map(([start, end]) => text.slice(start, end).normalize('NFC'))

/** Author of the character at a place. */
function authorAt(spans: readonly DraftSpan[], place: number): Author {
  let [low, high] = [0, spans.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((spans[middle] as DraftSpan).to <= place) low = middle + 1
    else high = middle
  }
  return spans[low] ?? OWNER
}

/** Of the words that are new where they stand, those that somebody else wrote elsewhere in the text before. */
function foreignWords(
  before: string,
  spans: readonly DraftSpan[],
  now: readonly string[],
  { from, unknown }: Alignment,
): (Author | undefined)[] {
  const found: (Author | undefined)[] = []
  if (!from.includes(-1)) return found
  const foreign = spans
    .filter(({ author }) => author !== 'owner')
    .map((span) => ({ span, words: keysOf(before, wordsOf(before, span.from, span.to)) }))
  const mark = (length: number, isAsked: (place: number) => boolean): void => {
    const authors = new Map(
      foreign.flatMap(({ span, words }) => runs(words, length).map((run) => [run, span] as const)),
    )
    if (authors.size === 0) return
    for (const [place, run] of runs(now, length).entries()) {
      const author = isAsked(place) ? authors.get(run) : undefined
      if (author) for (let at = place; at < place + length; at++) if (from[at] === -1) found[at] = author
    }
  }
  if (unknown.includes(1)) mark(RUN_UNKNOWN, (place) => unknown[place] === 1)
  mark(RUN, () => true)
  return found
}

const runs = (words: readonly string[], length: number): string[] =>
  Array.from({ length: Math.max(0, words.length - length + 1) }, (_, at) => words.slice(at, at + length).join('\n'))
