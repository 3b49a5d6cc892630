import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { askersOf } from '../../main/lamp/askers.ts'
import { readLampFile } from '../../main/lamp/file.ts'
import { foldsOf } from '../../main/lamp/training.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const root = temporaryFolder()

const items = (...ids: (string | number)[]) => ids.map((id) => ({ id, text: 'the same text', title: 'the same title' }))
const from = (first: number, last: number) => items(...Array.from({ length: last - first + 1 }, (_, n) => first + n))

/** Names with their questions' ids. */
const together = (...questions: { id: string; profile: object[]; user_id?: string }[]) =>
  askersOf(questions).map(({ name, questions: places }) => [name, places.map((at) => questions[at]?.id).join(' ')])

describe('questions are one user’s', () => {
  it('with one history, though their ids say nothing', () => {
    const others = { id: '412', profile: from(20, 30) }
    expect(together({ id: '410', profile: from(1, 9) }, others, { id: '411', profile: from(1, 9).reverse() })).toEqual([
      ['410', '410 411'],
      ['412', '412'],
    ])
  })

  it.each([
    ['all of the smaller', from(1, 20), 1],
    ['more than half', [...from(1, 6), ...from(31, 34)], 1],
    ['half', [...from(1, 5), ...from(31, 35)], 2],
    ['none', from(31, 40), 2],
    ['texts under other ids', items('a', 'b', 'c'), 2],
    ['nothing to compare', [], 2],
  ])('whose histories share %s', (_case, profile, users) => {
    expect(together({ id: '1', profile: from(1, 10) }, { id: '2', profile })).toHaveLength(users)
  })

  it('where a third one holds the histories of both', () => {
    const [early, late] = [from(1, 4), from(5, 8)]
    expect(together({ id: '1', profile: early }, { id: '2', profile: late }, { id: '3', profile: from(1, 8) })).toEqual(
      [['1', '1 2 3']],
    )
  })

  it('never where the file names two users', () => {
    const profile = from(1, 4)
    const named = ['x', 'y'].map((user_id, n) => ({ id: `${n}`, user_id, profile }))
    expect(together(...named, { id: '2', profile }).map(([name]) => name)).toEqual(['x', 'y'])
  })

  it('each user called by a name of its own', () => {
    const [first, second] = [from(1, 4), from(11, 14)]
    expect(together({ id: '7', user_id: '8', profile: first }, { id: '8', profile: second })).toEqual([
      ['8', '7'],
      ['question 8', '8'],
    ])
  })

  it('of two thousand in seconds', () => {
    const questions = Array.from({ length: 2000 }, (_, n) => {
      const user = Math.floor(n / 2)
      // One item that everybody has.
      return { id: `${n}`, profile: [...items('common'), ...from(user * 100, user * 100 + 20 + (n % 2))] }
    })
    const started = performance.now()
    expect(askersOf(questions)).toHaveLength(1000)
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})

describe('a file of questions', () => {
  const ask = (id: string, profile: object[]) => ({
    id,
    input: `Generate a headline for the following article: about ${id}`,
    output: `Of ${id}`,
    profile,
  })
  const own = (name: string) =>
    [1, 2, 3].map((n) => ({ id: `${name}${n}`, text: `text ${name} ${n}`, title: `title ${name} ${n}` }))
  const file = path.join(root, 'questions.json')
  writeFileSync(file, JSON.stringify([ask('410', own('a')), ask('411', own('a')), ask('500', own('b'))]))

  it('says whose questions were put together', () => {
    const { users, notes } = readLampFile(file)
    expect(users.map(({ id, queries, profile }) => [id, queries.length, profile.length])).toEqual([
      ['410', 2, 3],
      ['500', 1, 3],
    ])
    expect(notes).toContain("410: 2 questions (410, 411) with history in common: taken for one user's")
  })

  it('gives a fold no piece of whom it serves, nor one user a fold', () => {
    const { users } = readLampFile(file)
    for (const folds of [2, users.length]) {
      const found = foldsOf(users, folds)
      const pieces = (fold: number) =>
        users.filter((_, i) => found[i] === fold).flatMap(({ profile }) => profile.map(({ text }) => text))
      expect(pieces(0).length).toBeGreaterThan(0)
      expect(pieces(0).filter((text) => pieces(1).includes(text))).toEqual([])
    }
  })
})
