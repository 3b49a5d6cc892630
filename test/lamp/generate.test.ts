import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TaskName } from '../../main/examples/types.ts'
import { userFolder } from '../../main/lamp/folder.ts'
import { decodingOf, withTexts } from '../../main/lamp/generate.ts'
import { judgeWritten } from '../../main/lamp/labels.ts'
import type { LampRunOptions } from '../../main/lamp/options.ts'
import { readRun, readUser } from '../../main/lamp/result.ts'
import { readTable } from '../../main/lamp/table.ts'
import { file, runFolders, setUpRun } from './fake-run.ts'

const folders = runFolders()
const setUp = (extra: Partial<LampRunOptions> = {}) =>
  setUpRun(folders, { users: ['ann', 'Ann'], queries: 2, methods: ['base', 'voice', 'other'], ...extra })
const kept = () => readUser(userFolder(folders.out, 'ann'), readRun(folders.out)?.config ?? '', 'ann')?.methods ?? {}
const withRouge = () =>
  Object.entries(kept()).flatMap(([name, { rougeL, texts }]) => (rougeL !== undefined && texts ? [name] : []))

describe('answers', () => {
  it("are written under all methods but others' voices, unless they are named", async () => {
    const { users } = await setUp().run({ generate: true })
    expect(users.ann?.methods.base?.texts).toHaveLength(2)
    expect(users.ann?.methods.other?.texts).toBeUndefined()
    expect(withRouge()).toEqual(['base', 'voice'])
  })

  it('come later to a finished run, which is not scored anew, and stay when others are asked for', async () => {
    await setUp().run()
    const before = kept()
    expect(withRouge()).toEqual([])
    const second = setUp()
    await second.run({ generate: ['voice'] })
    expect(second.trained).toEqual([])
    // Read anew for the text, and not kept again.
    expect(second.base.scored).toEqual(second.base.generated.map((prompt) => expect.stringContaining(prompt)))
    const lines = readFileSync(path.join(userFolder(folders.out, 'ann'), 'scores.jsonl'), 'utf8').split('\n')
    expect(new Set(lines).size).toBe(lines.length)
    expect(kept().voice?.nll).toBe(before.voice?.nll)
    expect(withRouge()).toEqual(['voice'])
    expect(kept().other).toEqual(before.other)
    const third = setUp()
    await third.run({ generate: ['other'], methods: ['other'] })
    expect(withRouge()).toEqual(['voice', 'other'])
    const last = setUp()
    await last.run()
    expect(withRouge()).toEqual(['voice', 'other'])
    expect([last.base.scored, last.base.generated]).toEqual([[], []])
  })

  it('of some queries count for these alone', async () => {
    await setUp({ methods: ['base'], queries: 1 }).run({ generate: true })
    await setUp({ methods: ['base'] }).run()
    expect(kept().base).toMatchObject({ queries: 2, rougeL: 0, texts: [{ query: 'ann q0' }] })
    expect(kept().base?.scores.map(({ rougeL }) => rougeL)).toEqual([0, undefined])
  })

  it('of a mean count where every voice has answered', () => {
    const text = (voice: string, query: string) => ({ query, gold: 'a b', text: 'a b', voice })
    const scores = ['q0', 'q1'].map((query) => ({ query, tokens: 1, nll: 1 }))
    const voices = ['x', 'y'].map((voice) => ({ voice, scores }))
    const judge = () => ({ rouge1: 1 })
    const both = [
      [text('x', 'q0'), text('x', 'q1')],
      [text('y', 'q0'), null],
    ]
    const [x, y] = withTexts(voices, both, judge)
    expect([x, y].map((one) => one?.scores.map(({ rouge1 }) => rouge1))).toEqual([
      [1, undefined],
      [1, undefined],
    ])
    expect(x?.texts).toHaveLength(1)
    expect(withTexts(voices, [], judge)[0]).toEqual({ voice: 'x', scores, texts: [] })
  })

  it('are tags that are right as they stand, beside those that are ranked, which stay as they were', async () => {
    const golds = ['base says', 'Base says']
    const users = file.users.map((user) => ({
      ...user,
      task: 'tag' as const,
      queries: user.queries.map((query, n) => ({ ...query, gold: golds[n] ?? 'T1', golds: [golds[n] ?? 'T1', 'T9'] })),
    }))
    const tags = { file: { ...file, task: 'tag' as const, users }, methods: ['base'] }
    await setUp(tags).run()
    const ranked = kept().base
    const second = setUp(tags)
    await second.run({ generate: true })
    // One line of text alone: the labels were ranked before.
    expect(second.base.generated).toEqual(['ann asks 0>', 'ann asks 1>', 'Ann asks 0>', 'Ann asks 1>'])
    expect(kept().base).toMatchObject({ accuracy: ranked?.accuracy, nll: ranked?.nll, writtenAccuracy: 0.5 })
    expect(kept().base?.texts?.map(({ text }) => text)).toEqual(['base says', 'base says'])
    expect(kept().base?.scores.map(({ writtenCorrect }) => writtenCorrect)).toEqual([1, 0])
    const shown = readTable([folders.out]).rows[0]?.metrics
    expect(shown?.writtenAccuracy?.value).toBe(0.5)
    expect(shown?.rouge1).toBeUndefined()
  })

  it('are scores, or count as the further of 1 and 5 where they are none', async () => {
    const golds = ['5', '2']
    const users = file.users.map((user) => ({
      ...user,
      task: 'rate' as const,
      queries: user.queries.map((query, n) => ({ ...query, gold: golds[n] ?? '3' })),
    }))
    await setUp({ file: { ...file, task: 'rate', users }, methods: ['base'] }).run({ generate: true })
    expect(kept().base).toMatchObject({ writtenAccuracy: 0, writtenMae: 3.5, writtenRmse: Math.sqrt(12.5) })
    const shown = readTable([folders.out]).rows[0]?.metrics
    expect(shown?.writtenMae?.value).toBe(3.5)
    expect(shown?.writtenRmse?.value).toBeCloseTo(Math.sqrt(12.5), 12)
  })

  it.each([
    ['tag', 'sea', { gold: 'sea' }, { writtenCorrect: 1 }],
    ['tag', ' sea\n', { gold: 'tea', golds: ['tea', 'sea'] }, { writtenCorrect: 1 }],
    ['tag', 'the sea', { gold: 'sea' }, { writtenCorrect: 0 }],
    ['rate', '4', { gold: '4' }, { writtenCorrect: 1, writtenError: 0, writtenSquared: 0 }],
    ['rate', '2.0', { gold: '4' }, { writtenCorrect: 0, writtenError: 2, writtenSquared: 4 }],
    ['rate', 'good', { gold: '4' }, { writtenCorrect: 0, writtenError: 3, writtenSquared: 9 }],
  ] as const)('of %s: %j for %j', (task, text, right, worth) => {
    expect(judgeWritten(task, text, right)).toEqual(worth)
  })

  it('are one line, but for tweets and prose', () => {
    const oneLine = (task: TaskName, benchmark: string | null) => decodingOf(task, benchmark).oneLine
    expect([oneLine('tag', 'LaMP-1'), oneLine('rate', null), oneLine('headline', 'LaMP-4')]).toEqual([true, true, true])
    expect([oneLine('headline', 'LaMP-7'), oneLine('prose', null)]).toEqual([false, false])
  })
})
