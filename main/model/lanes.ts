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

/**
 * How fast a thread is that shares a graph with one other, for one that has a graph of its own; measured, see the notebook.
 * Taken once more for each doubling: more threads than two were not measured.
 */
const SHARED = 0.85

/** Speed of so many threads on one graph, for one thread's. */
function speedOf(threads: number): number {
  return threads * SHARED ** Math.log2(threads)
}

/** Threads of each of so many lanes, as even as can be. */
export function sharedThreads({ count, threads }: Lanes): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(threads / count) + (i < threads % count ? 1 : 0))
}

/**
 * Deals examples to as many lanes as are soonest done with them, and each lane's into packs.
 * @param capacity most rows of a pack
 * @param prefix rows that an adapter puts in front of every text
 * @returns packs by lane, for the first lanes
 * @throws Error when one example alone is larger than `capacity`
 */
export function dealInto(
  examples: readonly TokenExample[],
  lanes: Lanes,
  capacity: number,
  prefix = 0,
): TokenExample[][][] {
  const rows = examples.map((example) => rowsOf(example, prefix))
  return deal(rows, lanes).dealt.map((lane) =>
    packInto(
      lane.map((i) => examples[i] as TokenExample),
      capacity,
      prefix,
    ),
  )
}

interface Dealt {
  /** Indices by lane. */
  dealt: number[][]
  /** In units of what one thread takes for a row. */
  time: number
}

/** Deals texts of so many rows each to as many lanes, `count` at most, as are soonest done with them. */
export function deal(rows: readonly number[], { count, threads }: Lanes): Dealt {
  const longestFirst = [...rows.keys()].sort((a, b) => (rows[b] as number) - (rows[a] as number))
  const ways = Array.from({ length: count }, (_, i) => dealTo(rows, longestFirst, { count: count - i, threads }))
  return ways.reduce((one, other) => (other.time < one.time ? other : one))
}

/** Each, in order, to the lane that would be done with it soonest. */
function dealTo(rows: readonly number[], order: readonly number[], to: Lanes): Dealt {
  const lanes = sharedThreads(to).map((own) => ({ speed: speedOf(own), rows: 0, dealt: [] as number[] }))
  for (const i of order) {
    const more = rows[i] as number
    const end = (lane: (typeof lanes)[0]): number => (lane.rows + more) / lane.speed
    const soonest = lanes.reduce((best, lane) => (end(lane) < end(best) ? lane : best))
    soonest.dealt.push(i)
    soonest.rows += more
  }
  return {
    dealt: lanes.map((lane) => lane.dealt),
    time: Math.max(...lanes.map((lane) => lane.rows / lane.speed)),
  }
}
