/** Pieces -> rating queries: a review's text, and the score that its author gave; and the scale of these scores. */
import type { Said } from '../../preload/contract.ts'
import { english, say } from '../said.ts'
import { tooShort } from './length.ts'
import { TASKS, type TaskWords } from './tasks.ts'
import type { DroppedPiece, Piece, TaskName, TaskQueries, TaskQuery } from './types.ts'

const COMMON = [1, 2, 3, 4, 5]
/** Largest score that is taken for one: what lies above is a percentage or a slip. */
const MOST_SCORE = 10
/** With this share of ratings on the common scale, those off it are slips and not another scale. */
const COMMON_SHARE = 0.9

export interface Scale {
  /** Ascending. */
  scores: number[]
  /** What was done about another scale, or about ratings off it, in words; null: nothing. */
  note: string | null
  said: Said | null
}

/**
 * 1 to 5 where nine tenths of the ratings or more are whole numbers of it, and where there are none; else the owner's
 * own: every score from 0 to 10, in whole or half steps, that was ever given.
 */
export function scaleOf(ratings: readonly (number | null | undefined)[]): Scale {
  const given = ratings.filter((rating): rating is number => rating !== null && rating !== undefined)
  const common = given.filter((rating) => COMMON.includes(rating)).length
  const isCommon = given.length === 0 || common >= COMMON_SHARE * given.length
  const own = [...new Set(given.filter(isScore))].sort((a, b) => a - b)
  const scores = isCommon || own.length === 0 ? COMMON : own
  const off = [...new Set(given.filter((rating) => !scores.includes(rating)))].sort((a, b) => a - b)
  const notes = [
    ...(scores === COMMON ? [] : [say('note.ownScale', scores)]),
    ...(off.length === 0 ? [] : [say('note.offScale', off)]),
  ]
  if (notes.length === 0) return { scores, note: null, said: null }
  return { scores, note: notes.map(english).join('; '), said: say('note.list', notes) }
}

function isScore(rating: number): boolean {
  return rating >= 0 && rating <= MOST_SCORE && Number.isInteger(2 * rating)
}

/** The tasks' words with the ends of this scale in the question; on the common scale, the words as they are. */
export function tasksOnScale({ scores }: Pick<Scale, 'scores'>): Record<TaskName, TaskWords> {
  const [least, most] = [scores[0], scores.at(-1)]
  if (least === undefined || most === undefined || (least === 1 && most === 5)) return TASKS
  const instruction = TASKS.rate.instruction.replace('from 1 to 5', `from ${least} to ${most}`)
  return { ...TASKS, rate: { ...TASKS.rate, instruction } }
}

/** One query a piece, in the order given; its answer is the score as text. Pieces off the scale are dropped. */
export function rateQueries(pieces: Piece[], { scores }: Pick<Scale, 'scores'>): TaskQueries {
  const queries: TaskQuery[] = []
  const dropped: DroppedPiece[] = []
  for (const piece of pieces) {
    const { id: document, title, date, rating = null } = piece
    const input = piece.text.trim()
    const reason =
      rating === null
        ? 'it has no rating'
        : !scores.includes(rating)
          ? `its rating ${rating} is not on the scale ${scores.join(', ')}`
          : tooShort(input)
    if (reason !== null) dropped.push({ document, reason })
    else queries.push({ task: 'rate', document, title, date, input, answer: String(rating) })
  }
  return { queries, dropped }
}
