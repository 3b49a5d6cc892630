/**
 * Who wrote what, as plain lists. Marks are what others wrote, sorted and apart; everything between them is the
 * owner's. Knows no editor. Offsets are UTF-16 units.
 */
import type { DraftSpan } from '../../../preload/contract.ts'

export interface Writer {
  author: DraftSpan['author']
  /** The voice that the assistant wrote in. */
  voice: string | null
}

export interface Mark extends Writer {
  from: number
  to: number
}

export const OWNER: Writer = { author: 'owner', voice: null }

const sameWriter = (a: Writer, b: Writer): boolean => a.author === b.author && a.voice === b.voice

/** Adds a mark at the end of a list, merged with the last one where they touch. */
function push(marks: Mark[], { from, to, author, voice }: Mark): void {
  if (from >= to || author === 'owner') return
  const last = marks.at(-1)
  if (last && last.to === from && sameWriter(last, { author, voice })) marks[marks.length - 1] = { ...last, to }
  else marks.push({ from, to, author, voice })
}

/** The part of the marks within [from, to), with offsets counted from `at` in place of `from`. */
export function sliceMarks(marks: readonly Mark[], from: number, to: number, at = 0): Mark[] {
  const found: Mark[] = []
  for (const mark of marks) {
    if (mark.from >= to) break
    if (mark.to <= from) continue
    push(found, { ...mark, from: Math.max(mark.from, from) - from + at, to: Math.min(mark.to, to) - from + at })
  }
  return found
}

/** The marks with [from, to) given to one writer. */
export function writeOver(marks: readonly Mark[], { from, to, author, voice }: Mark): Mark[] {
  if (from >= to) return [...marks]
  const result: Mark[] = []
  for (const mark of marks) if (mark.from < from) push(result, { ...mark, to: Math.min(mark.to, from) })
  push(result, { from, to, author, voice })
  for (const mark of marks) if (mark.to > to) push(result, { ...mark, from: Math.max(mark.from, to) })
  return result
}

/** A replacement: [fromA, toA) of the old text became [fromB, toB) of the new one. */
export interface Replacement {
  fromA: number
  toA: number
  fromB: number
  toB: number
}

/** The marks after replacements (sorted, apart): what was inserted is the owner's, until it is marked otherwise. */
export function mapMarks(marks: readonly Mark[], replacements: readonly Replacement[]): Mark[] {
  if (marks.length === 0) return []
  const result: Mark[] = []
  let next = 0
  let oldAt = 0
  let newAt = 0
  const keep = (until: number): void => {
    while (next < marks.length) {
      const mark = marks[next] as Mark
      if (mark.from >= until) break
      const from = Math.max(mark.from, oldAt)
      push(result, { ...mark, from: from - oldAt + newAt, to: Math.min(mark.to, until) - oldAt + newAt })
      if (mark.to > until) break
      next += 1
    }
  }
  for (const { fromA, toA, toB } of replacements) {
    keep(fromA)
    oldAt = toA
    newAt = toB
    while (next < marks.length && (marks[next] as Mark).to <= toA) next += 1
  }
  keep(Number.POSITIVE_INFINITY)
  return result
}

/** As the drafts' service takes them: sorted, adjacent, covering the whole text. */
export function spansOf(marks: readonly Mark[], length: number): DraftSpan[] {
  const spans: DraftSpan[] = []
  let at = 0
  for (const mark of marks) {
    if (mark.from > at) spans.push({ from: at, to: mark.from, ...OWNER })
    spans.push({ ...mark })
    at = mark.to
  }
  if (at < length) spans.push({ from: at, to: length, ...OWNER })
  return spans
}

export function marksOf(spans: readonly DraftSpan[]): Mark[] {
  const marks: Mark[] = []
  for (const { from, to, author, voice } of spans) push(marks, { from, to, author, voice })
  return marks
}

/** A text and its marks with every line's end as `\n`, as the editor counts it. */
export function withPlainEnds(text: string, marks: readonly Mark[]): { text: string; marks: Mark[] } {
  if (!text.includes('\r')) return { text, marks: [...marks] }
  const replacements: Replacement[] = []
  let gone = 0
  for (const { index } of text.matchAll(/\r\n/g)) {
    replacements.push({ fromA: index, toA: index + 1, fromB: index - gone, toB: index - gone })
    gone += 1
  }
  return { text: text.replace(/\r\n?/g, '\n'), marks: mapMarks(marks, replacements) }
}
