import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { isKnown } from '../../main/evaluation/intervals.ts'
import {
  bootstrapQueries,
  bootstrapUsers,
  LEAST_DRAWS,
  pairedByQuery,
  type UserObservation,
} from '../../main/evaluation/statistics.ts'
import { seeded } from '../../main/random.ts'

/** Standard normal draws by Box and Muller. */
function normals(seed: string): () => number {
  const { next } = seeded(seed)
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}

interface Study {
  users: number
  /** Queries of a user. */
  each: number
  /** Standard deviation of the users' own effects, and of a query within a user. */
  between: number
  within: number
}

const EFFECT = 0.25

function simulated({ users, each, between, within }: Study, seed: string): UserObservation[] {
  const normal = normals(seed)
  return Array.from({ length: users }, (_, u) => {
    const own = EFFECT + between * normal()
    return Array.from({ length: each }, (_, q) => ({
      user: `user ${u}`,
      query: `query ${q}`,
      sum: 10 * (own + within * normal()),
      tokens: 10,
    }))
  }).flat()
}

/** Share of simulated studies whose interval holds the true effect. */
function coverage(study: Study, which: 'overUsers' | 'overQueries', trials = 400): number {
  let covered = 0
  for (let trial = 0; trial < trials; trial++) {
    const observations = simulated(study, `${which}/${trial}`)
    const { low, high } = bootstrapUsers({ observations, resamples: 300, seed: trial })[which]
    if (low <= EFFECT && EFFECT <= high) covered++
  }
  return covered / trials
}

describe('intervals over users and queries', () => {
  it('hold the true effect in 90 to 98 of 100 studies with other users, where users differ', {
    timeout: 60_000,
  }, () => {
    for (const users of [12, 30]) {
      const share = coverage({ users, each: 8, between: 0.5, within: 0.5 }, 'overUsers')
      expect(share, `${users} users`).toBeGreaterThan(0.9)
      expect(share, `${users} users`).toBeLessThanOrEqual(0.985)
    }
  })

  it('hold it in 90 to 98 of 100 studies with other queries, where users are alike', { timeout: 60_000 }, () => {
    const share = coverage({ users: 12, each: 8, between: 0, within: 0.5 }, 'overQueries')
    expect(share).toBeGreaterThan(0.9)
    expect(share).toBeLessThan(0.98)
  })

  it('tell the two questions apart: queries of these users say little about new users', { timeout: 60_000 }, () => {
    const study = { users: 12, each: 8, between: 0.5, within: 0.5 }
    expect(coverage(study, 'overQueries', 200)).toBeLessThan(0.8)
    const { overUsers, overQueries } = bootstrapUsers({ observations: simulated(study, 'one'), seed: 1 })
    expect(overUsers.high - overUsers.low).toBeGreaterThan(1.3 * (overQueries.high - overQueries.low))
  })

  it('are never too narrow for few users, or for users who do not differ', { timeout: 60_000 }, () => {
    expect(coverage({ users: 5, each: 8, between: 0.5, within: 0.5 }, 'overUsers', 200)).toBeGreaterThan(0.9)
    expect(coverage({ users: 12, each: 8, between: 0, within: 0.5 }, 'overUsers', 200)).toBeGreaterThan(0.95)
  })

  it("agree with numpy's on a study of uneven users", () => {
    const reference = JSON.parse(
      readFileSync(path.join(import.meta.dirname, '..', 'fixtures', 'bootstrap.json'), 'utf8'),
    ) as {
      users: [number, number][][]
      mean: number
      overQueries: { low: number; high: number }
      overUsers: { low: number; high: number }
    }
    const observations = reference.users.flatMap((queries, u) =>
      queries.map(([sum, tokens], q) => ({ user: `${u}`, query: `${q}`, sum, tokens })),
    )
    const effect = bootstrapUsers({ observations, resamples: 40_000, seed: 3 })
    expect(effect.mean).toBeCloseTo(reference.mean, 12)
    expect([effect.users, effect.queries]).toEqual([reference.users.length, observations.length])
    for (const which of ['overQueries', 'overUsers'] as const) {
      const { low, high } = reference[which]
      // The bounds are quantiles of random means: two generators differ by their own chance.
      const slack = 0.03 * (high - low)
      expect(Math.abs(effect[which].low - low), which).toBeLessThan(slack)
      expect(Math.abs(effect[which].high - high), which).toBeLessThan(slack)
    }
  })

  it('repeat for a seed and differ for another', () => {
    const observations = simulated({ users: 6, each: 4, between: 0.5, within: 0.5 }, 'seed')
    expect(bootstrapUsers({ observations, seed: 5 })).toEqual(bootstrapUsers({ observations, seed: 5 }))
    const other = bootstrapUsers({ observations, seed: 6 })
    expect(other.overUsers.low).not.toBe(bootstrapUsers({ observations, seed: 5 }).overUsers.low)
  })

  it('are not given from too few users or queries', () => {
    const known = (users: number, each: number) => {
      const effect = bootstrapUsers({
        observations: simulated({ users, each, between: 0.2, within: 0.5 }, 'few'),
        seed: 1,
      })
      return [isKnown(effect.overUsers), isKnown(effect.overQueries)]
    }
    expect(known(LEAST_DRAWS, 1)).toEqual([true, true])
    expect(known(LEAST_DRAWS - 1, 2)).toEqual([false, true])
    expect(known(1, LEAST_DRAWS)).toEqual([false, true])
    expect(known(1, LEAST_DRAWS - 1)).toEqual([false, false])
    expect(() => bootstrapUsers({ observations: [], seed: 1 })).toThrow('0 observations')
  })

  it('take the observations of one query as one draw', () => {
    const observations = simulated({ users: 5, each: 3, between: 0.5, within: 0.5 }, 'copies')
    const once = bootstrapUsers({ observations, seed: 1 })
    const copied = bootstrapUsers({ observations: observations.flatMap((one) => [one, one, one]), seed: 1 })
    expect(copied.queries).toBe(15)
    expect(copied.overUsers.low).toBeCloseTo(once.overUsers.low, 10)
    expect(copied.overQueries.high).toBeCloseTo(once.overQueries.high, 10)
  })
})

