import { describe, expect, it } from 'vitest'
import { binomialInterval } from '../../main/evaluation/binomial.ts'

describe('the exact binomial interval', () => {
  // By the closed forms at the ends: 1 - 0.025^(1/n); in the middle, from published tables of Clopper and Pearson.
  it.each([
    [0, 10, 0, 0.3085],
    [10, 10, 0.6915, 1],
    [8, 10, 0.4439, 0.9748],
    [5, 10, 0.1871, 0.8129],
    [1, 1, 0.025, 1],
    [15, 20, 0.509, 0.9134],
  ])('%i of %i', (successes, trials, low, high) => {
    const found = binomialInterval(successes, trials)
    expect(found.mean).toBe(successes / trials)
    expect(found.low).toBeCloseTo(low, 4)
    expect(found.high).toBeCloseTo(high, 4)
  })

  it('is its own mirror image, and holds for counts whose factors overflow', () => {
    const found = binomialInterval(700, 2000)
    const mirrored = binomialInterval(1300, 2000)
    expect(found.low).toBeCloseTo(1 - mirrored.high, 8)
    expect(found.low).toBeGreaterThan(0.32)
    expect(found.high).toBeLessThan(0.38)
  })

  it('refuses what is no count', () => {
    for (const [successes, trials] of [
      [0, 0],
      [3, 2],
      [-1, 2],
      [0.5, 2],
    ] as const)
      expect(() => binomialInterval(successes, trials)).toThrow(RangeError)
  })
})
