import { appendFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readVoiceFile } from '../../../main/adapters/voice-file.ts'
import { createApp } from '../../../main/app/app.ts'
import { removeGivenUp } from '../../../main/app/training/run-removal.ts'
import { learntIn } from '../../../main/app/voices/learnt.ts'
import { sha256OfFile } from '../../../main/catalog/files.ts'
import { readLog, readPlan } from '../../../main/trainer/run-folder.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { randomVoice } from '../../helpers/random-voice.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'
import { ends, LONG, QUICK, reaches, type TestApp, testApps, writeLedgers } from '../../helpers/training-app.ts'

const root = temporaryFolder()
const [one, two] = [path.join(root, 'one.gguf'), path.join(root, 'two.gguf')]
const template = path.join(root, 'template')
/** Apps with two bases, the first in use, and 14 pieces. */
const { start, ready } = testApps(root, template, 'terminal')

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  writeTinyModel(one, { seed: 1, context: 512 })
  writeTinyModel(two, { seed: 2, context: 512 })
  const writing = writeLedgers(path.join(root, 'writing'))
  const app = await createApp({ dataFolder: template, host: 'terminal' })
  for (const file of [one, two]) await app.handlers['models.add']({ request: file, file, as: 'chat' })
  await app.handlers['models.use']({ model: 'one' })
  await app.handlers['library.import']({ request: 'import', paths: [writing] })
  await app.close()
})

