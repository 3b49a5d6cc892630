/** Pieces -> prose queries: what stands before in a piece, and how its author goes on. */
import { spread } from './spread.ts'
import type { DroppedPiece, Piece, TaskQueries, TaskQuery } from './types.ts'

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
  return tail(opening.trimEnd(), CHARACTERS_BEFORE)
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
        input: tail(text.slice(0, start).trimEnd(), charsBefore),
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
    while (words > most) {
      // A sentence longer than a passage (a list, a table) is cut between words.
      const end = afterWords(text, start, most)
      spans.push({ start, end })
      start = end
      words = countWords(text.slice(start, sentence.end))
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

function sentences(text: string): Span[] {
  const found: Span[] = []
  for (const { index, segment } of new Intl.Segmenter(undefined, { granularity: 'sentence' }).segment(text)) {
    found.push({ start: index, end: index + segment.length })
  }
  return found
}

function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0
}

function afterWords(text: string, start: number, count: number): number {
  const words = /\S+\s*/g
  words.lastIndex = start
  let end = start
  for (let i = 0; i < count; i++) {
    const found = words.exec(text)
    if (found === null) return text.length
    end = found.index + found[0].length
  }
  return end
}

/** The last `length` characters, from the beginning of a word. */
function tail(text: string, length: number): string {
  if (text.length <= length) return text
  const cut = text.slice(-length)
  // Whole already when the character before the cut ends a word.
  return /\s/.test(text[text.length - length - 1] ?? '') ? cut.trimStart() : cut.replace(/^\S*\s+/, '')
}
