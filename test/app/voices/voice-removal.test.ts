/** A voice that is removed through the app on a tiny model: what goes with it, and what others keep. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { noteLeaving } from '../../../main/app/leaving-files.ts'
import { removeRun } from '../../../main/app/training/run-removal.ts'
import type { Card } from '../../../main/app/voices/card.ts'
import { openStore } from '../../../main/store/store.ts'
import { startFile } from '../../../main/trainer/start.ts'
import type { TrainOptions } from '../../../preload/contract.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'
import { ends, QUICK, type TestApp, writeLedgers } from '../../helpers/training-app.ts'

const root = temporaryFolder()
const data = path.join(root, 'data')
const TITLE = 'Ledger 1 of the quay'
let app: TestApp

const opened = (): Promise<TestApp> => createApp({ dataFolder: data, host: 'terminal' })
const runs = (): string[] => readdirSync(path.join(data, 'runs'))
const voices = (): string[] => readdirSync(path.join(data, 'voices'))

/** Trains to the end. @returns the voice's id, which is its run's */
async function trained(options: TrainOptions): Promise<string> {
  const ended = ends(app)
  await app.handlers['train.start'](options)
  return String((await ended).voice)
}

/** Files of the data folder's runs and voices that hold a piece's title in the clear. */
function telling(): string[] {
  return readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /runs|voices/.test(entry.parentPath))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file, 'utf8').includes(TITLE))
}

let [first, second] = ['', '']

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  const base = path.join(root, 'one.gguf')
  writeTinyModel(base, { seed: 1, context: 512 })
  const writing = writeLedgers(path.join(root, 'writing'))
  app = await opened()
  await app.handlers['models.add']({ request: 'm', file: base, as: 'chat' })
  await app.handlers['library.import']({ request: 'i', paths: [writing] })
  first = await trained({ ...QUICK, name: 'First' })
  second = await trained({ ...QUICK, name: 'Second', from: first })
}, 120_000)
afterAll(() => app.close())

describe('a voice that is removed', () => {
  it('is refused while the run that made it is going on', async () => {
    const { store } = app.context
    const { run } = await app.handlers['train.start']({ ...QUICK, epochs: 100 })
    const found = store.voices.get<Card>(first)
    store.voices.put('copy', { ...found?.card, id: 'copy', run })
    await expect(app.handlers['voices.remove']({ voice: 'copy' })).rejects.toMatchObject({ name: 'RunGoesOn' })
    expect(existsSync(app.training.folderOf(run))).toBe(true)
    await app.handlers['train.cancel']({})
    await app.handlers['voices.remove']({ voice: 'copy' })
    expect(existsSync(app.training.folderOf(run))).toBe(false)
  })

  it('takes its run with it, and leaves a voice that goes on from it its own start', async () => {
    expect(runs()).toEqual([first, second])
    expect(telling().length).toBeGreaterThan(0)
    await app.handlers['voices.remove']({ voice: first })
    expect([runs(), voices()]).toEqual([[second], [`${second}.gguf`]])
    expect(app.context.store.runs.get(first)).toBeNull()
    expect(existsSync(startFile(app.training.folderOf(second)))).toBe(true)
    const learned = await app.handlers['voices.learned']({ voice: second })
    expect(learned.pieces?.length).toBeGreaterThan(0)
  })

  it('leaves nothing of a test that was under way', async () => {
    const third = await trained({ ...QUICK, seed: 3 })
    app.events.on((name, event) => {
      // All is written, and nothing kept yet.
      if (name === 'voices.progress' && 'over' in event && !event.over && event.made === event.of)
        void app.handlers['voices.remove']({ voice: third })
    })
    await expect(app.handlers['voices.samples']({ request: 's', voice: third })).rejects.toMatchObject({
      name: 'UnknownVoice',
    })
    expect(app.context.store.voiceReports.get(third, 'samples')).toBeNull()
  })

  it('is gone after the next start where a kill came before its files were deleted', async () => {
    await app.close()
    const store = await openStore(data)
    store.transaction(() => {
      store.voices.remove(second)
      noteLeaving(store, [path.join('voices', `${second}.gguf`), ...removeRun(store, second)])
    })
    await store.close()
    expect(telling().length).toBeGreaterThan(0)
    app = await opened()
    expect([runs(), voices(), telling()]).toEqual([[], [], []])
  })
})