describe('a run', () => {
  it('goes from preparing to done, and one at a time', async () => {
    const app = await ready()
    const stages = new Set<string>()
    app.events.on((name, event) => {
      if (name === 'train.state' && 'stage' in event) stages.add(event.stage)
    })
    const end = ends(app)
    const [first, second] = await Promise.allSettled([
      app.handlers['train.start'](QUICK),
      app.handlers['train.start'](QUICK),
    ])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ status: 'rejected', reason: { name: 'AlreadyTraining' } })
    const state = await end
    expect(state).toMatchObject({ stage: 'done', error: null, proving: 1 })
    expect([...stages]).toEqual(['preparing', 'training', 'proving', 'done'])
    expect(state.steps.map(({ step }) => step)).toEqual(Array.from({ length: state.totalSteps }, (_, i) => i + 1))
    const [voice] = await app.handlers['voices.list']({})
    const proof = await app.handlers['voices.proof']({ voice: String(state.voice) })
    expect(voice).toMatchObject({ id: state.voice, active: proof?.won, won: proof?.won })
    expect(readdirSync(path.join(app.context.store.folder, 'runs'))).toHaveLength(1)
    await expect(app.handlers['train.resume']({ run: state.run })).rejects.toThrow(/is done; its voice is/)
  })

  it('is not held up by a pause that comes with its last step', async () => {
    const app = await ready()
    const end = ends(app)
    let paused: Promise<unknown> = Promise.resolve()
    app.events.on((name, event) => {
      if (name === 'train.step' && 'gradNorm' in event && event.step === event.steps)
        paused = app.handlers['train.pause']({})
    })
    await app.handlers['train.start'](QUICK)
    expect((await end).stage).toBe('done')
    expect(await paused).toMatchObject({ stage: 'paused' })
  })

  it('pauses and goes on; what cannot be paused says so', async () => {
    const app = await ready()
    await expect(app.handlers['train.pause']({})).rejects.toThrow(/no run is being trained/)
    const trains = reaches(app, ({ steps }) => steps.length > 0)
    await app.handlers['train.start'](LONG)
    await trains
    expect(await app.handlers['train.pause']({})).toMatchObject({ stage: 'paused' })
    expect((await app.handlers['app.state']({})).training?.stage).toBe('paused')
    expect(await app.handlers['train.continue']({})).toMatchObject({ stage: 'training' })
    expect(await app.handlers['train.cancel']({})).toMatchObject({ stage: 'cancelled' })
    await expect(app.handlers['train.cancel']({})).rejects.toThrow(/no run is going on/)
  })

  it('rests while an answer is computed, says so, and goes on by itself', async () => {
    const app = await ready()
    const trains = reaches(app, ({ steps }) => steps.length > 0)
    await app.handlers['train.start'](LONG)
    await trains
    const order: string[] = []
    const off = app.events.on((name, event) => {
      if (name === 'train.step') order.push('step')
      if (name === 'stream') order.push('word')
      if (name === 'train.state' && 'aside' in event) {
        order.push(event.aside ? 'aside' : 'back')
        if (event.aside) expect(event).toMatchObject({ stage: 'training', message: /Waiting while/ })
      }
    })
    for (const request of ['one', 'two']) {
      await app.handlers['chat.send']({ request, text: 'Hello', voice: null, maxTokens: 24, seed: 1 })
      await new Promise<void>((resolve) => app.events.on((name) => name === 'train.step' && resolve()))
    }
    off()
    await app.handlers['train.cancel']({})
    // From an answer's first word to its end nothing is trained: no step follows a word before training is back.
    const seen = order.join(' ')
    expect(seen).not.toMatch(/word step/)
    expect(seen.match(/aside (step )*(word )+back step/g)).toHaveLength(2)
    expect(order.filter((what) => what === 'aside').length).toBe(order.filter((what) => what === 'back').length)
  })

  it.each(['training', 'the control', 'the proof'])(
    'can be cancelled during %s, and resumed to its end',
    async (when) => {
      const app = await ready()
      const there = reaches(app, ({ stage, message, steps }) => {
        if (when === 'training') return stage === 'training' && steps.length > 0
        return (
          stage === 'proving' && message.startsWith(when === 'the control' ? 'Training a control' : 'Reading pieces')
        )
      })
      const { run } = await app.handlers['train.start'](when === 'training' ? LONG : { ...QUICK, epochs: 4 })
      await there
      const state = await app.handlers['train.cancel']({})
      expect(state).toMatchObject({ run, stage: 'cancelled', voice: null, error: null })
      expect(await app.handlers['voices.list']({})).toEqual([])
      expect(existsSync(path.join(app.training.folderOf(run), 'proof.json'))).toBe(false)
      const end = ends(app)
      await app.handlers['train.resume']({ run })
      if (when === 'training') await app.handlers['train.cancel']({})
      expect(await end).toMatchObject({ stage: when === 'training' ? 'cancelled' : 'done' })
    },
  )

  it('that came to nothing leaves with its texts when the window begins another; a terminal keeps them', async () => {
    const app = await ready()
    const { store } = app.context
    const given: Record<string, string> = {}
    for (const stage of ['cancelled', 'failed', 'interrupted'] as const) {
      const trains = reaches(app, ({ steps }) => steps.length > 0)
      const { run } = await app.handlers['train.start'](LONG)
      await trains
      await app.handlers['train.cancel']({})
      given[stage] = run
      store.runs.setStage(run, stage)
    }
    expect(readdirSync(path.join(store.folder, 'runs'))).toHaveLength(3)
    expect(removeGivenUp(store, 'terminal')).toEqual([])
    const left = removeGivenUp(store, 'browser').map((name) => path.basename(name))
    expect(left.sort()).toEqual([given.cancelled, given.failed].sort())
    expect(store.runs.list().map(({ id }) => id)).toEqual([given.interrupted])
  })

  it('is discarded with what it learnt when its owner says so, but not one that made a voice', async () => {
    const app = await ready()
    const { store } = app.context
    const trains = reaches(app, ({ steps }) => steps.length > 0)
    const { run } = await app.handlers['train.start'](LONG)
    await trains
    await expect(app.handlers['train.discard']({ run })).rejects.toMatchObject({ name: 'RunGoesOn' })
    await app.handlers['train.cancel']({})
    await app.handlers['train.discard']({ run })
    expect(existsSync(app.training.folderOf(run))).toBe(false)
    expect(store.runs.list()).toEqual([])
    expect((await app.handlers['app.state']({})).training).toBe(null)
    await expect(app.handlers['train.discard']({ run })).rejects.toMatchObject({ name: 'UnknownRun' })
    const end = ends(app)
    const made = await app.handlers['train.start'](QUICK)
    await end
    await expect(app.handlers['train.discard']({ run: made.run })).rejects.toMatchObject({ name: 'AlreadyDone' })
  })

  it('that the disk had no room for waits to be gone on with', async () => {
    const app = await ready()
    const end = ends(app)
    const { run } = await app.handlers['train.start'](QUICK)
    // What the proof is written to before its rename cannot be opened.
    const blocked = path.join(app.training.folderOf(run), 'proof.json.idiolect-part')
    mkdirSync(path.join(blocked, 'inside'), { recursive: true })
    expect(await end).toMatchObject({ stage: 'interrupted', error: expect.stringContaining('proof.json') })
    rmSync(blocked, { recursive: true })
    const again = ends(app)
    await app.handlers['train.resume']({ run })
    expect(await again).toMatchObject({ stage: 'done', voice: run })
  })

  it('shows each step once when it goes on from before the last ones', async () => {
    const app = await ready()
    const { run } = await app.handlers['train.start'](LONG)
    await reaches(app, ({ steps }) => steps.length > 0)
    await app.handlers['train.cancel']({})
    // As after a crash: logged, but not in the checkpoint.
    const folder = app.training.folderOf(run)
    const last = readLog(folder).at(-1)
    for (let ahead = 1; ahead <= 3; ahead++)
      appendFileSync(
        path.join(folder, 'log.jsonl'),
        `${JSON.stringify({ ...last, step: Number(last?.step) + ahead })}\n`,
      )
    const further = reaches(app, ({ steps }) => (steps.at(-1)?.step ?? 0) > 0)
    await app.handlers['train.resume']({ run })
    await further
    const { steps } = await app.handlers['train.cancel']({})
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: steps.length }, (_, i) => i + 1))
  })
})

