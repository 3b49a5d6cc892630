/** "Earlier history only": search as it would have been on a day, with the frequencies of what was written before it. */
import { IdiolectError } from '../errors.ts'
import { countBelow, createBm25 } from './bm25.ts'

export interface DatedText {
  /** ISO date or date-time. */
  date: string
  text: string
}

export interface EarlierHit<T> {
  piece: T
  score: number
}

export interface EarlierSearch<T> {
  /** How many pieces are earlier. */
  readonly size: number
  /** Up to `k` earlier pieces, best first. */
  search(query: string, k: number): EarlierHit<T>[]
}

/** An index that answers for any date; build it once for a history. */
export function createHistoryIndex<T extends DatedText>(
  pieces: readonly T[],
): { before(date: string): EarlierSearch<T> } {
  const ordered = pieces.map((piece) => ({ piece, time: timeOf(piece.date) })).sort((a, b) => a.time - b.time)
  const times = ordered.map(({ time }) => time)
  const index = createBm25(ordered.map(({ piece }) => piece.text))
  return {
    before(date) {
      const size = countBelow(times, timeOf(date))
      return {
        size,
        search: (query, k) =>
          index.search(query, k, { first: size }).flatMap(({ index: at, score }) => {
            const piece = ordered[at]?.piece
            return piece === undefined ? [] : [{ piece, score }]
          }),
      }
    },
  }
}

/** One search in the pieces dated before `date` (a piece of the same day or moment is not earlier). */
export function bm25Before<T extends DatedText>(pieces: readonly T[], date: string): EarlierSearch<T> {
  return createHistoryIndex(pieces).before(date)
}

/** Milliseconds since 1970; a day counts from its midnight in UTC. Throws IdiolectError `BadDate`. */
export function timeOf(date: string): number {
  const time = Date.parse(date)
  if (Number.isNaN(time)) {
    throw new IdiolectError('BadDate', `${JSON.stringify(date)} is no date`, 'Write it as 2024-05-17.')
  }
  return time
}
