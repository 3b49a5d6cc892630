/** Task adapters through the app on a tiny model: whose texts they take, what lies over them, and what is missed when gone. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readVoiceFile } from '../../../main/adapters/voice-file.ts'
import { createApp } from '../../../main/app/app.ts'
import { voicesFor } from '../../../main/app/voices/voices.ts'
import { readPlan } from '../../../main/trainer/run-folder.ts'
import type { TaskAdapter, TrainingState, TrainOptions } from '../../../preload/contract.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'

const root = temporaryFolder()
const QUICK: TrainOptions = { tasks: ['headline'], epochs: 1, batch: 4, rank: 2, threads: 1 }
type App = Awaited<ReturnType<typeof createApp>>
let app: App
const folders: Record<string, string> = {}

/** Posts whose titles say whose they are. */
function posts(name: string, count: number, from: number, matter: Record<string, string> = {}): string {
  const files = Array.from({ length: count }, (_, n): [string, string] => [
    `${n}.md`,
    post(
      { title: `${name} number ${n}`, date: `2024-03-${String(n + 1).padStart(2, '0')}`, ...matter },
      prose(from + n, 120),
    ),
  ])
  return writeFiles(path.join(root, name), Object.fromEntries(files))
}

/** Runs to its end. */
async function done(start: Promise<TrainingState>): Promise<TrainingState> {
  const { run } = await start
  return new Promise((resolve) => {
    const over = (state: TrainingState | null): void => {
      if (state && ['done', 'failed', 'cancelled', 'interrupted'].includes(state.stage)) resolve(state)
    }
    app.events.on((name, event) => {
      if (name === 'train.state' && 'run' in event && 'proving' in event && event.run === run) over(event)
    })
    over(app.training.current())
  })
}

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  const model = path.join(root, 'one.gguf')
  writeTinyModel(model, { seed: 1, context: 512 })
  folders.own = posts('Own', 12, 0)
  folders.other = posts('Other', 10, 100)
  // A piece of the owner's under another title, somebody else's, and a draft.
  writeFiles(folders.other, {
    'mine.md': post({ title: 'Another title' }, prose(3, 120)),
    'guest.md': post({ title: 'A guest', author: 'Gus Guest' }, prose(300, 120)),
    'draft.md': post({ title: 'A draft', draft: 'true' }, prose(301, 120)),
  })
  app = await createApp({ dataFolder: path.join(root, 'data'), host: 'terminal' })
  await app.handlers['models.add']({ request: 'm', file: model, as: 'chat' })
  await app.handlers['library.import']({ request: 'i', paths: [folders.own] })
}, 120_000)
afterAll(() => app.close())

const other = () => ({ path: String(folders.other), author: 'Otto Other', licence: 'CC0 1.0' })

let made: TaskAdapter

