/** A proof as a layman reads it: chances instead of nats, and a place for each piece. Pure numbers. */
import type { ProofDifference, ProofItem, ProofScore } from '../../preload/contract.ts'

/** Largest bound that was measured: a proof on one piece has no interval, and the largest numbers there are instead. */
const MOST = 1e300

/** A 95% interval as it was measured; null where one piece alone says nothing of chance. */
export function measuredRange({ low, high }: { low: number; high: number }): { low: number; high: number } | null {
  return low > -MOST && high < MOST ? { low, high } : null
}

export interface Chance {
  /** Chance that was given, on average, to the next bit of what was really written; 0..1. */
  chance: number
  /** Null where nothing can be said of chance. */
  range: { low: number; high: number } | null
}

/** exp(-NLL): the geometric mean of the chances. The interval turns round with the sign. */
export function chanceOf(score: ProofScore): Chance {
  const range = measuredRange(score)
  return {
    chance: Math.exp(-score.nll),
    range: range && { low: Math.exp(-range.high), high: Math.exp(-range.low) },
  }
}

/** How many texts the voice found likelier than the base did. */
export function countWins(items: readonly ProofItem[]): number {
  return items.filter(({ base, voice }) => voice < base).length
}

export interface Likelier {
  /** By how much likelier each bit became, 0.35 for 35%; negative: less likely. */
  by: number
  /** Null where nothing can be said of chance. */
  range: { low: number; high: number } | null
}

/** exp(gain) - 1. */
export function likelierBy(difference: ProofDifference): Likelier {
  const range = measuredRange(difference)
  return {
    by: Math.expm1(difference.mean),
    range: range && { low: Math.expm1(range.low), high: Math.expm1(range.high) },
  }
}

export interface Dot {
  item: ProofItem
  /** -1 .. 1: left, the base is better; right, the voice. */
  x: number
  /** Row from the line's middle: 0, 1, -1, 2, … so that dots do not cover each other. */
  row: number
  gain: number
}

/** A dot a text by its gain in nats. @param width how many dots fit side by side over the whole line */
export function dotsOf(items: readonly ProofItem[], width = 46): { dots: Dot[]; reach: number } {
  const gains = items.map(({ base, voice }) => base - voice)
  const reach = Math.max(0.1, ...gains.map(Math.abs))
  const taken: { x: number; row: number }[] = []
  const apart = 2 / width
  const order = items.map((item, i) => ({ item, gain: gains[i] as number })).sort((a, b) => a.gain - b.gain)
  const dots = order.map(({ item, gain }) => {
    const x = (0.96 * gain) / reach
    let row = 0
    for (let n = 0; taken.some((dot) => dot.row === row && Math.abs(dot.x - x) < apart); n++)
      row = n % 2 === 0 ? n / 2 + 1 : -(n + 1) / 2
    taken.push({ x, row })
    return { item, gain, x, row }
  })
  return { dots, reach }
}
