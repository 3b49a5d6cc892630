/** How many lanes a run's steps are worth: see `main/model/lanes.ts`. */

/** Lanes at most, each of which takes a thread of libuv's pool: its usual size. */
export const MOST_ASIDE = 4
/** Rows of a step that make a lane of its own worth it; measured, see the notebook. */
const LANE_ROWS = 128

/** What a usual step has of something (rows, tokens) that so many examples have together. */
export function ofAStep(total: number, examples: number, batch: number): number {
  return (total / Math.max(1, examples)) * Math.min(batch, examples)
}

/**
 * Lanes that a step can keep busy.
 * @param stepRows rows of a usual step
 */
export function worthwhileLanes(threads: number, stepRows: number): number {
  return Math.max(1, Math.min(threads, MOST_ASIDE, Math.floor(stepRows / LANE_ROWS)))
}
