/**
 * What of a draft is the owner's alone: runs of whole paragraphs in which nobody else wrote a word. A paragraph that has
 * any of the assistant's or of a quotation ends a run and is in none, however much the owner edited it.
 */
import type { DraftSpan } from '../../preload/contract.ts'
import { readMarkdown } from '../library/markdown.ts'

export interface WrittenText {
  text: string
  spans: readonly DraftSpan[]
}

/** Plain text of each run, as the library would read it, in order. */
export function ownRuns({ text, spans }: WrittenText): string[] {
  const runs: string[] = []
  let from = -1
  let to = 0
  const end = (): void => {
    if (from >= 0) runs.push(text.slice(from, to))
    from = -1
  }
  const foreign = spans.filter(({ author }) => author !== 'owner')
  let next = 0
  for (const [start, stop] of paragraphs(text)) {
    while ((foreign[next]?.to ?? Number.POSITIVE_INFINITY) <= start) next++
    const other = foreign[next]
    if (other && other.from < stop && hasWords(text, foreign, next, start, stop)) end()
    else {
      if (from < 0) from = start
      to = stop
    }
  }
  end()
  return runs
    .map((run) => readMarkdown(run))
    .flatMap(({ heading, text: plain }) => (plain === '' ? [] : [heading === null ? plain : `${heading}\n\n${plain}`]))
}

/** White space that somebody else typed is nobody's. */
function hasWords(text: string, foreign: readonly DraftSpan[], first: number, start: number, stop: number): boolean {
  for (let at = first; at < foreign.length; at++) {
    const span = foreign[at]
    if (!span || span.from >= stop) return false
    if (text.slice(Math.max(start, span.from), Math.min(stop, span.to)).trim() !== '') return true
  }
  return false
}

/** Offsets of what stands between blank lines. */
function* paragraphs(text: string): Generator<[start: number, stop: number]> {
  const gap = /\n[ \t\r]*\n[\s]*/g
  let start = 0
  for (let found = gap.exec(text); found; found = gap.exec(text)) {
    if (found.index > start) yield [start, found.index]
    start = found.index + found[0].length
  }
  if (start < text.length) yield [start, text.length]
}