describe('pairs by user and query', () => {
  const at = (user: string, query: string, sum: number, tokens = 4): UserObservation => ({ user, query, sum, tokens })

  it('subtract whatever the order, and leave out what only one has', () => {
    const worse = [at('ann', 'q', 8), at('bob', 'q', 12), at('bob', 'r', 4)]
    const better = [at('bob', 'q', 4), at('ann', 'q', 6), at('ann', 'r', 1)]
    expect(pairedByQuery(worse, better)).toEqual([at('ann', 'q', 2), at('bob', 'q', 8)])
  })

  it('compare with the mean over several voices, counting the answer once', () => {
    const others = [at('ann', 'q', 8), at('ann', 'q', 10)]
    expect(pairedByQuery(others, [at('ann', 'q', 6)])).toEqual([at('ann', 'q', 3)])
  })
})

it('a number that is no mean has its interval by the draws that a mean has', () => {
  const observations = simulated({ users: 3, each: 8, between: 1, within: 1 }, 'same draws')
  const mean = (drawn: Uint32Array): number => drawn.reduce((sum, at) => sum + (observations[at]?.sum ?? 0), 0)
  const { low, high } = bootstrapUsers({ observations, resamples: 300, seed: 4 }).overQueries
  const bounds = bootstrapQueries(24, (drawn) => mean(drawn) / 240, { resamples: 300, seed: 4 })
  expect(bounds.low).toBeCloseTo(low, 12)
  expect(bounds.high).toBeCloseTo(high, 12)
  expect(isKnown(bootstrapQueries(LEAST_DRAWS - 1, mean, { seed: 4 }))).toBe(false)
})
