/**
 * Whether an item of a history is a piece that is asked about: the one guard for a user's own history and for those that
 * teach a task adapter.
 */
import type { TaskName } from '../examples/types.ts'
import { lampHistory } from './examples.ts'
import { createPieces } from './same-piece.ts'
import type { LampItem, LampUser } from './types.ts'

export interface AskedPiece {
  input: string
  /** The piece asked about, where it is not the input as it stands. Of prose it is the gold, whatever stands here. */
  piece?: string
  gold: string
}

export interface PossiblePiece {
  /** Null where the answer stands alone. */
  text: string | null
  /** The text without a title above it. */
  body: string
  answer: string
}

/**
 * Says of an item whether it holds the piece of a query, under whatever id or title: by its text, and for prose and for
 * bare answers by its answer, which is the gold.
 */
export function createHeldOut(queries: readonly AskedPiece[], task: TaskName): (item: PossiblePiece) => boolean {
  const pieces = queries.map(({ input, piece = input, gold }) => (task === 'prose' ? gold : piece))
  // A title often stands above the text: a copy may come without it.
  const below = pieces.flatMap((piece) => (task === 'prose' ? [] : (/^[^\n]*\n\s*\n(.+)$/s.exec(piece)?.[1] ?? [])))
  const held = createPieces(pieces, below)
  const golds = createPieces(queries.map(({ gold }) => gold))
  return ({ text, body, answer }) =>
    text === null ? golds.has(answer) || held.has(answer) : held.has(body) || (text !== body && held.has(text))
}

/** The users without the items that hold a query of `served`; of prose also without what follows a query's own input. */
export function withoutHeldOut(users: readonly LampUser[], served: readonly LampUser[]): LampUser[] {
  const queries = served.flatMap((user) => user.queries)
  const task = served[0]?.task
  if (task === undefined) return [...users]
  const holds = createHeldOut(queries, task)
  const inputs = createPieces(task === 'prose' ? queries.map(({ input }) => input) : [])
  return users.map((user) => {
    const following = new Set(
      task === 'prose' ? lampHistory(user).flatMap(({ document, input }) => (inputs.has(input) ? [document] : [])) : [],
    )
    const profile = user.profile.filter((item) => !following.has(item.id) && !holds(possiblePiece(item, task)))
    return profile.length === user.profile.length ? user : { ...user, profile }
  })
}

function possiblePiece({ text, title, answer }: LampItem, task: TaskName): PossiblePiece {
  if (task === 'prose') return { text: answer, body: answer, answer }
  const above = `${title}\n\n`
  const body = title !== '' && text.startsWith(above) ? text.slice(above.length) : text
  return { text: text === '' ? null : text, body, answer }
}
