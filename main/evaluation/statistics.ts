/**
 * Means per token and their intervals. The unit of chance is the piece, not the query: queries of one piece share its
 * topic and mood, so pieces are drawn as wholes.
 */
import { seeded } from '../random.ts'

/** One query's contribution to a mean per token. */
export interface Observation {
  /** Sum over the query's answer tokens: NLL in nats, or a paired difference of two. */
  sum: number
  /** Answer tokens in the query. */
  tokens: number
  /** The piece that the query comes from. */
  cluster: string
}

export interface Interval {
  mean: number
  low: number
  high: number
}

export interface BootstrapOptions {
  observations: Observation[]
  /** Default 4,000. */
  resamples?: number
  seed: number
}

/** Sum of the sums over sum of the tokens: every token counts the same. NaN without a token. */
export function perToken(observations: { sum: number; tokens: number }[]): number {
  let sum = 0
  let tokens = 0
  for (const observation of observations) {
    sum += observation.sum
    tokens += observation.tokens
  }
  return sum / tokens
}

/** Paired differences `worse - better` by query: positive where `better` has the lower NLL. Same order, same tokens. */
export function paired(worse: Observation[], better: Observation[]): Observation[] {
  if (worse.length !== better.length) {
    throw new RangeError(`pairs need lists of one length: ${worse.length} and ${better.length}`)
  }
  return worse.map((observation, i) => {
    const other = better[i] as Observation
    if (other.tokens !== observation.tokens || other.cluster !== observation.cluster) {
      throw new RangeError(
        `query ${i} is not a pair: ${observation.tokens} tokens of ${observation.cluster}, ` +
          `${other.tokens} of ${other.cluster}`,
      )
    }
    return { sum: observation.sum - other.sum, tokens: observation.tokens, cluster: observation.cluster }
  })
}

/**
 * Mean per token with a 95% interval by bootstrap over clusters (percentiles of resampled means).
 *
 * Plain percentiles are too narrow for few clusters: their spread lacks the factor sqrt(n/(n-1)) and Student's tails.
 * So the tail's share is shrunk to Phi(-t * sqrt(n/(n-1))), t Student's 97.5% point at n-1 degrees of freedom: the
 * expanded percentile interval of T. Hesterberg, "What Teachers Should Know About the Bootstrap", 2015. With three
 * pieces this is the range from the worst piece to the best; with many it is the usual 2.5% and 97.5%.
 * A single cluster says nothing about chance: low is -Number.MAX_VALUE, high Number.MAX_VALUE (JSON has no infinity).
 */
export function bootstrap({ observations, resamples = 4000, seed }: BootstrapOptions): Interval {
  if (observations.length === 0) throw new RangeError('a bootstrap needs at least one observation')
  const clusters = new Map<string, { sum: number; tokens: number }>()
  for (const { sum, tokens, cluster } of observations) {
    const total = clusters.get(cluster) ?? { sum: 0, tokens: 0 }
    clusters.set(cluster, { sum: total.sum + sum, tokens: total.tokens + tokens })
  }
  const totals = [...clusters.values()]
  const mean = perToken(totals)
  if (totals.length === 1) return { mean, low: -Number.MAX_VALUE, high: Number.MAX_VALUE }

  const random = seeded(`bootstrap/${seed}`)
  const means = new Float64Array(resamples)
  for (let r = 0; r < resamples; r++) {
    let sum = 0
    let tokens = 0
    for (let i = 0; i < totals.length; i++) {
      const drawn = totals[random.below(totals.length)] as { sum: number; tokens: number }
      sum += drawn.sum
      tokens += drawn.tokens
    }
    means[r] = sum / tokens
  }
  means.sort()
  const tail = tailShare(totals.length)
  return { mean, low: quantile(means, tail), high: quantile(means, 1 - tail) }
}

/** Share left out at each end for `clusters` clusters; 0.025 in the limit. */
export function tailShare(clusters: number): number {
  const expanded = studentPoint(clusters - 1) * Math.sqrt(clusters / (clusters - 1))
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

/** Student's t at 97.5% for 1 to 30 degrees of freedom (any table of the distribution). */
const STUDENT = [
  12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281, 2.201, 2.1788, 2.1604, 2.1448, 2.1314,
  2.1199, 2.1098, 2.1009, 2.093, 2.086, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
]

function studentPoint(degrees: number): number {
  const z = 1.959964
  // Beyond the table: first two terms of Fisher's expansion about the normal point, right to 1e-4 from 31 on.
  return (
    STUDENT[degrees - 1] ?? z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2)
  )
}

/** Upper tail of the standard normal, absolute error under 1e-7 (Abramowitz and Stegun 1964, 26.2.17). */
function normalTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series
}
