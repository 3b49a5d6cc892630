import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { userFolder } from '../../main/lamp/folder.ts'
import { decodingOf, withTexts } from '../../main/lamp/generate.ts'
import type { LampRunOptions } from '../../main/lamp/options.ts'
import { readRun, readUser } from '../../main/lamp/result.ts'
import { file, runFolders, setUpRun } from './fake-run.ts'

const folders = runFolders()
const setUp = (extra: Partial<LampRunOptions> = {}) =>
  setUpRun(folders, { users: ['ann', 'Ann'], queries: 2, methods: ['base', 'voice', 'other'], ...extra })
const kept = () => readUser(userFolder(folders.out, 'ann'), readRun(folders.out)?.config ?? '')?.methods ?? {}
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
    const [x, y] = withTexts(voices, [
      [text('x', 'q0'), text('x', 'q1')],
      [text('y', 'q0'), null],
    ])
    expect([x, y].map((one) => one?.scores.map(({ rouge1 }) => rouge1))).toEqual([
      [1, undefined],
      [1, undefined],
    ])
    expect(x?.texts).toHaveLength(1)
    expect(withTexts(voices, [])[0]).toEqual({ voice: 'x', scores, texts: [] })
  })

  it('are none where a label is chosen', async () => {
    expect(decodingOf('tag', null)).toBeNull()
    const users = file.users.map((user) => ({ ...user, task: 'tag' as const }))
    const { run, base } = setUp({ file: { ...file, task: 'tag', users }, methods: ['base'] })
    await run({ generate: true })
    expect(base.generated).toEqual([])
  })
})
