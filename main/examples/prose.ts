/** Pieces -> prose queries: what stands before in a piece, and how its author goes on. */

import { sentenceBreaks } from '../segments.ts'
import { spread } from './spread.ts'
import type { DroppedPiece, Piece, TaskQueries, TaskQuery } from './types.ts'
import { afterWords, countWords, lastWords, wordFrom } from './words.ts'

export interface ProseOptions {
  /** Characters before a passage that the query shows. */
  charsBefore?: number
  /** Words of a passage: it ends with the sentence that reaches `leastWords`, or within `mostWords`. */
  leastWords?: number
  mostWords?: number
  /** Passages taken from one piece at most, spread over it, so that one long piece does not outweigh the rest. */
  maxPerPiece?: number
}

const CHARACTERS_BEFORE = 600

/** What a query shows of an opening: its last characters, from the beginning of a word. */
export function proseInput(opening: string): string {
  return lastWords(opening.trimEnd(), CHARACTERS_BEFORE)
}

interface Span {
  start: number
  end: number
}

/** Queries in the order of the pieces. A piece too short for a beginning and a passage is dropped with its reason. */
export function proseQueries(pieces: Piece[], options: ProseOptions = {}): TaskQueries {
  const { charsBefore = CHARACTERS_BEFORE, leastWords = 100, mostWords = 130, maxPerPiece = 4 } = options
  const queries: TaskQuery[] = []
  const dropped: DroppedPiece[] = []
  for (const piece of pieces) {
    const text = piece.text.trim()
    const passages = passagesOf(text, leastWords, mostWords)
    // The first has nothing before it to go on from.
    const chosen = spread(passages.slice(1), maxPerPiece)
    if (chosen.length === 0) {
      dropped.push({
        document: piece.id,
        reason: `it is shorter than a beginning and a passage of ${leastWords} words`,
      })
    }
    for (const { start, end } of chosen) {
      queries.push({
        task: 'prose',
        document: piece.id,
        title: piece.title,
        date: piece.date,
        input: lastWords(text.slice(0, start).trimEnd(), charsBefore),
        answer: text.slice(start, end).trim(),
      })
    }
  }
  return { queries, dropped }
}

/** Consecutive spans of about `least`..`most` words that end with a sentence where one ends in time. */
function passagesOf(text: string, least: number, most: number): Span[] {
  const spans: Span[] = []
  let start = 0
  let words = 0
  for (const sentence of sentences(text)) {
    const added = countWords(text.slice(sentence.start, sentence.end))
    if (words > 0 && words + added > most && words >= least / 2) {
      spans.push({ start, end: sentence.start })
      start = sentence.start
      words = 0
    }
    words += added
    if (words > most) {
      // A sentence longer than a passage (a list, a table) is cut between words. What is left is not counted anew after
      // each cut: a line of megabytes would take hours.
      let left = countWords(text.slice(start, sentence.end))
      do {
        const end = afterWords(text, start, most)
        spans.push({ start, end })
        left -= countWords(text.slice(start, end))
        start = end
      } while (left > most)
      words = Math.max(0, left)
    }
    if (words >= least) {
      spans.push({ start, end: sentence.end })
      start = sentence.end
      words = 0
    }
  }
  if (words >= least / 2) spans.push({ start, end: text.length })
  return spans
}

/** Characters of a line that the segmenter is handed at once: its time grows with their square. */
const WINDOW = 8000

function* sentences(text: string): Generator<Span> {
  for (let start = 0; start < text.length; ) {
    // A sentence ends with its line.
    const line = text.indexOf('\n', start) + 1 || text.length
    const end = Math.min(line, wordFrom(text, start + WINDOW))
    const found = [...sentenceBreaks.segment(text.slice(start, end))]
    // The last of a window goes on in the next, unless it is all of it.
    const whole = end < line && found.length > 1 ? found.slice(0, -1) : found
    let at = start
    for (const { segment } of whole) {
      const from = at
      at += segment.length
      yield { start: from, end: at }
    }
    start = at
  }
}
