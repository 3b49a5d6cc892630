import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashOf } from '../../main/hash.ts'
import { userFolder } from '../../main/lamp/folder.ts'
import { LAMP_SETTINGS, type LampRunOptions, type TrainVoice } from '../../main/lamp/options.ts'
import { readRun, readUser } from '../../main/lamp/result.ts'
import type { LampFile } from '../../main/lamp/types.ts'
import { file, NAMES, runFolders, setUpRun } from './fake-run.ts'

const folders = runFolders()
const setUp = (extra: Partial<LampRunOptions> = {}) => setUpRun(folders, extra)

describe('a LaMP run', () => {
  it('gives every method for every user in one shape', async () => {
    const { run, trained, notes } = setUp()
    const { users } = await run()
    expect(Object.keys(users)).toEqual(NAMES)
    // G0 to G9 and the end token are 3, G10 is 4.
    const counted = { tokens: 34, queries: 11 }
    for (const id of NAMES) {
      const { methods, training } = users[id] as (typeof users)[string]
      expect(methods.base).toMatchObject({ nll: expect.closeTo(4, 10), ...counted })
      expect(methods.retrieval).toMatchObject({ nll: expect.closeTo(3.75, 10), ...counted })
      expect(methods.voice).toMatchObject({ nll: expect.closeTo(3, 10), ...counted })
      expect(methods['voice+retrieval']).toMatchObject({ nll: expect.closeTo(2.75, 10), ...counted })
      const voices = Object.fromEntries(
        NAMES.filter((name) => name !== id).map((name) => [name, expect.closeTo(3.5, 10)]),
      )
      expect(methods.other).toMatchObject({ nll: expect.closeTo(3.5, 10), ...counted, voices })
      expect(training).toEqual({ tokens: 90, seconds: 3, tokensPerSecond: 30, peakMemoryBytes: 5 })
    }
    expect(trained.map(({ user }) => user)).toEqual(NAMES)
    expect(trained[0]).toMatchObject({ examples: 3, validation: 0, settings: LAMP_SETTINGS, resume: false })
    expect(notes[0]).toEqual({ user: null, stage: 'note', message: 'ann: a note' })
  })

  it('keeps users apart on disk whose names differ in signs or case', () => {
    const made = NAMES.concat('bob-x-y', '..').map((id) => userFolder(folders.out, id).toLowerCase())
    expect(new Set(made).size).toBe(5)
    for (const one of made) expect(path.dirname(one)).toBe(folders.out.toLowerCase())
  })

  it('keeps users apart whose ids have six digits of a hash in common, and takes up folders of when that was all', async () => {
    const [one, two] = ['作者棋一', '作者矈一'] as [string, string]
    const early = (id: string) => path.join(folders.out, `--${hashOf([id]).slice(0, 6)}`)
    expect(early(one)).toBe(early(two))
    const users = [one, two].map((id) => ({ ...(file.users[0] as LampFile['users'][number]), id }))
    await setUp({ file: { ...file, users } }).run({ methods: ['base', 'voice'], queries: 1 })
    const config = readRun(folders.out)?.config ?? ''
    for (const id of [one, two]) {
      const folder = userFolder(folders.out, id)
      expect(readUser(folder, config, id)?.user).toBe(id)
      expect(() => readUser(folder, config, 'bob')).toThrow('not of "bob"')
    }
    renameSync(userFolder(folders.out, one), early(one))
    expect(userFolder(folders.out, one)).toBe(early(one))
    expect(path.basename(userFolder(folders.out, two))).toMatch(/-\w{16}$/)
    const again = setUp({ file: { ...file, users } })
    await again.run({ methods: ['base', 'voice'], queries: 1 })
    expect(again.base.scored).toEqual([])
    expect(again.trained).toEqual([])
    // Both users' adapters in one folder: whose the scores are, nobody knows.
    renameSync(path.join(userFolder(folders.out, two), 'voice'), path.join(early(one), 'task-voice'))
    expect(userFolder(folders.out, one)).not.toBe(early(one))
  })

  it('leaves out, with a word, who has nothing to score, unless it was named', async () => {
    const [first, ...rest] = file.users as [LampFile['users'][number], ...LampFile['users']]
    const nobody = { ...first, id: 'nobody', queries: [] }
    const blank = { ...first, id: 'blank', profile: [] }
    const { run, notes } = setUp({ file: { ...file, notes: [], users: [first, nobody, blank, ...rest] } })
    const { users } = await run({ methods: ['base', 'voice'] })
    expect(Object.keys(users)).toEqual(NAMES)
    expect(notes.filter(({ stage }) => stage === 'note')).toEqual(
      ['nobody has 0 usable queries and 3', 'blank has 11 usable queries and 0'].map((start) => ({
        user: null,
        stage: 'note',
        message: `${start} usable items of history: left out`,
      })),
    )
    // Without a voice no history is needed.
    expect(Object.keys((await run({ methods: ['base'] })).users)).toEqual(['ann', 'blank', 'Ann', 'bob:x/y'])
    await expect(run({ users: ['ann', 'nobody'] })).rejects.toMatchObject({ name: 'NothingToScore' })
  })

  it('takes the users, methods, queries, cut and settings asked for', async () => {
    const { run, base, trained } = setUp()
    const asked = { users: ['ann'], methods: ['base', 'voice'], queries: 2, maxInput: 6 }
    const { users } = await run({ ...asked, settings: { lr: 0.5, epochs: undefined }, seed: 7 })
    expect(users).toEqual({
      ann: { methods: { base: expect.anything(), voice: expect.anything() }, training: expect.anything() },
    })
    expect(base.scored).toEqual(['base: ann as>', 'base: ann as>', 'ann: ann as>', 'ann: ann as>'])
    expect(trained[0]?.settings).toEqual({ ...LAMP_SETTINGS, lr: 0.5, seed: 7 })
  })

  it('trains nothing for methods without a voice', async () => {
    const { run, trained } = setUp()
    const { users } = await run({ users: ['ann'], methods: ['base', 'retrieval'] })
    expect(users.ann?.training).toBeNull()
    expect(trained).toEqual([])
  })

  it('writes answers when asked: the first line that says something, with ROUGE', async () => {
    const { run, base } = setUp()
    const { users } = await run({
      users: ['ann', 'Ann'],
      queries: 2,
      methods: ['base', 'other'],
      generate: ['base', 'other'],
    })
    expect(users.ann?.methods.base).toMatchObject({
      rouge1: 0,
      rougeL: 0,
      texts: [
        { query: 'ann q0', gold: 'G0', text: 'base says', voice: null },
        { query: 'ann q1', gold: 'G1', text: 'base says', voice: null },
      ],
    })
    expect(users.ann?.methods.other?.texts?.[0]).toEqual({
      query: 'ann q0',
      gold: 'G0',
      text: 'Ann says',
      voice: 'Ann',
    })
    const before = base.generated.length
    // Of the base four, of "other" two voices' for each of four queries.
    expect(before).toBe(12)
    await run({ users: ['ann', 'Ann'], queries: 2, methods: ['base', 'other'], generate: ['base', 'other'] })
    expect(base.generated.length).toBe(before)
  })
})