describe('a task adapter', () => {
  it('is trained on other people’s pieces, and says whose; what stands in the library is left out', async () => {
    const state = await done(app.handlers['task.train']({ ...QUICK, sample: false, texts: [other()], name: 'Form' }))
    expect(state).toMatchObject({ stage: 'done', voice: null, taskAdapter: state.run })
    expect(state.note).toMatch(/1 pieces stand in your library.*2 files were left out/)
    const list = await app.handlers['task.list']({})
    expect(list).toHaveLength(1)
    made = list[0] as TaskAdapter
    expect(made).toMatchObject({
      id: state.run,
      name: 'Form',
      usable: true,
      tasks: ['headline'],
      texts: [{ author: 'Otto Other', licence: 'CC0 1.0', pieces: 10 }],
      examples: 9,
      rank: 2,
      voices: [],
    })
    // It is no voice, and nothing was switched on.
    expect(await app.handlers['voices.list']({})).toEqual([])
  }, 240_000)

  it('answers in its tasks where no voice speaks, but for prose, and unless none is asked for', async () => {
    const file = path.join(app.context.store.folder, 'task-adapters', `${made.id}.gguf`)
    const used = (voice?: null) => voicesFor(app.context, voice === null ? { voice } : {}, 1, 'headline')
    expect(used()).toEqual({ id: null, use: { file, scale: 1 } })
    expect(used(null)).toBeNull()
    expect(voicesFor(app.context, {}, 1, 'tag')).toBeNull()
    expect(voicesFor(app.context, {}, 1, 'prose')).toBeNull()
    expect((await app.handlers['app.state']({})).standIns).toEqual({ headline: 'Form' })
    const ask = { request: 'h', text: prose(900, 80), count: 1, seed: 1, maxTokens: 8 }
    const formed = await app.handlers['headline.write'](ask)
    const bare = await app.handlers['headline.write']({ ...ask, voice: null })
    expect([formed.voice, bare.voice]).toEqual([null, null])
    const nll = async (voice?: null): Promise<number> => {
      const asked = { request: 's', task: 'headline' as const, text: prose(900, 80), gold: 'Other number 3' }
      return (await app.handlers.score(voice === null ? { ...asked, voice } : asked)).nll
    }
    // It learnt such titles.
    expect(await nll()).toBeLessThan(await nll(null))
  }, 60_000)

  it('is laid under a voice that is trained over it, in the proof and in use', async () => {
    const state = await done(app.handlers['train.start']({ ...QUICK, taskAdapter: made.id }))
    expect(state.stage).toBe('done')
    const plan = readPlan(app.training.folderOf(state.run))
    expect(plan.under).toMatchObject({ name: 'Form', sha256: made.sha256 })
    expect(readPlan(path.join(app.training.folderOf(state.run), 'control')).under?.sha256).toBe(made.sha256)
    const proof = await app.handlers['voices.proof']({ voice: state.run })
    expect(proof?.scores.task?.nll).toBeGreaterThan(0)
    expect(proof?.gain.overTaskWithRetrieval?.mean).toBeCloseTo(
      proof!.scores.taskWithRetrieval!.nll - proof!.scores.voiceWithRetrieval.nll,
      6,
    )
    expect(proof?.gain.overTask?.mean).toBeCloseTo(proof!.scores.task!.nll - proof!.scores.voice.nll, 6)
    expect(proof?.scores.task?.nll).not.toBeCloseTo(proof!.scores.base.nll, 6)

    const [voice] = await app.handlers['voices.list']({})
    expect(voice).toMatchObject({ usable: true, under: { name: 'Form', sha256: made.sha256 } })
    const id = String(voice?.id)
    const file = (name: string, of: string) => path.join(app.context.store.folder, name, `${of}.gguf`)
    // The strength is the voice's alone.
    expect(voicesFor(app.context, { voice: id, scale: 0.5 }, 1, 'headline')).toEqual({
      id,
      use: [
        { file: file('task-adapters', made.id), scale: 1 },
        { file: file('voices', id), scale: 0.5 },
      ],
    })
    // With several voices over it, it is laid once.
    const several = voicesFor(
      app.context,
      {
        voices: [
          { voice: id, weight: 0.4 },
          { voice: id, weight: 0.2 },
        ],
      },
      1,
      'headline',
    )
    expect([several?.use].flat().map((use) => use?.scale)).toEqual([1, 0.4, 0.2])
    const written = await app.handlers['headline.write']({
      request: 'h',
      text: prose(900, 80),
      voice: id,
      count: 1,
      seed: 1,
      maxTokens: 4,
    })
    expect(written.voice).toBe(id)
    expect((await app.handlers['task.list']({}))[0]?.voices).toEqual([id])
  }, 240_000)

  it('stays under a voice that is gone on from, and not under one without', async () => {
    const [voice] = await app.handlers['voices.list']({})
    const from = { ...QUICK, rank: undefined, from: String(voice?.id) }
    await expect(app.handlers['train.start']({ ...from, taskAdapter: null })).rejects.toMatchObject({
      name: 'BadOption',
      message: expect.stringContaining(made.id),
    })
    await expect(app.handlers['train.start']({ ...QUICK, taskAdapter: 'nobody' })).rejects.toMatchObject({
      name: 'UnknownTaskAdapter',
      message: expect.stringContaining(made.id),
    })
  })

  it('that saw a piece of the library is refused: what is held out would be known to it', async () => {
    await app.handlers['library.import']({ request: 'leak', paths: [path.join(String(folders.other), '7.md')] })
    await expect(app.handlers['train.start']({ ...QUICK, taskAdapter: made.id })).rejects.toMatchObject({
      name: 'TaskAdapterSawYou',
      message: expect.stringContaining('Other number 7'),
    })
    // Nor does it answer by itself then.
    expect((await app.handlers['app.state']({})).standIns).toEqual({})
    expect(voicesFor(app.context, {}, 1, 'headline')).toBeNull()
  })
})

