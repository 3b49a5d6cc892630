/** Intervals out of resampled values: which percentiles, and how they are read. Knows nothing of what was resampled. */

/** Shares of histories whose interval holds the truth, that can be asked for. */
export type Level = 0.95 | 0.5

/** A mean with its interval. */
export interface Interval extends Bounds {
  mean: number
}

export interface Bounds {
  low: number
  high: number
}

/** Of one draw, which says nothing about chance. JSON has no infinity. */
export const UNKNOWN: Bounds = { low: -Number.MAX_VALUE, high: Number.MAX_VALUE }

/** Whether these bounds were measured: false for UNKNOWN. */
export function isKnown({ low, high }: Bounds): boolean {
  return low > UNKNOWN.low && high < UNKNOWN.high
}

/** The interval that leaves out the share `tail` at each end. Sorts `values`. */
export function percentiles(values: Float64Array, tail: number): Bounds {
  values.sort()
  return { low: quantile(values, tail), high: quantile(values, 1 - tail) }
}

/**
 * Share left out at each end of an interval over `clusters` clusters; in the limit 0.025 of 95%, 0.25 of 50%.
 *
 * Plain percentiles are too narrow for few clusters: their spread lacks the factor sqrt(n/(n-1)) and Student's tails.
 * So the tail's share is shrunk to Phi(-t * sqrt(n/(n-1))), t Student's 97.5% (75%) point at n-1 degrees of freedom: the
 * expanded percentile interval of T. Hesterberg, "What Teachers Should Know About the Bootstrap", 2015.
 */
export function tailShare(clusters: number, level: Level = 0.95): number {
  const expanded = studentPoint(clusters - 1, level) * Math.sqrt(clusters / (clusters - 1))
  return normalTail(expanded)
}

/** Linear between order statistics (type 7 of Hyndman and Fan 1996, the default of R and NumPy). `sorted` ascends. */
export function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below] as number
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number
  return low + (high - low) * (position - below)
}

/** The upper end of a level's interval: of the standard normal, and Student's t from 1 degree of freedom on (any table). */
const POINTS: Record<Level, { normal: number; student: number[] }> = {
  0.95: {
    normal: 1.959964,
    student: [
      12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281, 2.201, 2.1788, 2.1604, 2.1448,
      2.1314, 2.1199, 2.1098, 2.1009, 2.093, 2.086, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484,
      2.0452, 2.0423,
    ],
  },
  0.5: { normal: 0.67449, student: [1, 0.8165, 0.7649, 0.7407] },
}

/** Student's t at 97.5% (95%), or at 75% (50%). */
export function studentPoint(degrees: number, level: Level = 0.95): number {
  const { normal: z, student } = POINTS[level]
  // Beyond the table: first two terms of Fisher's expansion about the normal point (Abramowitz and Stegun 1964, 26.7.5),
  // right to 1e-4 from 31 on, of 50% from 5 on.
  return (
    student[degrees - 1] ?? z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2)
  )
}

/** Upper tail of the standard normal, absolute error under 1e-7 (Abramowitz and Stegun 1964, 26.2.17). */
function normalTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series
}
