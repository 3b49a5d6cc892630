import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readLampFile } from '../../main/lamp/file.ts'
import { askedText, LAMP_TASKS } from '../../main/lamp/tasks.ts'
import { taskSources, trainingExamples } from '../../main/lamp/training.ts'
import { decode, fakeBuilder } from '../evaluation/fake-base.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const root = temporaryFolder()
const BUDGET = { maxInput: 10_000, maxRetrieved: 10_000, maxRetrievedTotal: 40_000 }
const CANARY = 'Canary of Vellum Street'
let count = 0

function written(value: unknown, name = `made ${count++}.json`): string {
  const file = path.join(root, name)
  writeFileSync(file, JSON.stringify(value))
  return file
}

/** All that a task adapter for the file's first user is taught: prompts with two earlier items each, and answers. */
function taught(file: string): string {
  const [served, ...others] = readLampFile(file).users
  if (served === undefined) throw new Error('no user')
  expect(served.queries.length).toBeGreaterThan(0)
  const sources = taskSources(others, [served], 1000, 1)
  const mix = { retrieved: 2, profile: false }
  return sources
    .flatMap(({ user, items }) =>
      trainingExamples({ user, items, profile: null }, fakeBuilder, { mix, budget: BUDGET, seed: 1 }),
    )
    .map(({ tokens }) => decode(tokens))
    .join('\n')
}

describe("another user's copy of a held-out piece reaches no task adapter", () => {
  const words = (seed: string): string => Array.from({ length: 60 }, (_, i) => `${seed}${i}`).join(' ')

  it.each(LAMP_TASKS.map((task) => [task.id, task] as const))('of %s', (_id, task) => {
    const release = path.join(import.meta.dirname, '..', 'fixtures', 'oppu', task.names.at(-1) as string)
    const name = `user_${task.id === 'LaMP-7' ? 'more' : 'top'}_100_history.json`
    const [plain] = JSON.parse(readFileSync(path.join(release, name), 'utf8'))
    const { text, answer } = task.history
    const [asked] = plain.query
    const { piece } = askedText(task, asked.input) as { piece: string }
    const copy = {
      ...plain.profile[0],
      id: 'copy',
      [answer]: task.task === 'rate' ? '1' : CANARY,
      ...(text !== null && { [text]: piece }),
    }
    const gold = text === null ? CANARY : asked.gold
    const [served, other] = [
      { ...plain, user_id: 'served', query: [{ ...asked, gold }] },
      // In the middle, so that it could stand before a later item too.
      { ...plain, user_id: 'other', profile: [plain.profile[0], copy, ...plain.profile.slice(1)], query: [] },
    ]
    const seen = taught(written([served, other]))
    expect(seen).toContain(plain.profile[0][answer])
    expect(seen).not.toContain(CANARY)
    if (text !== null) expect(seen).not.toContain(piece)
  })

  it("of LaMP's own LaMP-1, whose titles stand alone", () => {
    const title = 'Harmonics of a silted harbour'
    const input = `For an author who has written the paper with the title "${title}", which reference is related? Just answer with [1] or [2] without explanation. [1]: "A first one" [2]: "A second one"`
    const question = (id: string, titles: string[]) => ({
      id,
      input: input.replace(title, id === 'served' ? title : 'Another title'),
      output: '[1]',
      profile: titles.map((one, n) => ({ id: `${id} ${n}`, title: one, abstract: 'An abstract.' })),
    })
    const seen = taught(written([question('served', ['Mine alone']), question('other', ['Ours', title, 'Theirs'])]))
    expect(seen).toContain('Ours')
    expect(seen).not.toContain(title)
  })

  const body = words('b')
  const titled = { text: body, title: 'Posted here' }
  const of = (id: string) => ({ id, text: words(id), title: `Title ${id}`, tag: 'sea', score: 4 })

  it.each([
    ['headline: the text under another title', 'headline', { input: body, gold: CANARY }, { ...titled, title: CANARY }],
    ['tag: without the title', 'tag', { input: `Posted there\n\n${body}`, gold: 'sea' }, { text: body }],
    ['tag: under another title', 'tag', { input: `Posted there\n\n${body}`, gold: 'sea' }, titled],
    ['tag: with a title that the query lacks', 'tag', { input: body, gold: 'sea' }, titled],
    ['rating: without the title', 'rating', { input: `Posted there\n\n${body}`, gold: '4' }, { text: body }],
    ['rating: under another title', 'rating', { input: `Posted there\n\n${body}`, gold: '4' }, titled],
    ['prose: the passage', 'prose', { input: 'Before it.', gold: body }, { text: body }],
  ])('of %s', (_case, task, query, copy) => {
    const users = [
      { user_id: 'served', profile: [of('s1'), of('s2')], queries: [{ id: 'q', ...query }] },
      // First and last: of prose the end of a passage stands before the next.
      { user_id: 'other', profile: [{ ...of('o1'), ...copy }, of('o2'), of('o3')], queries: [] },
      { user_id: 'third', profile: [of('t1'), of('t2'), { ...of('t3'), ...copy }], queries: [] },
    ]
    const seen = taught(written({ task, users }))
    for (const innocent of ['o30', 't20']) expect(seen).toContain(innocent)
    for (const leak of [CANARY, 'b0 ', 'b59']) expect(seen).not.toContain(leak)
  })

  it('of prose in another edition: what follows the very text that a query follows', () => {
    const before = words('before')
    const users = [
      { user_id: 'served', profile: [of('s1'), of('s2')], queries: [{ id: 'q', input: before, gold: body }] },
      {
        user_id: 'other',
        profile: [
          { id: 'x', text: before },
          { id: 'y', text: `${body.replace('b0', 'B_0')} ${CANARY}` },
          of('o2'),
          of('o3'),
        ],
        queries: [],
      },
    ]
    const seen = taught(written({ task: 'prose', users }))
    expect(seen).toContain('o30')
    expect(seen).not.toContain(CANARY)
  })
})