describe('closing the app', () => {
  it('interrupts a run, which the next start finds and resumes', async () => {
    const app = await ready()
    const trains = reaches(app, ({ steps }) => steps.length > 0)
    const { run } = await app.handlers['train.start'](LONG)
    await trains
    await app.close()
    const again = await start(app.context.store.folder)
    expect((await again.handlers['app.state']({})).training).toMatchObject({ run, stage: 'interrupted' })
    expect(await again.handlers['train.resume']({ run })).toMatchObject({ run })
  })

  it('quit from a window goes on by itself at the next start, once', async () => {
    const app = await ready('browser')
    const data = app.context.store.folder
    const trains = reaches(app, ({ stage }) => stage === 'training')
    const { run } = await app.handlers['train.start']({ ...LONG, batch: 1 })
    await trains
    await app.close()
    const terminal = await start(data)
    expect(terminal.training.current()).toMatchObject({ run, stage: 'interrupted' })
    await terminal.close()
    const again = await start(data, 'browser')
    const goesOn = await reaches(again, ({ stage }) => stage === 'training')
    expect(goesOn.run).toBe(run)
    await again.handlers['train.pause']({})
    await again.close()
    // Its owner had paused it: it waits.
    const last = await start(data, 'browser')
    await expect(last.handlers['train.resume']({ run })).resolves.toMatchObject({ run, stage: 'training' })
  })

  it('before a cancelled run has stopped leaves it cancelled', async () => {
    const app = await ready('browser')
    const trains = reaches(app, ({ steps }) => steps.length > 0)
    const { run } = await app.handlers['train.start'](LONG)
    await trains
    const cancelled = app.handlers['train.cancel']({})
    // At once: `close` comes to the run before it has stopped.
    const closed = app.training.close()
    expect(await cancelled).toMatchObject({ run, stage: 'cancelled' })
    await closed
    expect(app.context.store.runs.get(run)?.stage).toBe('cancelled')
  })

  it('while a run is prepared begins none', async () => {
    const app = await ready()
    const starting = app.handlers['train.start'](LONG)
    const refused = expect(starting).rejects.toMatchObject({ name: 'Closing' })
    await app.close()
    await refused
    expect(existsSync(path.join(app.context.store.folder, 'runs'))).toBe(false)
    await expect(app.handlers['train.start'](LONG)).rejects.toMatchObject({ name: 'Closing' })
  })

  it('while an import reads ends it first; what was read stays, and the next import ends it', async () => {
    const app = await start(path.join(root, 'empty'))
    const files = Array.from({ length: 120 }, (_, n): [string, string] => [
      `${n}.md`,
      post({ title: `Piece ${n}` }, prose(n, 300)),
    ])
    const many = writeFiles(path.join(root, 'many'), Object.fromEntries(files))
    const reading = new Promise<void>((resolve) => {
      app.events.on((name, event) => {
        if (name === 'import.progress' && 'done' in event && event.stage === 'reading' && event.done > 4) resolve()
      })
    })
    const refused = expect(app.handlers['library.import']({ request: 'many', paths: [many] })).rejects.toMatchObject({
      name: 'Cancelled',
    })
    await reading
    await app.close()
    await refused
    const again = await start(app.context.store.folder)
    const { documents } = await again.handlers['app.state']({})
    expect(documents).toBeGreaterThan(0)
    expect(documents).toBeLessThan(120)
    const report = await again.handlers['library.import']({ request: 'many', paths: [many] })
    expect([report.documents, report.unchanged]).toEqual([120 - documents, documents])
  })
})

