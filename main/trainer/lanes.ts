/** How many lanes a run's steps are worth: see `main/model/lanes.ts`. */
import { deal } from '../model/lanes.ts'
import { seeded, shuffle } from '../random.ts'

/** Lanes at most, each of which takes a thread of libuv's pool: its usual size. */
export const MOST_ASIDE = 4
/** Rows of a step that make a lane of its own worth it; measured, see the notebook. */
const LANE_ROWS = 128
/** Steps that are dealt to see: more would tell no more of a run. */
const LOOKED_AT = 64
/** By so much of the time more lanes must shorten it, since each takes room. */
const WORTH = 0.03

export interface StepsOfARun {
  /** Threads of the run. */
  threads: number
  /** Examples a step. */
  batch: number
  /** Rows of each training example. */
  rows: readonly number[]
}

/** The fewest lanes with which a run's steps are done about as soon as with any number of them. */
export function worthwhileLanes({ threads, batch, rows }: StepsOfARun): number {
  const examples = Math.min(batch, rows.length)
  const usualStep = (rows.reduce((sum, one) => sum + one, 0) / Math.max(1, rows.length)) * examples
  const most = Math.min(threads, MOST_ASIDE, examples, Math.floor(usualStep / LANE_ROWS))
  if (most < 2) return 1
  const order = shuffle([...rows], seeded('lanes'))
  const steps = Array.from({ length: Math.min(LOOKED_AT, Math.ceil(rows.length / batch)) }, (_, i) =>
    order.slice(i * batch, (i + 1) * batch),
  )
  const time = (count: number): number => steps.reduce((sum, step) => sum + deal(step, { count, threads }).time, 0)
  const best = time(most)
  let count = 1
  while (count < most && time(count) > best * (1 + WORTH)) count++
  return count
}
