import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'
import { LONG, reaches, type TestApp, testApps, writeLedgers } from '../../helpers/training-app.ts'

const root = temporaryFolder()
const template = path.join(root, 'template')
const { start, ready } = testApps(root, template, 'browser')

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  const base = path.join(root, 'one.gguf')
  writeTinyModel(base, { seed: 1, context: 512 })
  const writing = writeLedgers(path.join(root, 'writing'))
  const app = await createApp({ dataFolder: template, host: 'terminal' })
  await app.handlers['models.add']({ request: 'm', file: base, as: 'chat' })
  await app.handlers['library.import']({ request: 'i', paths: [writing] })
  await app.close()
}, 120_000)

const queueOf = async (app: TestApp): Promise<[string | undefined, string | null][]> =>
  (await app.handlers['train.queue']({})).map(({ options, error }) => [options.name, error])

describe('queued trainings', () => {
  it('wait on when the app is closed while the first is prepared, and begin at the next start', async () => {
    const app = await ready()
    const learns = reaches(app, ({ steps }) => steps.length > 0)
    await app.handlers['train.start'](LONG)
    await learns
    for (const name of ['A', 'B']) await app.handlers['train.enqueue']({ ...LONG, name })
    // Its end lets A be prepared, and the owner quits at that moment.
    await app.handlers['train.cancel']({})
    await app.close()
    const again = await start(app.context.store.folder)
    const { run } = await reaches(again, ({ stage }) => stage === 'training')
    expect(again.context.store.runs.get(run)?.options.name).toBe('A')
    expect(await queueOf(again)).toEqual([['B', null]])
  })

  it('wait behind a run that was interrupted, until its owner has decided', async () => {
    const app = await ready()
    const learns = reaches(app, ({ steps }) => steps.length > 0)
    const { run } = await app.handlers['train.start'](LONG)
    await learns
    await app.handlers['train.enqueue']({ ...LONG, name: 'A' })
    // Paused: the next start does not go on by itself.
    await app.handlers['train.pause']({})
    await app.close()
    const again = await start(app.context.store.folder)
    await again.training.beginQueued()
    expect(again.training.current()).toMatchObject({ run, stage: 'interrupted' })
    expect(await queueOf(again)).toEqual([['A', null]])
    await again.handlers['train.resume']({ run })
    const next = reaches(again, (state) => state.run !== run && state.stage === 'training')
    await again.handlers['train.cancel']({})
    expect(again.context.store.runs.get((await next).run)?.options.name).toBe('A')
  })

  it('are left alone by a terminal’s command', async () => {
    const app = await ready('terminal')
    await app.handlers['train.enqueue']({ ...LONG, name: 'A' })
    expect(await queueOf(app)).toEqual([['A', null]])
    expect(app.context.store.runs.list()).toEqual([])
  })
})

describe('an older run that was gone on with', () => {
  it('is the last one: interrupted again, it is found by the next start', async () => {
    const app = await ready('terminal')
    const runs: string[] = []
    for (const name of ['old', 'new']) {
      const learns = reaches(app, ({ steps }) => steps.length > 0)
      runs.push((await app.handlers['train.start']({ ...LONG, name })).run)
      await learns
      await app.handlers['train.cancel']({})
    }
    const goes = reaches(app, ({ stage }) => stage === 'training')
    await app.handlers['train.resume']({ run: String(runs[0]) })
    await goes
    await app.close()
    const again = await start(app.context.store.folder, 'terminal')
    expect(again.training.current()).toMatchObject({ run: runs[0], stage: 'interrupted' })
  })
})