describe('texts', () => {
  it('need an author and a licence; the owner’s own alone are too few', async () => {
    const train = app.handlers['task.train']
    for (const missing of ['author', 'licence'])
      await expect(train({ ...QUICK, sample: false, texts: [{ ...other(), [missing]: ' ' }] })).rejects.toMatchObject({
        name: 'BadOption',
        message: expect.stringContaining(missing),
      })
    const closed = { ...other(), licence: 'CC BY-NC-ND 4.0' }
    await expect(train({ ...QUICK, sample: false, texts: [closed] })).rejects.toMatchObject({
      name: 'LicenceForbids',
      message: expect.stringContaining('CC BY-NC-ND 4.0'),
    })
    const own = { path: String(folders.own), author: 'Me', licence: 'mine' }
    await expect(train({ ...QUICK, sample: false, texts: [own] })).rejects.toMatchObject({
      name: 'TooFewPieces',
      message: expect.stringMatching(/0 pieces.*12 pieces stand in your library/),
    })
    await expect(train({ ...QUICK, ...{ kind: 'ia3' } })).rejects.toMatchObject({ name: 'BadOption' })
    // Nothing was begun.
    expect(existsSync(path.join(app.context.store.folder, 'runs'))).toBe(true)
    expect(app.context.store.runs.list()).toHaveLength(2)
  })
})

describe('a task adapter that is removed', () => {
  it('is refused while a voice is trained over it, and takes its run with it', async () => {
    const { run } = await done(app.handlers['task.train']({ ...QUICK, seed: 5, sample: false, texts: [other()] }))
    const remove = () => app.handlers['task.remove']({ taskAdapter: run })
    const over = await app.handlers['train.start']({ ...QUICK, epochs: 100, taskAdapter: run })
    await expect(remove()).rejects.toMatchObject({ name: 'InUse', next: expect.stringContaining('cancel') })
    await app.handlers['train.cancel']({})
    // Another run comes after it, and yet it can be gone on with.
    app.context.store.runs.setStage(over.run, 'interrupted')
    await app.handlers['train.start']({ ...QUICK, epochs: 100 })
    await app.handlers['train.cancel']({})
    await expect(remove()).rejects.toMatchObject({ name: 'InUse', message: expect.stringContaining(over.run) })
    await app.handlers['train.discard']({ run: over.run })
    await remove()
    expect(existsSync(app.training.folderOf(run))).toBe(false)
    expect(app.context.store.runs.get(run)).toBeNull()
    expect((await app.handlers['task.list']({})).map(({ id }) => id)).not.toContain(run)
  })
})

// Last: closing another app lets go of llama.cpp for the whole process.
describe('a task adapter elsewhere', () => {
  it('is missed by name by a voice that needs it, comes in from a file, and is not removed while it is needed', async () => {
    const [voice] = await app.handlers['voices.list']({})
    const id = String(voice?.id)
    await expect(app.handlers['task.remove']({ taskAdapter: made.id })).rejects.toMatchObject({ name: 'InUse' })
    const exported = path.join(root, 'voice.gguf')
    await app.handlers['voices.export']({ voice: id, file: exported })
    expect(readVoiceFile(exported).extra.under).toMatchObject({ name: 'Form', sha256: made.sha256 })

    const elsewhere = await createApp({ dataFolder: path.join(root, 'elsewhere'), host: 'terminal' })
    try {
      await elsewhere.handlers['models.add']({ request: 'm', file: path.join(root, 'one.gguf'), as: 'chat' })
      const imported = await elsewhere.handlers['voices.import']({ file: exported })
      expect(imported.usable).toBe(false)
      expect(imported.whyNot).toMatch(new RegExp(`Form.*${made.sha256}`))
      const ask = { request: 'h', text: prose(900, 80), voice: imported.id, count: 1, maxTokens: 2 }
      await expect(elsewhere.handlers['headline.write'](ask)).rejects.toMatchObject({ name: 'VoiceMismatch' })
      const task = path.join(root, 'task.gguf')
      await app.handlers['task.export']({ taskAdapter: made.id, file: task })
      const came = await elsewhere.handlers['task.import']({ file: task })
      expect(came).toMatchObject({ name: 'Form', sha256: made.sha256, texts: made.texts, voices: [imported.id] })
      expect((await elsewhere.handlers['task.import']({ file: task })).id).toBe(came.id)
      expect(await elsewhere.handlers['task.list']({})).toHaveLength(1)
      expect((await elsewhere.handlers['voices.list']({}))[0]?.usable).toBe(true)
      // A voice over a task adapter is none itself.
      await expect(elsewhere.handlers['task.import']({ file: exported })).rejects.toMatchObject({
        name: 'BadTaskAdapter',
      })
      await elsewhere.handlers['voices.remove']({ voice: imported.id })
      await elsewhere.handlers['task.remove']({ taskAdapter: came.id })
      expect(await elsewhere.handlers['task.list']({})).toEqual([])
    } finally {
      await elsewhere.close()
    }
  }, 240_000)
})
