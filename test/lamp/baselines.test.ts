import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { accuracy, meanLogLoss } from '../../main/evaluation/metrics.ts'
import type { TaskName } from '../../main/examples/types.ts'
import { createBaselines } from '../../main/lamp/baseline-methods.ts'
import {
  answerFrequencies,
  bm25Vote,
  majorityAnswer,
  tfidfNeighbours,
  unigramAuthors,
} from '../../main/lamp/baselines.ts'
import { readLampFile } from '../../main/lamp/file.ts'
import { judgeLabels } from '../../main/lamp/labels.ts'
import type { LampUser } from '../../main/lamp/types.ts'

const ASKED = { task: 'tag' as const, title: '', date: '', input: 'some text' }

/** `items`: text and answer. */
function user(task: TaskName, items: [text: string, answer: string][], id = 'ann'): LampUser {
  const profile = items.map(([text, answer], i) => ({ id: `${i}`, text, title: '', answer, date: null }))
  return { id, task, profile, queries: [] }
}

describe('the history’s own answers', () => {
  const tags = (...answers: string[]) =>
    user(
      'tag',
      answers.map((answer) => ['text', answer]),
    )

  it('most often given; of several the last', () => {
    expect(majorityAnswer(tags('a', 'b', 'b'))).toBe('b')
    expect(majorityAnswer(tags('a', 'b', 'b', 'a', 'c'))).toBe('a')
    expect(majorityAnswer(tags())).toBe('')
  })

  it('how often, with something added to each that is there, and to all five scores', () => {
    expect(answerFrequencies(tags('a', 'b', 'b'))).toEqual({ a: 1.5 / 4, b: 2.5 / 4 })
    expect(answerFrequencies(tags('a', 'b', 'b'), 1)).toEqual({ a: 2 / 5, b: 3 / 5 })
    // Over the labels of the file, where it names them: a gold that the history has not is no less asked.
    const labelled = { ...tags('a', 'b', 'b', 'old'), labels: ['a', 'b', 'new'] }
    expect(answerFrequencies(labelled)).toEqual({ a: 1.5 / 4.5, b: 2.5 / 4.5, new: 0.5 / 4.5 })
    const scores = user('rate', [
      ['x', '4'],
      ['y', '4'],
      ['z', '5'],
    ])
    expect(answerFrequencies(scores, 1)).toEqual({ 1: 1 / 8, 2: 1 / 8, 3: 1 / 8, 4: 3 / 8, 5: 2 / 8 })
  })
})

it('log-losses are of every query: frequencies and a model rank the same labels', () => {
  const one: LampUser = {
    ...user('tag', [
      ['x', 'a'],
      ['y', 'b'],
    ]),
    labels: ['a', 'b', 'new'],
  }
  const queries = ['a', 'new', 'stranger'].map((answer, i) => ({ ...ASKED, document: `q${i}`, answer }))
  const losses = createBaselines([one])
    .score('frequencies', one, queries)
    .map(({ logLoss }) => logLoss)
  expect(losses).toEqual([1.5 / 3.5, 0.5 / 3.5, Number.EPSILON].map((share) => expect.closeTo(-Math.log(share), 12)))
  // One constant for the users' rows and for the mean.
  const least = judgeLabels('tag', ['a', 'b'], [0, 1], { gold: 'a' }).logLoss
  expect(least).toBe(meanLogLoss(['a'], [{ a: 0, b: 1 }]))
})

describe('neighbours', () => {
  it('by BM25: two far ones outvote one near one, and k bounds them', () => {
    const one = user('tag', [
      ['gull gull sea', 'birds'],
      ['gull rope knot', 'ropes'],
      ['gull knot rope', 'ropes'],
      ['tea cup', 'tea'],
    ])
    expect(bm25Vote(one)('gull')).toBe('ropes')
    expect(bm25Vote(one, { k: 1 })('gull')).toBe('birds')
    // Nothing near: the majority.
    expect(bm25Vote(one)('zebra')).toBe('ropes')
  })

  it('by TF-IDF: similarities worked out by hand', () => {
    const one = user('rate', [
      ['good good', '5'],
      ['good bad', '3'],
      ['dull', '1'],
    ])
    // n = 3: good is in 2 texts, bad in 1.
    const good = Math.log(4 / 3) + 1
    const bad = Math.log(4 / 2) + 1
    const second = good / Math.hypot(good, bad)
    const { mean, score, distribution } = tfidfNeighbours(one)('a good one')
    expect(mean).toBeCloseTo((5 * 1 + 3 * second) / (1 + second), 12)
    expect(score).toBe('4')
    // Frequencies of this history: 1.5 of 5.5 for 1, 3 and 5, else .5.
    expect(distribution['5']).toBeCloseTo((1 + 1.5 / 5.5) / (2 + second), 12)
    expect(distribution['3']).toBeCloseTo((second + 1.5 / 5.5) / (2 + second), 12)
    expect(distribution['4']).toBeCloseTo(0.5 / 5.5 / (2 + second), 12)
    expect(Object.values(distribution).reduce((sum, share) => sum + share)).toBeCloseTo(1, 12)
    expect(tfidfNeighbours(one, { k: 1 })('good').score).toBe('5')
    const far = tfidfNeighbours(one)('zebra')
    expect(far).toEqual({ mean: 3, score: '3', distribution: answerFrequencies(one) })
  })
})

describe('word counts', () => {
  it('by author: likelihoods worked out by hand', () => {
    const ann = user('prose', [['sea sea', 'sea sea rope']], 'ann')
    const bob = user('prose', [['', 'tea']], 'bob')
    const { user: likeliest, logLikelihoods } = unigramAuthors([ann, bob])('Sea and tea')
    // Words of all: sea, rope, tea. "and" is nobody's.
    expect(logLikelihoods.ann).toBeCloseTo(Math.log(3 / 6) + Math.log(1 / 6), 12)
    expect(logLikelihoods.bob).toBeCloseTo(Math.log(1 / 4) + Math.log(2 / 4), 12)
    expect(likeliest).toBe('bob')
  })
})

const shared = path.join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'lamp')

describe.skipIf(!existsSync(shared))('the real files (../shared)', () => {
  it("rating: the history's frequencies lose 1.067 nats, as is known", () => {
    const [one] = readLampFile(path.join(shared, 'rating.json')).users
    if (!one) throw new Error('no user')
    const gold = one.queries.map((query) => query.gold)
    expect(
      meanLogLoss(
        gold,
        gold.map(() => answerFrequencies(one)),
      ),
    ).toBeCloseTo(1.067, 3)
    expect(
      accuracy(
        gold,
        gold.map(() => majorityAnswer(one)),
      ),
    ).toBeCloseTo(0.5, 6)
  })
})
