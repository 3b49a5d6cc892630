/** The owner's own pieces in the order they were written: what examples are made from. */
import type { Piece } from '../examples/types.ts'
import type { Store } from '../store/store.ts'
import { withoutAssistant } from './foreign.ts'
import { isEmptyName } from './name.ts'

/**
 * Pieces of status `mine`, oldest first. A day stays a day; a date with a time becomes UTC, so that the strings sort as
 * the times do. Undated pieces stand on the day of their file's time, in order of path. What the assistant wrote in a draft
 * is taken out.
 */
export function history(store: Store): Piece[] {
  const own = withoutAssistant(store)
  const pieces = store.documents.mine().map(({ id, path, title, text, date, orderedAt, mtime, tags, rating }) => ({
    id,
    title,
    untitled: isEmptyName(title, path),
    text: own ? own(text, mtime) : text,
    date: date !== null && date.length === 10 ? date : new Date(orderedAt).toISOString(),
    tags,
    rating,
  }))
  return own ? pieces.filter(({ text }) => text !== '') : pieces
}
