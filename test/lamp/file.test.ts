import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TaskQuery } from '../../main/examples/types.ts'
import { lampExamples, lampHistory, lampQueries, lampRetrieval } from '../../main/lamp/examples.ts'
import { readLampFile } from '../../main/lamp/file.ts'
import type { LampUser } from '../../main/lamp/types.ts'
import { decode, fakeBuilder } from '../evaluation/fake-base.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'lamp-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function written(value: unknown): string {
  const file = path.join(folder, 'lamp.json')
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
  return file
}

const item = (id: string, date: string | null = '2024-01-01') => ({
  id,
  text: `text ${id}`,
  title: `title ${id}`,
  date,
})
const query = (id: string, date: string | null = '2025-01-01') => ({
  id,
  input: `input ${id}`,
  gold: `gold ${id}`,
  date,
})
const user = (profile: object[], queries: object[], user_id = 'ann') => ({ user_id, profile, queries })
const headline = (...users: object[]) => ({ task: 'headline: text to title', users })

describe('a LaMP-shaped file', () => {
  it('is read as it stands', () => {
    const read = readLampFile(written(headline(user([item('a'), item('b')], [query('q')]))))
    expect(read.task).toBe('headline')
    expect(read.notes).toEqual([])
    expect(read.users[0]?.profile.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(read.users[0]?.queries).toEqual([{ id: 'q', input: 'input q', gold: 'gold q', date: '2025-01-01' }])
  })

  it('sets aside an item or query of null, not the file', () => {
    const profile = [item('a'), { ...item('b'), text: null }, item('c')]
    const queries = [query('q'), { ...query('r'), gold: null }, { ...query('s'), input: null }]
    const read = readLampFile(written(headline(user(profile, queries))))
    expect(read.users[0]?.profile.map(({ id }) => id)).toEqual(['a', 'c'])
    expect(read.users[0]?.queries.map(({ id }) => id)).toEqual(['q'])
    expect(read.notes).toEqual([
      'ann: 1 item (b) of the history without text or title set aside',
      'ann: 2 queries (r, s) without input or gold set aside',
    ])
  })

  it('tells ids apart that are numbers of many digits', () => {
    const numbered = JSON.stringify(headline(user([item('A'), item('B')], [query('q')], 'U')))
      .replace('"id":"A"', '"id": 12345678901234567890')
      .replace('"id":"B"', '"id":12345678901234567891')
      .replace('"user_id":"U"', '"user_id":9007199254740993')
      .replace('text A', 'text \\"id\\": 1234567890123456789,')
    const read = readLampFile(written(numbered))
    expect(read.notes).toEqual([])
    expect(read.users[0]?.id).toBe('9007199254740993')
    expect(read.users[0]?.profile.map(({ id }) => id)).toEqual(['12345678901234567890', '12345678901234567891'])
    expect(read.users[0]?.profile[0]?.text).toBe('text "id": 1234567890123456789,')
  })

  it('orders by the moment, whatever zone it is written in, and shows a query nothing later', () => {
    const profile = [item('late', '2024-05-17T23:30:00-05:00'), item('early', '2024-05-18T01:00:00Z')]
    const queries = [{ ...query('q', '2024-05-18T02:00:00+00:00'), input: 'text' }]
    const [one] = readLampFile(written(headline(user(profile, queries)))).users as [LampUser]
    expect(one.profile.map(({ id }) => id)).toEqual(['early', 'late'])
    const found = lampRetrieval(one, 2)(lampQueries(one)[0] as TaskQuery)
    expect(found.map(({ document }) => document)).toEqual(['early'])
  })

  it('says what it set aside', () => {
    const profile = [item('a'), { ...item('b'), text: ' \n' }, { ...item('c'), title: null }, item('a')]
    const queries = [query('q'), { ...query('r'), gold: '' }, query('q'), query('a')]
    const read = readLampFile(written(headline(user(profile, queries))))
    expect(read.users[0]?.profile.map(({ id }) => id)).toEqual(['a'])
    expect(read.users[0]?.queries.map(({ id }) => id)).toEqual(['q'])
    expect(read.notes).toEqual([
      'ann: 2 items (b, c) of the history without text or title set aside',
      'ann: 1 item (a) of the history with an id used before set aside',
      'ann: 1 query (r) without input or gold set aside',
      'ann: 2 queries (q, a) with an id used before set aside',
      'ann: its history is one item',
    ])
  })

  it('orders the history by date, by the file where dates are missing, and says so', () => {
    const dated = [item('late', '2024-03-01'), item('early', '2024-01-01'), item('also early', '2024-01-01')]
    const byDate = readLampFile(written(headline(user(dated, [query('q', '2024-02-01')]))))
    expect(byDate.users[0]?.profile.map(({ id }) => id)).toEqual(['early', 'also early', 'late'])
    expect(byDate.notes).toEqual(['ann: 1 query (q) dated before the last item of the history (2024-03-01)'])
    const undated = readLampFile(written(headline(user([item('z'), item('a', null)], [query('q')]))))
    expect(undated.users[0]?.profile.map(({ id }) => id)).toEqual(['z', 'a'])
    expect(undated.notes).toEqual([
      'ann: 1 of 2 items of the history have no date; the order of the file is taken for time',
    ])
    const ordered = [
      { ...item('second', null), order: 2 },
      { ...item('first', null), order: 1 },
    ]
    const byOrder = readLampFile(written({ task: 'style: passages', users: [user(ordered, [query('q', null)])] }))
    expect(byOrder.users[0]?.profile.map(({ id }) => id)).toEqual(['first', 'second'])
    expect(byOrder.notes).toEqual([])
  })

  it.each<[string, unknown, string]>([
    ['no JSON', '{"task": ', 'is no JSON'],
    ['no users', { task: 'headline', users: [] }, 'users: '],
    ['a number for a text', headline(user([item('a'), { id: 'b', text: 7 }], [])), 'users[0].profile[1].text: '],
    ['queries without gold', headline(user([], [{ id: 'q', input: '' }])), 'users[0].queries[0].gold: '],
    ['a list', [], 'the file: '],
    ['a task that cannot be run', { task: 'poems', users: [user([], [])] }, 'its task is "poems"'],
    ['answers alone', { task: 'LaMP_4', golds: [] }, 'holds the answers alone'],
    ['a user twice', headline(user([], []), user([], [])), 'the user "ann" stands in it twice'],
  ])('is refused for %s, by name of file and place', (_case, value, words) => {
    const file = written(value)
    expect(() => readLampFile(file)).toThrow(expect.objectContaining({ name: 'BadLampFile' }))
    expect(() => readLampFile(file)).toThrow(words)
    expect(() => readLampFile(file)).toThrow(file)
  })

  it('is refused when it is not there', () => {
    expect(() => readLampFile(path.join(folder, 'none.json'))).toThrow('none.json cannot be read: ENOENT')
  })
})

describe('examples', () => {
  const make = (task: 'headline' | 'prose'): LampUser => ({
    id: 'ann',
    task,
    profile: ['one', 'two', 'three'].map((word, i) => ({
      id: `p${i}`,
      text: `${word} text`,
      title: word,
      answer: task === 'prose' ? `${word} text` : word,
      date: null,
    })),
    queries: ['q', 'r'].map((id) => ({ id, input: `${id} three text`, gold: `gold ${id}`, date: null })),
  })

  it('of headline: each text and its title, the input cut', () => {
    const examples = lampExamples(make('headline'), fakeBuilder, { maxInput: 5 })
    expect(examples.map(({ tokens }) => decode(tokens))).toEqual(['one t>one\0', 'two t>two\0', 'three>three\0'])
    expect(examples.map(({ answerFrom }) => answerFrom)).toEqual([6, 6, 6])
  })

  it('of prose: the end of each passage and the passage after it', () => {
    const examples = lampExamples(make('prose'), fakeBuilder, { maxInput: 4 })
    expect(examples.map(({ tokens }) => decode(tokens))).toEqual(['text>two text\0', 'text>three text\0'])
  })

  it('cut prose at 600 characters, never within one', () => {
    const long = make('prose')
    const [first] = long.profile
    if (first) first.text = '🦉'.repeat(601)
    expect(lampHistory(long)[0]?.input).toBe('🦉'.repeat(600))
  })

  it('take the first queries', () => {
    expect(lampQueries(make('headline')).map((asked) => asked.answer)).toEqual(['gold q', 'gold r'])
    expect(lampQueries(make('headline'), 1)).toHaveLength(1)
  })

  it('retrieve from the history what is alike in text or title, without the passage that the query continues', () => {
    const titled = make('headline')
    titled.profile[0] = {
      id: 'p0',
      text: 'nothing alike',
      title: 'gulls and foghorns',
      answer: 'gulls and foghorns',
      date: null,
    }
    const [asked] = lampQueries(titled)
    const found = (input: string, k: number) => lampRetrieval(titled, k)({ ...(asked as TaskQuery), input })
    expect(found('of foghorns', 2)).toEqual([{ document: 'p0', input: 'nothing alike', answer: 'gulls and foghorns' }])
    expect(found('three, two and two', 2).map(({ document }) => document)).toEqual(['p1', 'p2'])
    expect(found('zebra', 2)).toEqual([])

    const prose = lampRetrieval(make('prose'), 2)
    const [continued] = lampQueries(make('prose'))
    expect(prose({ ...(continued as TaskQuery), input: 'three text' })).toEqual([
      { document: 'p1', input: 'one text', answer: 'two text' },
    ])
  })
})

const shared = path.join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'lamp')

