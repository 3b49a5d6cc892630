/**
 * How a step's examples are dealt to lanes (see `lane.ts`), and threads shared among them. ggml's threads wait for one
 * another after every operation of a graph, of which a block has dozens; lanes wait for one another once a step. But they
 * can only be used where they end at about the same time.
 */
import type { TokenExample } from '../trainer/types.ts'
import { packInto, rowsOf } from './batch.ts'

export interface Lanes {
  /** Packs that can be computed at the same time. */
  count: number
  /** Of all lanes together; at least as many. */
  threads: number
}

/** How fast a thread is that shares a graph with others, for one that has a graph of its own; measured, see the notebook. */
const SHARED = 0.85

/** Threads of each of so many lanes, as even as can be. */
export function sharedThreads({ count, threads }: Lanes): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(threads / count) + (i < threads % count ? 1 : 0))
}

/**
 * Deals examples to as many lanes as are soonest done with them, and each lane's into packs.
 * @returns packs by lane, for the first lanes
 */
export function dealInto(
  examples: readonly TokenExample[],
  { count, threads }: Lanes,
  capacity: number,
  prefix = 0,
): TokenExample[][][] {
  const longestFirst = [...examples].sort((a, b) => rowsOf(b, prefix) - rowsOf(a, prefix))
  const ways = Array.from({ length: count }, (_, i) => deal(longestFirst, { count: count - i, threads }, prefix))
  const best = ways.reduce((one, other) => (other.time < one.time ? other : one))
  return best.lanes.map((lane) => packInto(lane, capacity, prefix))
}

/** The longest first to the lane that would be done with it soonest. */
function deal(examples: readonly TokenExample[], to: Lanes, prefix: number): { lanes: TokenExample[][]; time: number } {
  const lanes = sharedThreads(to).map((own) => ({
    speed: own === 1 ? 1 : own * SHARED,
    rows: 0,
    examples: [] as TokenExample[],
  }))
  for (const example of examples) {
    const rows = rowsOf(example, prefix)
    const end = (lane: (typeof lanes)[0]): number => (lane.rows + rows) / lane.speed
    const soonest = lanes.reduce((best, lane) => (end(lane) < end(best) ? lane : best))
    soonest.examples.push(example)
    soonest.rows += rows
  }
  return {
    lanes: lanes.map((lane) => lane.examples),
    time: Math.max(...lanes.map(({ rows, speed }) => rows / speed)),
  }
}