describe('the base of a run', () => {
  it('may be changed for another one meanwhile: the voice is kept for its own base, and the other stays in use', async () => {
    const app = await ready()
    const end = ends(app)
    await app.handlers['train.start'](QUICK)
    expect(await app.handlers['models.use']({ model: 'two' })).toMatchObject({ base: 'two' })
    await expect(app.handlers['models.remove']({ model: 'one' })).rejects.toMatchObject({ name: 'ModelInUse' })
    const state = await end
    expect(state.stage).toBe('done')
    const [voice] = await app.handlers['voices.list']({})
    expect(voice).toMatchObject({ base: 'one', usable: false, active: false })
    const was = await sha256OfFile(one)
    await expect(app.handlers['voices.use']({ voice: String(voice?.id) })).rejects.toThrow(was)
  })

  it('changed while the run is prepared refuses the run, since its tokens are the other base’s', async () => {
    const app = await ready()
    // A chat that takes its turn first, so that the change comes before the preparation.
    const chat = app.handlers['chat.send']({ request: 'c', text: 'Hello', voice: null, maxTokens: 20, seed: 1 })
    const starting = app.handlers['train.start'](QUICK)
    const refused = expect(starting).rejects.toMatchObject({
      name: 'BaseChanged',
      message: expect.stringMatching(/one\.gguf to .*two\.gguf/),
    })
    await app.handlers['models.use']({ model: 'two' })
    await chat
    await refused
    expect(existsSync(path.join(app.context.store.folder, 'runs'))).toBe(false)
    expect((await app.handlers['app.state']({})).base).toBe('two')
  })

  it('is checked by hash before a run goes on', async () => {
    const app = await ready()
    const trains = reaches(app, ({ steps }) => steps.length > 0)
    const { run } = await app.handlers['train.start'](LONG)
    await trains
    await app.handlers['train.cancel']({})
    const [was, other] = [await sha256OfFile(one), await sha256OfFile(two)]
    expect(readPlan(app.training.folderOf(run)).base.sha256).toBe(was)
    renameSync(one, `${one}.away`)
    try {
      await expect(app.handlers['train.resume']({ run })).rejects.toMatchObject({
        name: 'BaseMissing',
        message: expect.stringContaining(was),
      })
      renameSync(two, one)
      await expect(app.handlers['train.resume']({ run })).rejects.toMatchObject({
        name: 'BaseChanged',
        message: expect.stringMatching(new RegExp(`${was}.*${other}`)),
      })
    } finally {
      if (existsSync(one)) renameSync(one, two)
      renameSync(`${one}.away`, one)
    }
    expect((await app.handlers['app.state']({})).training).toMatchObject({ stage: 'cancelled' })
  })

  it('that is unknown, or not here, or wanted with a wrong option is refused, and not put in use', async () => {
    const app = await ready()
    await expect(app.handlers['train.start']({ ...QUICK, base: 'nobody' })).rejects.toMatchObject({
      name: 'UnknownModel',
    })
    await expect(app.handlers['train.start']({ ...QUICK, base: 'smollm2-135m-instruct-q4_1' })).rejects.toMatchObject({
      name: 'NotInstalled',
    })
    await expect(app.handlers['train.start']({ ...QUICK, base: 'two', rank: 0 })).rejects.toMatchObject({
      name: 'BadOption',
    })
    expect((await app.handlers['app.state']({})).base).toBe('one')
  })
})

