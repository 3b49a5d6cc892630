/** Pieces -> headline queries: a piece's text, and the title that its author gave it. */
import { tooShort } from './length.ts'
import type { DroppedPiece, Piece, TaskQueries, TaskQuery } from './types.ts'
import { countWords } from './words.ts'

/** A title of fewer words stands in its text by nature ("Emacs"); a longer one there is an answer given away. */
const TELLING_TITLE_WORDS = 3
/** Characters of a text in which its title is looked for: more than any prompt shows. */
const SEEN_CHARACTERS = 2000

/**
 * One query a piece, in the order given. Pieces without a usable title are dropped, each with its reason. A title
 * that stands at the head of its text (as headings do) is taken off the text.
 */
export function headlineQueries(pieces: Piece[]): TaskQueries {
  const queries: TaskQuery[] = []
  const dropped: DroppedPiece[] = []
  for (const piece of pieces) {
    const title = piece.title.replace(/\s+/g, ' ').trim()
    const input = withoutHeading(piece.text.trim(), title)
    const reason = unusable(title, input, piece.untitled === true)
    if (reason !== null) dropped.push({ document: piece.id, reason })
    else queries.push({ task: 'headline', document: piece.id, title, date: piece.date, input, answer: title })
  }
  return { queries, dropped }
}

function unusable(title: string, text: string, untitled: boolean): string | null {
  if (title === '') return 'it has no title'
  if (untitled || looksLikeFileName(title)) return 'its title is a file name'
  const short = tooShort(text)
  if (short !== null) return short
  const telling = countWords(title) >= TELLING_TITLE_WORDS
  const seen = text.slice(0, SEEN_CHARACTERS).replace(/\s+/g, ' ').toLowerCase()
  if (telling && seen.includes(title.toLowerCase())) return 'its title stands in its text'
  return null
}

/** `2024-05-17-notes`, `my_draft`, `page.html`: written where a title should stand. */
export function looksLikeFileName(title: string): boolean {
  if (/\s/.test(title)) return false
  return (
    /\.(md|markdown|txt|html?)$/i.test(title) ||
    /^\d{4}-\d{2}-\d{2}/.test(title) ||
    /^[a-z0-9]+([-_][a-z0-9]+)+$/.test(title)
  )
}

/** The text without a first line that repeats the title. */
export function withoutHeading(text: string, title: string): string {
  if (title === '') return text
  const [first = '', ...rest] = text.split('\n')
  const heading = first
    .replace(/^#+\s*/, '')
    .replace(/\s+/g, ' ')
    .trim()
  return heading.toLowerCase() === title.toLowerCase() ? rest.join('\n').trim() : text
}
