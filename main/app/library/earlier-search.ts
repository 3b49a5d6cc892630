/** What a run's prompts may show beside a query: earlier pieces of the training side, and never the query's own text. */
import { byTime } from '../../examples/split.ts'
import type { RetrievedPair, TaskQuery } from '../../examples/types.ts'
import { createBm25 } from '../../retrieval/bm25.ts'
import { commonRuns, createSameText } from '../../retrieval/same-text.ts'

/** Found beyond those wanted, since some may turn out to be versions of the query's own text. */
const SPARE = 4

/**
 * BM25 over the training side of one task. Only what stands before a query in the order of time is found, by the document
 * frequencies of that part alone: what is older, and of pieces of one date those of lower id, since nobody knows which of them
 * was first. Most alike first.
 */
export function createEarlierSearch(training: readonly TaskQuery[]): (query: TaskQuery, k: number) => RetrievedPair[] {
  const ordered = training.map((query) => ({ query, ...whenOf(query) })).sort(byTime)
  const bm25 = createBm25(ordered.map(({ query }) => query.input))
  const common = commonRuns(ordered.map(({ query }) => query.input))
  return (query, k) => {
    if (k === 0) return []
    const first = countBefore(ordered, whenOf(query))
    if (first === 0) return []
    const isThis = createSameText([query.input], common)
    return bm25
      .search(query.input, k + SPARE, { first })
      .flatMap(({ index }) => ordered[index]?.query ?? [])
      .filter(({ document, input }) => document !== query.document && !isThis(input))
      .slice(0, k)
      .map(({ document, input, answer }) => ({ document, input, answer }))
  }
}

function whenOf({ date, document }: TaskQuery): { date: string; id: string } {
  return { date, id: document }
}

function countBefore(ordered: readonly { date: string; id: string }[], when: { date: string; id: string }): number {
  let low = 0
  let high = ordered.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (byTime(ordered[middle] as { date: string; id: string }, when) < 0) low = middle + 1
    else high = middle
  }
  return low
}
