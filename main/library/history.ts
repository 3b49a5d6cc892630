/** The owner's own pieces in the order they were written: what examples are made from. */
import type { Piece } from '../examples/types.ts'
import type { Store } from '../store/store.ts'
import { withoutAssistant } from './foreign.ts'
import { isEmptyName } from './name.ts'

export interface OwnHistory {
  pieces: Piece[]
  /** Paragraphs left out since the assistant wrote them. */
  assistants: number
}

/**
 * Pieces of status `mine`, oldest first. A day stays a day; a date with a time becomes UTC, so that the strings sort as
 * the times do. Undated pieces stand on the day of their file's time, in order of path. What the assistant wrote in a draft
 * is taken out.
 */
export function ownHistory(store: Store): OwnHistory {
  const own = withoutAssistant(store)
  let assistants = 0
  const pieces = store.documents
    .mine()
    .map(({ id, path, title, text: whole, date, orderedAt, mtime, tags, rating }): Piece => {
      const { text, leftOut } = own?.(whole, mtime) ?? { text: whole, leftOut: 0 }
      assistants += leftOut
      const when = date !== null && date.length === 10 ? date : new Date(orderedAt).toISOString()
      return { id, title, untitled: isEmptyName(title, path), text, date: when, tags, rating }
    })
  return { pieces: own ? pieces.filter(({ text }) => text !== '') : pieces, assistants }
}

/** Its pieces alone. */
export const history = (store: Store): Piece[] => ownHistory(store).pieces
