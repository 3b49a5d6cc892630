/** A history cut by time into training, validation and proof. */
import type { Said } from '../../preload/contract.ts'
import { english, say } from '../said.ts'
import type { Piece } from './types.ts'

export interface SplitOptions {
  /** Shares of the pieces. */
  validation?: number
  proof?: number
  /** With fewer pieces nothing is held out and nothing is trained. */
  leastPieces?: number
}

export interface HistorySplit {
  training: Piece[]
  validation: Piece[]
  /** The newest pieces: kept out of training and of every choice. */
  proof: Piece[]
  /** False when the history is too small to train and prove on. */
  enough: boolean
  /** Why not, or what is to be expected of so few pieces, in words; null for a history of good size. */
  note: string | null
  said: Said | null
}

/** From this many pieces on a voice usually pays (the paper's studies; `Cold start`). */
const GOOD_SIZE = 20

/**
 * Whole pieces by date, oldest first; equal dates by id. Proof pieces are the newest, validation pieces the newest
 * before them. From 20 pieces on there are at least 5 proof and 2 validation pieces, below 3 and 1: an interval over 5 pieces
 * is half as wide as one over 3, and a voice that is any good can clear it. Fewer than 3 are no proof (MINIMUM_PIECES of the
 * verdict): the owner of 8 pieces learns from 4, since a voice of 5 that can never win would be trained for nothing.
 */
export function splitByTime(pieces: Piece[], options: SplitOptions = {}): HistorySplit {
  const { validation = 0.1, proof = 0.15, leastPieces = 8 } = options
  const ordered = [...pieces].sort(byTime)
  const count = ordered.length
  if (count < leastPieces) {
    const said = say('note.tooFew', count, leastPieces, GOOD_SIZE)
    return { training: ordered, validation: [], proof: [], enough: false, note: english(said), said }
  }
  const proofCount = Math.max(count >= GOOD_SIZE ? 5 : 3, Math.round(count * proof))
  const validationCount = Math.max(count >= GOOD_SIZE ? 2 : 1, Math.round(count * validation))
  const proofFrom = count - proofCount
  const few = count >= GOOD_SIZE ? null : say('note.mayLose', count, GOOD_SIZE, proofCount)
  const validationFrom = proofFrom - validationCount
  return {
    training: ordered.slice(0, validationFrom),
    validation: ordered.slice(validationFrom, proofFrom),
    proof: ordered.slice(proofFrom),
    enough: true,
    note: few && english(few),
    said: few,
  }
}

/** Order of writing: by date, then by id, so that a split never depends on the order of import. */
export function byTime(a: { date: string; id: string }, b: { date: string; id: string }): number {
  return timeOf(a.date) - timeOf(b.date) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

function timeOf(date: string): number {
  const time = Date.parse(date)
  return Number.isNaN(time) ? 0 : time
}
