/**
 * How like a user's history a query is: the cosine of TF-IDF vectors, 0 to 1, which unlike BM25 means the same for every
 * user and length. Knows texts and users, no models.
 */
import { termsOf } from '../../retrieval/tokens.ts'
import { lampHistory, lampQueries } from '../examples.ts'
import type { LampUser } from '../types.ts'

export interface Similarity {
  /** The cosine to the nearest text that is accepted, 0 where none shares a term. */
  nearest(text: string, accept?: (index: number) => boolean): number
}

/** Weights tf * (ln((1 + N) / (1 + df)) + 1), vectors of length 1: as scikit-learn's TfidfVectorizer has them. */
export function createSimilarity(texts: readonly string[]): Similarity {
  const counted = texts.map(countsOf)
  const frequency = new Map<string, number>()
  for (const counts of counted) for (const term of counts.keys()) frequency.set(term, (frequency.get(term) ?? 0) + 1)
  const weigh = (term: string, count: number): number =>
    count * (Math.log((1 + texts.length) / (1 + (frequency.get(term) ?? 0))) + 1)

  const postings = new Map<string, { index: number; weight: number }[]>()
  counted.forEach((counts, index) => {
    const length = lengthOf(counts, weigh)
    for (const [term, count] of counts) {
      const posting = { index, weight: weigh(term, count) / length }
      const known = postings.get(term)
      if (known) known.push(posting)
      else postings.set(term, [posting])
    }
  })
  return {
    nearest(text, accept) {
      const counts = countsOf(text)
      // Terms that no text has lengthen the query all the same: a query of foreign words is like nothing here.
      const length = lengthOf(counts, weigh)
      const cosines = new Map<number, number>()
      for (const [term, count] of counts) {
        for (const { index, weight } of postings.get(term) ?? []) {
          cosines.set(index, (cosines.get(index) ?? 0) + (weigh(term, count) / length) * weight)
        }
      }
      let best = 0
      for (const [index, cosine] of cosines) if (cosine > best && accept?.(index) !== false) best = cosine
      return Math.min(1, best)
    },
  }
}

/**
 * For each of the user's first `count` queries, by id: the cosine of its input to the nearest input of the history. Of
 * prose the passage right before a query is left out, since it is the query's own input.
 */
export function similarities(user: LampUser, count?: number): Map<string, number> {
  const history = lampHistory(user)
  // Where a history is bare answers (tweets), these are all there is to be like.
  const similarity = createSimilarity(
    history.map(({ task, input, answer }) => (task === 'prose' ? answer : input || answer)),
  )
  return new Map(
    lampQueries(user, count).map(({ task, document, input }) => [
      document,
      similarity.nearest(input, (index) => task !== 'prose' || history[index]?.answer.endsWith(input) === false),
    ]),
  )
}

function countsOf(text: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const term of termsOf(text)) counts.set(term, (counts.get(term) ?? 0) + 1)
  return counts
}

function lengthOf(counts: Map<string, number>, weigh: (term: string, count: number) => number): number {
  let squares = 0
  for (const [term, count] of counts) squares += weigh(term, count) ** 2
  return Math.sqrt(squares)
}