describe('the control', () => {
  const controlIs = async (app: TestApp, run: string): Promise<string | undefined> =>
    (await app.handlers['voices.proof']({ voice: run }))?.otherIs

  it('is another person’s voice where one was imported', async () => {
    const app = await ready()
    const file = path.join(root, 'another.gguf')
    randomVoice(file, one, { name: 'Jane Doe', extra: { learnt: { tasks: ['headline'], hashes: [] } } })
    await app.handlers['voices.import']({ file })
    const end = ends(app)
    const { run } = await app.handlers['train.start'](QUICK)
    await end
    expect(await controlIs(app, run)).toBe('the imported voice “Jane Doe”')
    expect(existsSync(path.join(app.training.folderOf(run), 'control'))).toBe(false)
  })

  it('is never one’s own voice that was exported and imported again', async () => {
    const app = await ready()
    let end = ends(app)
    const first = await app.handlers['train.start'](QUICK)
    await end
    const file = path.join(root, 'and-back.gguf')
    await app.handlers['voices.export']({ voice: first.run, file })
    await app.handlers['voices.import']({ file })
    expect(await app.handlers['voices.list']({})).toHaveLength(2)
    end = ends(app)
    const second = await app.handlers['train.start']({ ...QUICK, seed: 2 })
    await end
    expect(await controlIs(app, second.run)).toMatch(/^a control voice/)
  })

  it('is never one’s own voice that came back after it was removed here, as on a new machine', async () => {
    const app = await ready()
    let end = ends(app)
    const first = await app.handlers['train.start'](QUICK)
    await end
    const file = path.join(root, 'moved.gguf')
    await app.handlers['voices.export']({ voice: first.run, file })
    await app.handlers['voices.remove']({ voice: first.run })
    // It comes back knowing what it learnt, and of the pieces nothing but what tells them again.
    expect(await app.handlers['voices.import']({ file })).toMatchObject({ tasks: ['headline'], speaks: ['headline'] })
    const { hashes } = learntIn(readVoiceFile(file).extra)
    expect(hashes.length).toBeGreaterThan(7)
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{16}$/)
    end = ends(app)
    const second = await app.handlers['train.start']({ ...QUICK, seed: 2 })
    await end
    expect(await controlIs(app, second.run)).toMatch(/^a control voice/)
  })

  it('is no voice that is not known to have learnt all that the run learns', async () => {
    const app = await ready()
    const imported = async (name: string, tasks?: string[]): Promise<void> => {
      const file = path.join(root, `${name}.gguf`)
      randomVoice(file, one, { name, ...(tasks ? { extra: { learnt: { tasks, hashes: [] } } } : {}) })
      await app.handlers['voices.import']({ file })
    }
    const controlOfNext = async (): Promise<string | undefined> => {
      const end = ends(app)
      const { run } = await app.handlers['train.start']({ ...QUICK, tasks: ['headline', 'prose'] })
      await end
      return controlIs(app, run)
    }
    await imported('Titles', ['headline', 'other'])
    await imported('Says nothing')
    expect(await controlOfNext()).toMatch(/^a control voice/)
    await imported('All', ['headline', 'tag', 'prose'])
    await imported('Taggings', ['tag'])
    expect(await controlOfNext()).toBe('the imported voice “All”')
  })
})
