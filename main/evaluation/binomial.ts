/** How sure a count of successes is: the exact binomial interval. */
import type { Interval } from './intervals.ts'

/** Halvings after which the bounds stand to 1e-9. */
const HALVINGS = 32

/**
 * The share of `successes` in `trials` with its exact 95% interval (C. Clopper and E. Pearson, Biometrika 26, 1934): the low
 * end is the share under which as many successes or more have a chance of 2.5%, the high end that of as many or fewer.
 * Throws RangeError for counts that are none.
 */
export function binomialInterval(successes: number, trials: number, level = 0.95): Interval {
  if (!Number.isInteger(successes) || !Number.isInteger(trials) || successes < 0 || trials < 1 || successes > trials)
    throw new RangeError(`${successes} of ${trials} is no count of successes`)
  const tail = (1 - level) / 2
  const low = successes === 0 ? 0 : solve((share) => 1 - atMost(successes - 1, trials, share) - tail)
  const high = successes === trials ? 1 : solve((share) => tail - atMost(successes, trials, share))
  return { mean: successes / trials, low, high }
}

/** Where a rising function of a share is 0. */
function solve(rising: (share: number) => number): number {
  let low = 0
  let high = 1
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2
    if (rising(middle) < 0) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Chance of at most `k` successes; by logarithms, so that a thousand trials do not underflow. */
function atMost(k: number, n: number, share: number): number {
  if (share <= 0) return 1
  if (share >= 1) return k >= n ? 1 : 0
  let sum = 0
  let logChoose = 0
  for (let i = 0; i <= k; i++) {
    if (i > 0) logChoose += Math.log((n - i + 1) / i)
    sum += Math.exp(logChoose + i * Math.log(share) + (n - i) * Math.log1p(-share))
  }
  return Math.min(1, sum)
}
