import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lampHistory, lampQueries, lampRetrieval } from '../../main/lamp/examples.ts'
import { readLampFile } from '../../main/lamp/file.ts'
import { askedText, LAMP_TASKS, lampTaskOf, lampTasksNamed, lampWords } from '../../main/lamp/tasks.ts'

// Texts made up for these tests, in the files' exact shapes.
const fixtures = path.join(import.meta.dirname, '..', 'fixtures')
const lamp = (name: string): string => path.join(fixtures, 'lamp', name, 'dev_questions.json')
const oppu = (folder: string): string =>
  path.join(fixtures, 'oppu', folder, `user_${folder === 'tweet_paraphrase' ? 'more' : 'top'}_100_history.json`)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'lamp-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function written(name: string, value: unknown): string {
  const file = path.join(folder, name)
  writeFileSync(file, JSON.stringify(value))
  return file
}

/** The first user's first query and first item, of LaMP's form and of OPPU's. */
const EXPECTED: [
  name: string,
  release: string,
  id: string,
  input: string,
  gold: string,
  text: string,
  answer: string,
][] = [
  [
    'LaMP_1',
    'citation',
    'LaMP-1',
    'Harmonics of a silted harbour [1]: "Least squares on the foreshore" [2]: "A "quiet" grammar of bells"',
    '[1]',
    'Tide tables from few readings',
    'Least squares for short records',
  ],
  [
    'LaMP_2N',
    'news_categorize',
    'LaMP-2N',
    'A night train crosses the fen again after forty years.',
    'travel',
    'A bakery that sells only what it grew.',
    'food & drink',
  ],
  [
    'LaMP_2M',
    'movie_tagging',
    'LaMP-2M',
    'A gardener grows a door.',
    'fantasy',
    'A clockmaker finds that every hour struck is an hour lost elsewhere.',
    'fantasy',
  ],
  [
    'LaMP_3',
    'product_rating',
    'LaMP-3',
    'A lamp that flickers when it rains.',
    '2',
    'The kettle sings in tune. I use it daily.',
    '5',
  ],
  [
    'LaMP_4',
    'news_headline',
    'LaMP-4',
    'The town clock was right for one full day last week.',
    'Clock Right, Town Confused',
    'The harbour master has counted every gull since March.',
    'Man Counts Gulls, Gulls Unmoved',
  ],
  [
    'LaMP_5',
    'scholarly_title',
    'LaMP-5',
    'We extend short-record analysis to silted harbours.',
    'Short records in silted harbours',
    'We show that a week of readings suffices for eight constants.',
    'Eight constants from a week',
  ],
  [
    'LaMP_7',
    'tweet_paraphrase',
    'LaMP-7',
    'I am enjoying the rain with a hot drink.',
    'rain + tea = sorted',
    '',
    'kettle on. rain on. good.',
  ],
]

