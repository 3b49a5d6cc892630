import { describe, expect, it } from 'vitest'
import type { TaskQuery } from '../../main/examples/types.ts'
import { lampHistory, lampSearch, promptOptions } from '../../main/lamp/examples.ts'
import { evenShares, foldsOf, taskSources, trainingExamples } from '../../main/lamp/training.ts'
import type { LampUser } from '../../main/lamp/types.ts'
import { decode, fakeBuilder } from '../evaluation/fake-base.ts'

const BUDGET = { maxInput: 400, maxRetrieved: 400, maxRetrievedTotal: 800 }

function user(id: string, texts: string[], queries: string[] = []): LampUser {
  return {
    id,
    task: 'headline',
    profile: texts.map((text, n) => ({ id: `${id} ${n}`, text, title: `T${n}`, answer: `T${n}`, date: null })),
    queries: queries.map((input, n) => ({ id: `${id} q${n}`, input, gold: `G${n}`, date: null })),
  }
}

const many = (id: string, count: number): LampUser =>
  user(
    id,
    Array.from({ length: count }, (_, n) => `${id} apples pears number${n}`),
  )

describe('training examples', () => {
  const shown = (seed: number, items?: number[]): string[] =>
    trainingExamples({ user: many('ann', 40), profile: null, items }, fakeBuilder, {
      mix: 'mixed',
      budget: BUDGET,
      seed,
    }).map(({ tokens, answerFrom }) => decode(tokens.subarray(0, answerFrom)))

  it('show 0, 1 and 2 earlier items in a mix, each item once, and none that is later or itself', () => {
    const prompts = shown(1)
    expect(prompts).toHaveLength(40)
    const counts = prompts.slice(2).map((prompt) => prompt.split('|').length - 1)
    expect(new Set(counts)).toEqual(new Set([0, 1, 2]))
    for (const [at, prompt] of prompts.entries()) {
      const numbers = [...prompt.matchAll(/number(\d+)/g)].map(([, n]) => Number(n))
      expect(numbers.at(-1)).toBe(at)
      for (const earlier of numbers.slice(0, -1)) expect(earlier).toBeLessThan(at)
    }
  })

  it('depend on seed, user and item alone', () => {
    expect(shown(1)).toEqual(shown(1))
    expect(shown(2)).not.toEqual(shown(1))
    expect(shown(1, [30, 31])).toEqual(shown(1).slice(30, 32))
  })

  it('show the profile in about half of a mix, and in all or none elsewhere', () => {
    const profiles: (string | null | undefined)[] = []
    const builder: typeof fakeBuilder = {
      example(query, retrieved, options) {
        profiles.push(options.profile)
        return fakeBuilder.example(query, retrieved, options)
      },
    }
    const source = { user: many('ann', 40), profile: 'She likes apples.' }
    trainingExamples(source, builder, { mix: 'mixed', budget: BUDGET, seed: 1 })
    const with_ = profiles.splice(0).filter((profile) => profile === 'She likes apples.').length
    expect(with_).toBeGreaterThan(8)
    expect(with_).toBeLessThan(32)
    trainingExamples(source, builder, { mix: { retrieved: 0, profile: true }, budget: BUDGET, seed: 1 })
    expect(new Set(profiles.splice(0))).toEqual(new Set(['She likes apples.']))
    trainingExamples(source, builder, { mix: { retrieved: 0, profile: false }, budget: BUDGET, seed: 1 })
    expect(new Set(profiles)).toEqual(new Set([undefined]))
  })

  it('never retrieve the same text under another id', () => {
    const twice = user('ann', ['apples and pears', 'apples and plums', 'Apples  and pears'])
    const search = lampSearch(twice)
    expect(search.earlier(2, 2).map(({ document }) => document)).toEqual(['ann 1'])
    expect(search.earlier(0, 2)).toEqual([])
    expect(search.earlier(1, 2).map(({ document }) => document)).toEqual(['ann 0'])
  })

  it('count the frequencies of the earlier part alone', () => {
    // "rare" is rare among the first three, and common once all later items are there.
    const later = Array.from({ length: 30 }, (_, n) => `rare later${n}`)
    const history = user('ann', ['common rare', 'common usual', 'common rare usual', ...later])
    const alone = user('ann', ['common rare', 'common usual', 'common rare usual'])
    expect(lampSearch(history).earlier(2, 2)).toEqual(lampSearch(alone).earlier(2, 2))
    const [query] = lampHistory(history).slice(2)
    const [first] = lampSearch(history).atUse({ ...(query as TaskQuery), document: 'asked' }, 1)
    // The whole history ranks otherwise, or this would show nothing.
    expect(first?.document).not.toBe(lampSearch(alone).earlier(2, 1)[0]?.document)
  })

  it('divide the room among several retrieved items', () => {
    expect(promptOptions(BUDGET, 1, null).maxRetrieved).toBe(400)
    expect(promptOptions({ ...BUDGET, maxRetrievedTotal: 240 }, 2, null).maxRetrieved).toBe(120)
    expect(promptOptions({ ...BUDGET, maxRetrieved: 80, maxRetrievedTotal: 240 }, 2, null).maxRetrieved).toBe(80)
    expect(promptOptions({ ...BUDGET, maxRetrievedTotal: 240 }, 4, 'x')).toMatchObject({
      maxRetrieved: 60,
      profile: 'x',
    })
  })
})

describe('groups of users', () => {
  const users = [90, 10, 40, 50, 30, 20].map((count, n) => many(`u${n}`, count))

  it('are disjoint, whole, of like size, and the same whatever the order of the file', () => {
    const folds = foldsOf(users, 3)
    const sizes = [0, 0, 0]
    for (const [i, fold] of folds.entries()) sizes[fold] = (sizes[fold] ?? 0) + (users[i]?.profile.length ?? 0)
    expect(sizes.toSorted((a, b) => a - b)).toEqual([70, 80, 90])
    const reversed = foldsOf(users.toReversed(), 3).toReversed()
    expect(reversed).toEqual(folds)
    expect(new Set(foldsOf(users, 6)).size).toBe(6)
  })

  it.each([
    [[2, 50, 50], 22, [2, 10, 10]],
    [[2, 3, 4], 100, [2, 3, 4]],
    [[5, 5, 5], 2, [1, 1, 0]],
    [[0, 7], 5, [0, 5]],
    [[], 5, []],
  ])('give %j items of %i as %j', (sizes, most, shares) => {
    expect(evenShares(sizes, most)).toEqual(shares)
  })

  it('take the items of a long history evenly over its time', () => {
    const sources = taskSources([many('ann', 100), many('bob', 3)], [], 13, 1)
    expect(sources.map(({ items }) => items)).toEqual([
      [5, 15, 25, 35, 45, 55, 65, 75, 85, 95],
      [0, 1, 2],
    ])
  })

  it('take teachers by draw where there are more than items, and an item of each that has earlier ones', () => {
    const teachers = Array.from({ length: 60 }, (_, n) => many(`u${n}`, 8))
    const taken = (users: LampUser[], seed: number) =>
      taskSources(users, [], 25, seed)
        .map(({ user: { id }, items }) => `${id}: ${items}`)
        .sort()
    const some = taken(teachers, 1)
    expect(some).toHaveLength(25)
    for (const one of some) expect(one).toMatch(/: 4$/)
    expect(taken(teachers.toReversed(), 1)).toEqual(some)
    expect(taken(teachers, 2)).not.toEqual(some)
    const inFirstHalf = some.filter((one) => Number(one.slice(1).split(':')[0]) < 30)
    expect(inFirstHalf.length).toBeLessThan(25)
  })
})