describe.skipIf(!existsSync(shared))('the real files (../shared)', () => {
  it('headline: every user whole', () => {
    const { users, notes } = readLampFile(path.join(shared, 'headline.json'))
    expect(users).toHaveLength(13)
    expect(users.reduce((sum, { profile, queries }) => sum + profile.length + queries.length, 0)).toBe(1031)
    // Two posts are the next edition of an earlier one.
    const copies = notes.filter((note) => note.includes('1 item') && note.includes('with the text of a held-out query'))
    expect(copies).toHaveLength(2)
    for (const note of notes.filter((one) => !copies.includes(one)))
      expect(note).toMatch(/: [0-9]+ (item|items|query|queries) .* whose (title|gold) stands in its/)
  })

  it("prose: what the examples show of a passage is what the data's queries show", () => {
    const { users, notes } = readLampFile(path.join(shared, 'prose.json'))
    expect(users).toHaveLength(6)
    expect(notes).toEqual([])
    for (const one of users) {
      const [first, second] = one.queries
      // The first query continues the history, the second the first: moved there, they must make the same example.
      const passage = (id: string, text = '') => ({ id, text, title: '', answer: text, date: null })
      const moved = { ...one, profile: [...one.profile, passage('x', first?.gold)] }
      expect(lampHistory(moved).at(-1)).toMatchObject({ input: first?.input, answer: first?.gold })
      const next = {
        ...moved,
        profile: [...moved.profile, passage('y', second?.gold)],
      }
      expect(lampHistory(next).at(-1)).toMatchObject({ input: second?.input, answer: second?.gold })
    }
  })

  it('tag: labels, every right tag, and the title above the text as in the queries', () => {
    const { task, users, notes } = readLampFile(path.join(shared, 'tag.json'))
    expect(task).toBe('tag')
    expect(notes).toEqual([])
    expect(users.reduce((sum, { profile, queries }) => sum + profile.length + queries.length, 0)).toBe(784)
    for (const { labels, profile, queries } of users) {
      for (const { text, title, answer } of profile) {
        expect(text.startsWith(`${title}\n\n`)).toBe(true)
        expect(labels).toContain(answer)
      }
      for (const { gold, golds } of queries) expect(golds).toContain(gold)
    }
  })

  it('rating: scores as text', () => {
    const { task, users, notes } = readLampFile(path.join(shared, 'rating.json'))
    expect(task).toBe('rate')
    expect(notes).toEqual([])
    const [one] = users
    expect(one?.profile).toHaveLength(349)
    expect(one?.queries).toHaveLength(62)
    for (const { answer } of one?.profile ?? []) expect(['1', '2', '3', '4', '5']).toContain(answer)
    for (const { gold } of one?.queries ?? []) expect(['1', '2', '3', '4', '5']).toContain(gold)
  })
})