describe('the seven tasks', () => {
  it.each(EXPECTED)("%s is read from LaMP's questions and outputs", (name, _release, id, input, gold, text, answer) => {
    const { benchmark, task, users } = readLampFile(lamp(name))
    expect(benchmark?.id).toBe(id)
    expect(task).toBe(benchmark?.task)
    // One question is one user.
    expect(users.map((user) => user.queries.length)).toEqual([1, 1])
    expect(users.map((user) => user.id)).toEqual(users.map((user) => user.queries[0]?.id))
    expect(users[0]?.queries[0]).toMatchObject({ input, gold })
    // LaMP's own histories of LaMP-1 have no citations: the titles stand alone.
    const expected = id === 'LaMP-1' ? { text: '', answer: text } : { text, answer }
    expect(users[0]?.profile[0]).toMatchObject(expected)
  })

  it.each(EXPECTED)("%s is read from OPPU's release (%s)", (_name, release, id, input, gold, text, answer) => {
    const { benchmark, users } = readLampFile(oppu(release))
    expect(benchmark?.id).toBe(id)
    // An id is text, also where the file has a number.
    expect(users.map((user) => user.id)).toEqual(['7000', '7001'])
    expect(users[0]?.queries[0]).toMatchObject({ input, gold })
    expect(users[0]?.profile[0]).toMatchObject({ text, answer })
    const queries = users.reduce((sum, user) => sum + user.queries.length, 0)
    const label = JSON.parse(readFileSync(oppu(release).replace('.json', '_label.json'), 'utf8'))
    expect(queries).toBe(label.golds.length)
    if (benchmark?.labels) expect(users[0]?.labels).toEqual([...benchmark.labels])
  })

  it('dates may be days or years; ties and orders follow them', () => {
    expect(readLampFile(lamp('LaMP_5')).users[0]?.profile.map(({ date }) => date)).toEqual(['2011-01-01', '2012-01-01'])
    const [news] = readLampFile(lamp('LaMP_2N')).users
    expect(news?.profile.map(({ date }) => date)).toEqual(['2013-11-30', '2014-02-03', '2014-05-11'])
  })

  it('bare answers become examples without an input, and are found by themselves', () => {
    const [user] = readLampFile(oppu('tweet_paraphrase')).users
    if (!user) throw new Error('no user')
    expect(lampHistory(user)[0]).toMatchObject({ input: '', answer: 'kettle on. rain on. good.' })
    const [query] = lampQueries(user)
    if (!query) throw new Error('no query')
    expect(lampRetrieval(user, 1)(query)).toEqual([
      { document: 'item 6200', input: '', answer: 'kettle on. rain on. good.' },
    ])
  })

  it('have the words that the benchmark defines, and nobody else’s', () => {
    const [first] = LAMP_TASKS
    const words = lampWords(first)
    expect(words.tag.answer).toBe('reference:')
    expect(words.headline).toBe(lampWords(null).headline)
    for (const { labels, words, id } of LAMP_TASKS) {
      if (!id.startsWith('LaMP-2')) continue
      expect(labels).toHaveLength(15)
      for (const label of labels ?? []) expect(words.instruction).toContain(label)
    }
  })

  it('know their own wording and names only', () => {
    expect(lampTaskOf('Generate a headline for the following article: X')?.id).toBe('LaMP-4')
    expect(lampTaskOf('An article. Generate a headline for the following article: X')).toBeNull()
    expect(lampTasksNamed('LaMP-2').map(({ id }) => id)).toEqual(['LaMP-2N', 'LaMP-2M'])
    expect(lampTasksNamed('LaMP_6')).toEqual([])
    const [citation] = LAMP_TASKS
    if (!citation) throw new Error('no tasks')
    expect(askedText(citation, 'Generate a headline for the following article: X')).toBeNull()
  })
})