describe('taking up a run', () => {
  it('does nothing again that is done, and only what is new', async () => {
    const first = setUp()
    const whole = await first.run({ queries: 5 })
    const again = setUp()
    expect(await again.run({ queries: 5 })).toEqual(whole)
    expect(again.base.scored).toEqual([])
    expect(again.trained).toEqual([])
    await again.run({ queries: 6, methods: ['base'] })
    expect(again.base.scored).toEqual(NAMES.map((name) => `base: ${name} asks 5>`))
  })

  it('goes on after a kill in the middle of a line', async () => {
    const first = setUp()
    const whole = await first.run()
    const scores = path.join(userFolder(folders.out, 'ann'), 'scores.jsonl')
    truncateSync(scores, readFileSync(scores).length - 20)
    const again = setUp()
    expect(await again.run()).toEqual(whole)
    expect(again.base.scored).toHaveLength(1)
    const third = setUp()
    expect(await third.run()).toEqual(whole)
    expect(third.base.scored).toEqual([])
  })

  it('goes on after a kill in training, and trains anew for other settings', async () => {
    const first = setUp()
    const dying: TrainVoice = async (_examples, _validation, _settings, runFolder) => {
      mkdirSync(runFolder, { recursive: true })
      writeFileSync(path.join(runFolder, 'checkpoint'), 'half')
      throw new Error('killed')
    }
    await expect(first.run({ train: dying })).rejects.toThrow('killed')
    const second = setUp()
    await second.run({ users: ['ann'], methods: ['voice'] })
    expect(second.trained).toMatchObject([{ user: 'ann', resume: true }])
    const checkpoint = path.join(userFolder(folders.out, 'ann'), 'voice', 'run', 'checkpoint')
    expect(existsSync(checkpoint)).toBe(true)
    const third = setUp()
    await third.run({ users: ['ann'], methods: ['voice'], threads: 2 })
    expect(third.trained).toEqual([])
    await third.run({ users: ['ann'], methods: ['voice'], settings: { lr: 0.1 } })
    expect(third.trained).toMatchObject([{ user: 'ann', resume: false }])
    expect(existsSync(checkpoint)).toBe(false)
  })

  it('does not trust a voice file that has changed, and scores anew under another voice or base', async () => {
    const first = setUp()
    await first.run({ users: ['ann'], methods: ['base', 'voice'], queries: 1 })
    writeFileSync(path.join(userFolder(folders.out, 'ann'), 'voice', 'run', 'voice.gguf'), 'tampered')
    const second = setUp()
    await second.run({ users: ['ann'], methods: ['base', 'voice'], queries: 1 })
    expect(second.trained).toHaveLength(1)
    expect(second.base.scored).toEqual([])
    writeFileSync(path.join(folders.folder, 'base.gguf'), 'another base')
    const third = setUp()
    await third.run({ users: ['ann'], methods: ['base', 'voice'], queries: 1 })
    expect(third.base.scored).toEqual(['base: ann asks 0>', 'ann: ann asks 0>'])
    expect(third.trained).toHaveLength(1)
  })

  it('keeps what was scored before an abort', async () => {
    const abort = new AbortController()
    const { run } = setUp({ methods: ['base'], users: ['ann'], signal: abort.signal })
    await expect(
      run({ onProgress: () => abort.abort(new Error('enough')), file: { ...file, notes: [] } }),
    ).rejects.toThrow('enough')
    const again = setUp()
    await again.run({ methods: ['base'], users: ['ann'] })
    expect(again.base.scored).toHaveLength(3)
  })

  it('of other settings leaves the rows of the first out, and says so', async () => {
    const rows = () =>
      readUser(userFolder(folders.out, 'ann'), readRun(folders.out)?.config ?? '', 'ann')?.methods ?? {}
    await setUp().run({ methods: ['base'], queries: 3 })
    const { run, notes } = setUp()
    await run({ methods: ['voice'], queries: 2, folds: 2 })
    expect(Object.keys(rows())).toEqual(['voice'])
    const said = notes.map(({ message }) => message).filter((message) => message.includes('another run'))
    expect(said).toEqual([
      expect.stringContaining('has rows of another run (other queries, folds): they leave its table'),
    ])
    await run({ methods: ['base'], queries: 2, folds: 2 })
    expect(Object.keys(rows())).toEqual(['voice', 'base'])
    expect(notes.filter(({ message }) => message.includes('another run'))).toHaveLength(1)
  })

  it('knows other people’s task adapter by what they wrote, not by the name of their file', async () => {
    const taskFile = (text: string, name: string): LampFile => ({
      ...file,
      file: name,
      users: [{ ...(file.users[0] as LampFile['users'][number]), id: text }],
    })
    const configOf = async (named: LampFile) => {
      await setUp().run({ methods: ['base'], taskFile: named })
      return readRun(folders.out)?.config
    }
    const first = await configOf(taskFile('cem', 'a/others.json'))
    expect(readRun(folders.out)?.taskFile).toBe('others.json')
    expect(await configOf(taskFile('dan', 'a/others.json'))).not.toBe(first)
    expect(await configOf(taskFile('cem', 'b/moved.json'))).toBe(first)
  })

  it('leaves no drafts behind', async () => {
    await setUp().run()
    const folder = userFolder(folders.out, 'ann')
    expect(readdirSync(folder).sort()).toEqual([
      expect.stringMatching(/^profile-\w{12}\.json$/),
      'result.json',
      'scores.jsonl',
      'times.jsonl',
      'voice',
    ])
    expect(readdirSync(path.join(folder, 'voice')).sort()).toEqual(['run', 'training.json', 'voice.json'])
  })
})

