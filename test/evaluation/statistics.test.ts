import { describe, expect, it } from 'vitest'
import { quantile, studentPoint, tailShare } from '../../main/evaluation/intervals.ts'
import { bootstrap, type Observation, paired, perToken } from '../../main/evaluation/statistics.ts'
import { seeded } from '../../main/random.ts'

/** Standard normal draws by Box and Muller. */
function normals(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

describe('means per token', () => {
  it('let every token count the same', () => {
    expect(
      perToken([
        { sum: 10, tokens: 2 },
        { sum: 1, tokens: 8 },
      ]),
    ).toBe(1.1)
  })

  it('pair by query and refuse what is no pair', () => {
    const a: Observation[] = [{ sum: 9, tokens: 3, cluster: 'x' }]
    expect(paired(a, [{ sum: 6, tokens: 3, cluster: 'x' }])).toEqual([{ sum: 3, tokens: 3, cluster: 'x' }])
    expect(() => paired(a, [{ sum: 6, tokens: 4, cluster: 'x' }])).toThrow('3 tokens of x, 4 of x')
    expect(() => paired(a, [])).toThrow('1 and 0')
  })
})

describe('the bootstrap', () => {
  const sample = (clusters: number, each: number, seed: number, effect = 0): Observation[] => {
    const normal = normals(seeded(`sample/${seed}`).next)
    return Array.from({ length: clusters }, (_, c) => {
      const shared = normal()
      return Array.from({ length: each }, () => ({
        sum: 10 * (effect + shared + 0.2 * normal()),
        tokens: 10,
        cluster: `piece ${c}`,
      }))
    }).flat()
  }

  it('repeats for a seed and differs for another', () => {
    const observations = sample(12, 2, 1)
    expect(bootstrap({ observations, seed: 5 })).toEqual(bootstrap({ observations, seed: 5 }))
    expect(bootstrap({ observations, seed: 5 }).low).not.toBe(bootstrap({ observations, seed: 6 }).low)
  })

  it('covers the truth in about 95 of 100 histories, few pieces and many', () => {
    for (const clusters of [2, 3, 4, 5, 10, 40]) {
      let covered = 0
      const trials = 400
      for (let trial = 0; trial < trials; trial++) {
        const { low, high } = bootstrap({
          observations: sample(clusters, 3, 1000 + trial),
          seed: trial,
          resamples: 500,
        })
        if (low <= 0 && high >= 0) covered++
      }
      expect(covered / trials, `${clusters} pieces`).toBeGreaterThan(0.91)
      expect(covered / trials, `${clusters} pieces`).toBeLessThan(0.98)
    }
  })

  it('covers the truth where one of few pieces has most of the tokens', () => {
    // Each piece has a headline of 12 tokens, the first ones prose of 170 too; there is no gain in truth.
    for (const [pieces, prose] of [
      [3, 1],
      [4, 1],
      [3, 3],
    ] as const) {
      const normal = normals(seeded(`uneven/${pieces}/${prose}`).next)
      const trials = 2000
      let above = 0
      for (let trial = 0; trial < trials; trial++) {
        const observations = Array.from({ length: pieces }, (_, i) => {
          const piece = 0.15 * normal()
          const part = (tokens: number, spread: number): Observation => ({
            sum: (piece + spread * normal()) * tokens,
            tokens,
            cluster: `piece ${i}`,
          })
          return i < prose ? [part(12, 0.5), part(170, 0.12)] : [part(12, 0.5)]
        }).flat()
        if (bootstrap({ observations, seed: trial }).low > 0) above++
      }
      // 2.5 of 100 is right; 11 and 12 were above before the jackknife.
      expect(above / trials, `${pieces} pieces, ${prose} with prose`).toBeLessThan(0.06)
    }
  })

  it('takes a piece as one draw: copies of its queries do not narrow the interval', () => {
    const once = bootstrap({ observations: sample(8, 1, 3), seed: 1 })
    const copied = bootstrap({ observations: sample(8, 1, 3).flatMap((o) => [o, o, o, o]), seed: 1 })
    expect(copied.low).toBeCloseTo(once.low, 10)
    expect(copied.high).toBeCloseTo(once.high, 10)
    expect(once.high - once.low).toBeGreaterThan(0.5)
  })

  it('goes by Student’s t for fewer than five pieces, and knows nothing from one', () => {
    const three = ['a', 'b', 'c'].map((cluster, i) => ({ sum: i + 1, tokens: 1, cluster }))
    const { mean, low, high } = bootstrap({ observations: three, seed: 1 })
    // R: t.test(1:3)
    expect([mean, low, high]).toEqual([2, expect.closeTo(-0.484138, 4), expect.closeTo(4.484138, 4)])
    // Pieces count by their tokens: the mean without each in turn, by hand.
    const uneven = [2, 6, 9].map((sum, i) => ({ sum, tokens: i + 1, cluster: `piece ${i}` }))
    const ratio = bootstrap({ observations: uneven, seed: 1 })
    const without = [15 / 5, 11 / 4, 8 / 3].map((one) => one - 17 / 6)
    const error = Math.sqrt((2 / 3) * without.reduce((sum, one) => sum + one ** 2, 0))
    expect(ratio.mean).toBeCloseTo(17 / 6, 10)
    expect(ratio.high - ratio.mean).toBeCloseTo(4.3027 * error, 10)
    expect(ratio.mean - ratio.low).toBeCloseTo(4.3027 * error, 10)
    const one = bootstrap({ observations: three.slice(0, 1), seed: 1 })
    expect(one.mean).toBe(1)
    expect(one.low).toBeLessThan(-1e300)
    expect(one.high).toBeGreaterThan(1e300)
    expect(JSON.parse(JSON.stringify(one))).toEqual(one)
  })

  it("shrinks the tails as Student's distribution asks", () => {
    // scipy.stats: norm.cdf(-t.ppf(.975, n - 1) * sqrt(n / (n - 1))). Both sides of the table's end at n = 31 too.
    const reference = { 3: 6.834e-8, 5: 0.000954, 10: 0.00855064, 31: 0.01894553, 32: 0.01912583, 100: 0.02306439 }
    for (const [clusters, share] of Object.entries(reference)) expect(tailShare(Number(clusters))).toBeCloseTo(share, 5)
    expect(tailShare(100_000)).toBeCloseTo(0.025, 5)
  })

  it('knows the quartiles of the same distributions', () => {
    // R: qt(.75, df). The table's end is at 4.
    const reference = { 1: 1, 2: 0.8164966, 3: 0.7648923, 4: 0.7406971, 5: 0.7266868, 7: 0.7111418, 30: 0.6827557 }
    for (const [degrees, point] of Object.entries(reference))
      expect(studentPoint(Number(degrees), 0.5)).toBeCloseTo(point, 4)
    expect(tailShare(100_000, 0.5)).toBeCloseTo(0.25, 5)
    for (const clusters of [2, 3, 4, 5, 8, 20]) {
      let above = 0
      const trials = 1500
      for (let seed = 0; seed < trials; seed++) {
        const observations = sample(clusters, 1, 5000 + seed)
        if (bootstrap({ observations, seed, level: 0.5, resamples: 300 }).low > 0) above++
      }
      expect(above / trials, `${clusters} pieces`).toBeGreaterThan(0.21)
      expect(above / trials, `${clusters} pieces`).toBeLessThan(0.29)
    }
  })

  it('reads quantiles between order statistics', () => {
    expect(quantile(Float64Array.of(1, 2, 4), 0.75)).toBe(3)
    expect(quantile(Float64Array.of(1, 2, 4), 1)).toBe(4)
  })
})
