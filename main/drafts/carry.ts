/** Who wrote what, carried over to a text that was changed outside of the editor. */
import { diffArrays } from 'diff'
import type { DraftSpan } from '../../preload/contract.ts'

/** Words that differ at most, beyond which the changed middle is taken as new. */
const MOST_EDITS = 4000

/** Words that stayed keep their author; what came in is the owner's, whose file it is. */
export function carriedSpans(before: string, spans: readonly DraftSpan[], after: string): DraftSpan[] {
  const most = Math.min(before.length, after.length)
  let start = 0
  while (start < most && before[start] === after[start]) start++
  let end = 0
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++
  const carried: DraftSpan[] = []
  const add = (length: number, { author, voice }: Pick<DraftSpan, 'author' | 'voice'>): void => {
    if (length === 0) return
    const from = carried.at(-1)?.to ?? 0
    carried.push({ from, to: from + length, author, voice })
  }
  const keep = (from: number, to: number): void => {
    for (const span of spans) {
      const [a, b] = [Math.max(from, span.from), Math.min(to, span.to)]
      if (b > a) add(b - a, span)
    }
  }
  const OWNER = { author: 'owner' as const, voice: null }
  keep(0, start)
  const [old, now] = [before.slice(start, before.length - end), after.slice(start, after.length - end)]
  const changes = diffArrays(wordsOf(old), wordsOf(now), { maxEditLength: MOST_EDITS })
  if (changes === undefined) add(now.length, OWNER)
  else {
    let at = start
    for (const { added, removed, value } of changes) {
      const length = value.reduce((sum, word) => sum + word.length, 0)
      if (added) add(length, OWNER)
      else {
        if (!removed) keep(at, at + length)
        at += length
      }
    }
  }
  keep(before.length - end, before.length)
  return carried
}

function wordsOf(text: string): string[] {
  return text.match(/\s+|[^\s]+/g) ?? []
}