describe('what cannot be run', () => {
  it.each<[string, Partial<LampRunOptions>, string, string]>([
    ['an unknown user', { users: ['ann', 'eve'] }, 'UnknownUser', 'made.json has no user "eve"'],
    ['an unknown method', { methods: ['base', 'magic'] }, 'UnknownMethod', 'There is no method "magic"'],
    [
      'other in a file of one user',
      { file: { ...file, users: file.users.slice(0, 1) }, methods: ['other'] },
      'TooFewUsers',
      'made.json has 1 (ann)',
    ],
    ['no queries', { queries: 0 }, 'NothingToScore', 'ann has 0 usable queries and 3 usable items of history'],
  ])('%s is said before anything is done', async (_case, options, name, words) => {
    const { run } = setUp()
    await expect(run(options)).rejects.toMatchObject({ name, message: expect.stringContaining(words) })
    expect(existsSync(folders.out)).toBe(false)
  })

  it('a folder in which another run is going on is left to it, and free again when that has ended', async () => {
    const first = setUp()
    let second: unknown = null
    const train: TrainVoice = async (...asked) => {
      second ??= await setUp({ methods: ['base'] })
        .run()
        .catch((error: unknown) => error)
      return first.train(...asked)
    }
    await first.run({ users: ['ann'], methods: ['voice'], train })
    expect(second).toMatchObject({
      name: 'OutFolderBusy',
      message: expect.stringContaining(`${folders.out} is in use by process ${process.pid}`),
    })
    expect(readRun(folders.out)?.users).toEqual(['ann'])
    await setUp({ methods: ['base'] }).run()
    expect(readRun(folders.out)?.users).toEqual(['ann', 'Ann', 'bob:x/y'])
  })

  it('a folder with a run of someone else is left alone', async () => {
    const foreign = path.join(userFolder(folders.out, 'ann'), 'voice', 'run')
    mkdirSync(foreign, { recursive: true })
    appendFileSync(path.join(foreign, 'thesis.txt'), 'mine')
    await expect(setUp().run()).rejects.toMatchObject({ name: 'OutFolderInUse' })
    expect(readFileSync(path.join(foreign, 'thesis.txt'), 'utf8')).toBe('mine')
  })

  it('an out folder that is a file is named', async () => {
    writeFileSync(folders.out, '')
    await expect(setUp().run()).rejects.toMatchObject({
      name: 'CannotWrite',
      message: expect.stringContaining(folders.out),
    })
  })
})