describe('questions', () => {
  const ask = (id: string, about: string, profile: object[], more = {}) => ({
    id,
    input: `Generate a headline for the following article: ${about}`,
    profile,
    ...more,
  })
  const item = (id: string) => ({ id, text: `text ${id}`, title: `title ${id}`, date: '2014-01-01' })

  it('of one user are put together where they name the user, or their ids begin alike and share history', () => {
    const named = written('named.json', [
      ask('1', 'one', [item('a')], { user_id: 9, output: 'One' }),
      ask('2', 'two', [item('a'), item('b')], { user_id: 9, output: 'Two' }),
    ])
    const [user, ...others] = readLampFile(named).users
    expect(others).toEqual([])
    expect(user?.id).toBe('9')
    expect(user?.profile.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(user?.queries.map(({ id, gold }) => `${id} ${gold}`)).toEqual(['1 One', '2 Two'])

    const begun = written('begun.json', [
      ask('ann-1', 'one', [item('a')], { output: 'One' }),
      ask('ann-2', 'two', [item('a')], { output: 'Two' }),
      ask('ann-3', 'three', [item('c')], { output: 'Three' }),
    ])
    expect(readLampFile(begun).users.map(({ id, queries }) => [id, queries.length])).toEqual([
      ['ann', 2],
      ['ann-3', 1],
    ])
  })

  it('of null are set aside, and not the file', () => {
    const { users, notes } = readLampFile(
      written('nulls.json', [
        ask('1', 'one', [item('a')], { user_id: 9, output: 'One' }),
        { ...ask('2', 'two', [item('a')], { user_id: 9, output: 'Two' }), input: null },
      ]),
    )
    expect(users[0]?.queries.map(({ id }) => id)).toEqual(['1'])
    expect(notes).toContain('9: 1 query (2) not in the wording of LaMP-4 set aside')
  })

  it('need their answers', () => {
    const file = written('test_questions.json', [ask('1', 'one', [item('a')]), ask('2', 'two', [item('b')])])
    expect(() => readLampFile(file)).toThrow('test_outputs.json is not there')
    written('test_outputs.json', { task: 'LaMP_4', golds: [{ id: '1', output: 'One' }] })
    const { users, notes } = readLampFile(file)
    expect(users.map(({ queries }) => queries.length)).toEqual([1, 0])
    expect(notes).toContain('2: 1 query (2) without an answer in the file set aside')
  })

  it("of another task than their answers are refused, and so is another's wording", () => {
    cpSync(lamp('LaMP_4'), path.join(folder, 'mixed_questions.json'))
    written('mixed_outputs.json', { task: 'LaMP_5', golds: [] })
    expect(() => readLampFile(path.join(folder, 'mixed_questions.json'))).toThrow(
      'those of LaMP-4, its answers those of LaMP_5',
    )
    const other = written('other.json', [{ id: '1', input: 'Write a poem.', output: 'x', profile: [] }])
    expect(() => readLampFile(other)).toThrow("none of its questions is in LaMP's wording")
    const both = written('both.json', [
      ask('1', 'one', [item('a')], { output: 'One' }),
      { id: '2', input: 'Write a poem.', output: 'x', profile: [item('b')] },
    ])
    expect(readLampFile(both).notes).toContain('2: 1 query (2) not in the wording of LaMP-4 set aside')
  })

  it('of a release may stand in it twice by user: the second is set aside', () => {
    const one = { user_id: 1, profile: [item('a')], query: [{ ...ask('q', 'one', []), gold: 'One' }] }
    const { users, notes } = readLampFile(written('twice.json', [one, one]))
    expect(users).toHaveLength(1)
    expect(notes).toContain('1: stands in the file once more; that part is set aside')
  })

  it.each(LAMP_TASKS.map((task) => [task.id, task] as const))(
    "of %s: an answer planted in the history is left out, by LaMP's file and by OPPU's",
    (_id, task) => {
      const canary = task.task === 'rate' ? '1' : 'Canary of Vellum Street'
      const release = EXPECTED.find(([, , id]) => id === task.id)?.[1] as string
      const [plain] = JSON.parse(readFileSync(oppu(release), 'utf8'))
      const [asked] = plain.query
      const { piece } = askedText(task, asked.input) as { piece: string }
      const { text, answer } = task.history
      const planted = { ...plain.profile[0], id: 'planted', [answer]: canary, ...(text !== null && { [text]: piece }) }
      const profile = [planted, ...plain.profile]
      const query = [{ ...asked, gold: text === null ? canary : asked.gold }]
      const question = { id: 'q', input: asked.input, profile, output: query[0].gold }
      const files = [
        written('planted.json', [{ ...plain, profile, query }]),
        written('planted_questions.json', [question]),
      ]
      for (const file of files) {
        const { users, notes } = readLampFile(file)
        expect(users[0]?.queries).toHaveLength(1)
        expect(users[0]?.profile.map(({ id }) => id)).not.toContain('planted')
        expect(users[0]?.profile).toHaveLength(plain.profile.length)
        expect(notes.join('\n')).toContain(
          '1 item (planted) with the text of a held-out query under another id left out of the history',
        )
      }
    },
  )

  it('are refused by place where the shape is another', () => {
    const file = written('bad.json', [{ id: '1', profile: [] }])
    expect(() => readLampFile(file)).toThrow('bad.json: [0].input: ')
  })
})
