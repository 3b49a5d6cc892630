import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { userFolder } from '../../main/lamp/folder.ts'
import type { LampRunOptions } from '../../main/lamp/options.ts'
import { createProfiles } from '../../main/lamp/profiles.ts'
import { readRun } from '../../main/lamp/result.ts'
import { lastItems } from '../../main/lamp/studies/activity.ts'
import type { LampUser } from '../../main/lamp/types.ts'
import { fakeBuilder } from '../evaluation/fake-base.ts'
import { file, NAMES, runFolders, setUpRun } from './fake-run.ts'

const folders = runFolders()
const setUp = (extra: Partial<LampRunOptions> = {}) => setUpRun(folders, extra)
const [ann] = file.users as [LampUser]
const alone = { ...file, notes: [], users: [ann] }

describe('threads', () => {
  const asked = { methods: ['task+voice'], plan: () => ({ epochs: 3, threads: 9 }) }

  it('are those of the run for task adapters and voices alike, whatever settings say', async () => {
    const { run, trained } = setUp()
    await run({ ...asked, threads: 2, settings: { threads: 5 }, taskSettings: { threads: 6 } })
    expect(new Set(trained.map(({ user }) => user))).toEqual(new Set(['task 0', 'task 1', 'task 2', ...NAMES]))
    expect(trained.map(({ settings }) => settings.threads)).toEqual(trained.map(() => 2))
  })

  it('are no part of what a run is: rows of a machine with others stay', async () => {
    await setUp().run({ ...asked, threads: 1 })
    const before = readRun(folders.out)
    const again = setUp()
    const more = { threads: 2, settings: { threads: 3 }, taskSettings: { threads: 4 }, overSettings: { threads: 5 } }
    await again.run({ ...asked, ...more, methods: ['base'] })
    expect(again.trained).toEqual([])
    expect(readRun(folders.out)).toMatchObject({ config: before?.config, methods: ['task+voice', 'base'] })
  })
})

describe('a file of one user', () => {
  it('gets the table without the rows that need others, with a word', async () => {
    const { run, notes } = setUp({ file: alone })
    const { users } = await run({ methods: ['table'] })
    const names = Object.keys(users.ann?.methods ?? {})
    expect(names).toContain('profile+retrieval+voice')
    expect(names.filter((name) => /task|other/.test(name))).toEqual([])
    expect(notes.filter(({ stage }) => stage === 'note').map(({ message }) => message)).toEqual([
      expect.stringMatching(/^task, .*other.*: left out, for they need other users and there is one$/),
    ])
    expect(Object.keys((await run({})).users.ann?.methods ?? {})).not.toContain('other')
  })

  it.each(['other', 'task', 'task+voice'])('is refused %s, where it was named', async (name) => {
    const { run } = setUp({ file: alone })
    await expect(run({ methods: ['table', name] })).rejects.toMatchObject({ name: 'TooFewUsers' })
  })
})

it('a shard of nobody writes nothing, and is no error', async () => {
  const { run } = setUp({ file: alone })
  const asked = { methods: ['base'], generate: true, shard: { index: 1, of: 2 } }
  expect(await run(asked)).toEqual({ users: {} })
  expect(readRun(folders.out)).toMatchObject({ users: [] })
})

describe('passes at most', () => {
  const passes = async (mostPasses?: number) => {
    const { run, trained } = setUp({ users: ['ann'], methods: ['voice'], settings: { epochs: 5 } })
    await run({ mostPasses })
    return trained.map(({ examples, settings }) => [examples, settings.epochs])
  }

  it.each([
    [undefined, [[3, 5]]],
    [100, [[3, 5]]],
    [8, [[3, 2]]],
    [2, [[2, 1]]],
  ])('%s: fewer epochs, then fewer pieces', async (most, expected) => {
    expect(await passes(most)).toEqual(expected)
  })

  it('make no example, and search for none, beyond those that are learnt', async () => {
    const made: string[] = []
    const builder: typeof fakeBuilder = {
      example(query, retrieved, options) {
        if (query.document.startsWith('ann ') && !query.document.includes('q')) made.push(query.document)
        return fakeBuilder.example(query, retrieved, options)
      },
    }
    const { run, trained } = setUp({ users: ['ann'], methods: ['voice'], builder })
    await run({ mostPasses: 2 })
    expect(made).toEqual(['ann 2', 'ann 3'])
    expect(trained).toMatchObject([{ examples: 2 }])
  })
})

describe('training prompts', () => {
  it.each(['headline', 'prose'] as const)('are those of the product for %s, unless they are said', async (task) => {
    const users = file.users.map((user) => ({ ...user, task }))
    const { run } = setUp({ file: { ...file, task, users }, methods: ['base'] })
    await run()
    expect(readRun(folders.out)?.settings.trainPrompts).toBe(task === 'prose' ? 'plain' : 'mixed')
    await run({ trainPrompts: 'same' })
    expect(readRun(folders.out)?.settings.trainPrompts).toBe('same')
  })
})

it('a user whose history was cut has another profile than with all of it, in one run and on disk', async () => {
  const options = setUp().options
  const whole = {
    ...ann,
    profile: ann.profile.map((item, n) => ({ ...item, answer: 'some words '.repeat(9 - 4 * n) })),
  }
  const made = () => createProfiles(options, { seed: 1, baseSha256: 'x', base: async () => options.base })
  const profiles = made()
  const texts = [await profiles.of(whole), await profiles.of(lastItems(whole, 1)), await profiles.of(whole)]
  expect(texts[1]).not.toBe(texts[0])
  expect(texts[2]).toBe(texts[0])
  expect(readdirSync(path.join(userFolder(folders.out, 'ann')))).toHaveLength(2)
  expect(await made().of(whole)).toBe(texts[0])
})
