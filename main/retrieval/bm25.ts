/**
 * BM25 over a list of texts. Okapi's weights with k1 = 1.5 and b = 0.75, the defaults of rank_bm25 that OPPU's code
 * retrieves with; the inverse document frequency is ln(1 + (N - n + .5) / (n + .5)) as in Lucene, because rank_bm25's
 * ln((N - n + .5) / (n + .5)) is 0 or negative for a history of two pieces, where every personal history begins.
 * Knows no store and no documents.
 */
import { termsOf } from './tokens.ts'

const K1 = 1.5
const B = 0.75

export interface Bm25Hit {
  /** Index into the texts. */
  index: number
  score: number
}

export interface Bm25SearchOptions {
  /** Only the first so many texts exist: frequencies and the mean length too are theirs alone. */
  first?: number
  /** Texts that may be found; the others still count in the frequencies. */
  accept?: (index: number) => boolean
}

export interface Bm25 {
  readonly size: number
  /** Up to `k` texts that share a term with `query`, best first; equal scores in the texts' order. */
  search(query: string, k: number, options?: Bm25SearchOptions): Bm25Hit[]
}

interface Posting {
  /** Indices of the texts with this term, ascending, and how often each has it. */
  texts: number[]
  counts: number[]
}

export function createBm25(texts: readonly string[]): Bm25 {
  const postings = new Map<string, Posting>()
  const lengths = new Float64Array(texts.length)
  /** totals[i]: terms in the first i texts. */
  const totals = new Float64Array(texts.length + 1)
  texts.forEach((text, index) => {
    const terms = termsOf(text)
    lengths[index] = terms.length
    totals[index + 1] = (totals[index] ?? 0) + terms.length
    for (const term of terms) {
      let posting = postings.get(term)
      if (!posting) {
        posting = { texts: [], counts: [] }
        postings.set(term, posting)
      }
      const last = posting.texts.length - 1
      if (posting.texts[last] === index) posting.counts[last] = (posting.counts[last] ?? 0) + 1
      else {
        posting.texts.push(index)
        posting.counts.push(1)
      }
    }
  })

  /** Of the search that is going on, all 0 between two; and the texts where it is not. A history's searches are many. */
  const scores = new Float64Array(texts.length)
  const found: number[] = []
  return {
    size: texts.length,
    search(query, k, { first = texts.length, accept } = {}) {
      const size = Math.min(first, texts.length)
      const mean = (totals[size] ?? 0) / size
      // A term that the query repeats counts as often, as in rank_bm25.
      for (const [term, repeats] of countsOf(termsOf(query))) {
        const posting = postings.get(term)
        if (!posting) continue
        const frequency = countBelow(posting.texts, size)
        const idf = repeats * Math.log(1 + (size - frequency + 0.5) / (frequency + 0.5))
        for (let at = 0; at < frequency; at++) {
          const index = posting.texts[at] as number
          const count = posting.counts[at] as number
          const weight = (count * (K1 + 1)) / (count + K1 * (1 - B + (B * (lengths[index] as number)) / mean))
          // Weights are above 0.
          if (scores[index] === 0) found.push(index)
          scores[index] = (scores[index] as number) + idf * weight
        }
      }
      try {
        return bestOf(found, scores, k, accept)
      } finally {
        for (const index of found.splice(0)) scores[index] = 0
      }
    },
  }
}

/** A best text is kept in its place among so many; of more all are sorted. */
const MOST_KEPT = 64

/** Best first; equal scores in the texts' order. `accept` is asked at most once a text. */
function bestOf(
  found: readonly number[],
  scores: Float64Array,
  k: number,
  accept: Bm25SearchOptions['accept'],
): Bm25Hit[] {
  const hit = (index: number): Bm25Hit => ({ index, score: scores[index] as number })
  const order = (a: Bm25Hit, b: Bm25Hit): number => b.score - a.score || a.index - b.index
  if (k > MOST_KEPT) {
    const accepted = accept ? found.filter((index) => accept(index)) : found
    return accepted.map(hit).sort(order).slice(0, k)
  }
  const best: Bm25Hit[] = []
  for (const index of found) {
    const last = best[k - 1]
    const score = scores[index] as number
    if (last !== undefined && (score < last.score || (score === last.score && index > last.index))) continue
    if (k <= 0 || (accept && !accept(index))) continue
    const one = { index, score }
    let at = best.length
    while (at > 0 && order(one, best[at - 1] as Bm25Hit) < 0) at--
    best.splice(at, 0, one)
    if (best.length > k) best.pop()
  }
  return best
}

function countsOf(terms: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1)
  return counts
}

/** How many of the ascending `values` are below `bound`. */
export function countBelow(values: ArrayLike<number>, bound: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] ?? 0) < bound) low = middle + 1
    else high = middle
  }
  return low
}
