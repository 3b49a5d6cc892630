/** A voice trained again on the base that is in use now: with what was asked for then, and no more. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { againOn } from '../../../main/app/training/retrain.ts'
import { readPlan } from '../../../main/trainer/run-folder.ts'
import type { TrainingState, TrainOptions, Voice } from '../../../preload/contract.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'

const card = (more: Partial<Voice> = {}) => ({
  name: 'Essays',
  base: 'one',
  run: null,
  rank: 4,
  alpha: 8,
  targets: ['q', 'v'],
  tasks: ['headline', 'voice'] as Voice['tasks'],
  ...more,
})

describe('what is asked for again', () => {
  it('is what was asked for then, without what only the old base can give', () => {
    const asked: TrainOptions = { tasks: ['headline'], rank: 2, lr: 0.001, epochs: 3, seed: 7, threads: 1, name: 'Old' }
    const bound: TrainOptions = { ...asked, base: 'one', from: 'v1', taskAdapter: 't1' }
    expect(againOn('Two', card(), bound)).toEqual({ ...asked, name: 'Essays (Two)' })
    // The record of the old run is left as it was.
    expect(bound).toMatchObject({ base: 'one', from: 'v1', taskAdapter: 't1', name: 'Old' })
  })

  it('is, of an imported voice, its form and its tasks', () => {
    expect(againOn('Two', card(), null)).toEqual({
      rank: 4,
      alpha: 8,
      targets: ['q', 'v'],
      tasks: ['headline', 'voice'],
      name: 'Essays (Two)',
    })
    expect(againOn('Two', card({ rslora: true, kind: 'lora' }), null)).toMatchObject({ rank: 4, rslora: true })
    // To learn nothing would be refused.
    expect(againOn('Two', card({ tasks: [] }), null)).not.toHaveProperty('tasks')
    // Other kinds have no rank.
    expect(againOn('Two', card({ kind: 'ia3', rank: 0, alpha: 0 }), null)).toEqual({
      kind: 'ia3',
      tasks: ['headline', 'voice'],
      name: 'Essays (Two)',
    })
  })

  it('bears a name that is no longer than a name may be', () => {
    const { name = '' } = againOn('Two', card({ name: 'n'.repeat(120) }), null)
    expect(name).toHaveLength(120)
  })
})

describe('through the app', () => {
  const root = temporaryFolder()
  const QUICK: TrainOptions = { tasks: ['headline'], epochs: 1, batch: 4, rank: 2, threads: 1, seed: 5, name: 'Essays' }
  let app: Awaited<ReturnType<typeof createApp>>

  async function done(start: Promise<TrainingState>): Promise<TrainingState> {
    const { run } = await start
    const now = () => app.training.current()
    await expect.poll(() => now()?.run === run && now()?.stage, { timeout: 60_000 }).toMatch(/done|failed/)
    return now() as TrainingState
  }

  beforeAll(async () => {
    process.env.IDIOLECT_MODELS = path.join(root, 'models')
    const files = Array.from({ length: 12 }, (_, n): [string, string] => [
      `${n}.md`,
      post({ title: `Ledger ${n}`, date: `2024-02-${String(n + 1).padStart(2, '0')}` }, prose(n, 100)),
    ])
    app = await createApp({ dataFolder: path.join(root, 'data'), host: 'terminal' })
    for (const [n, name] of ['one', 'two'].entries()) {
      const file = path.join(root, `${name}.gguf`)
      writeTinyModel(file, { seed: n + 1, context: 512 })
      await app.handlers['models.add']({ request: name, file, as: 'chat' })
    }
    await app.handlers['models.use']({ model: 'one' })
    const writing = writeFiles(path.join(root, 'writing'), Object.fromEntries(files))
    await app.handlers['library.import']({ request: 'i', paths: [writing] })
  }, 120_000)
  afterAll(() => app.close())

  it('the same training runs on the other base, and the old voice stays as it is', async () => {
    const first = await done(app.handlers['train.start'](QUICK))
    expect(first.stage).toBe('done')
    const old = path.join(root, 'data', 'voices', `${first.run}.gguf`)
    const bytes = readFileSync(old)
    await app.handlers['models.use']({ model: 'two' })
    const again = await done(app.handlers['models.retrain']({ voice: first.run }))
    expect(again.stage).toBe('done')
    const voices = await app.handlers['voices.list']({})
    expect(voices.find(({ run }) => run === again.run)).toMatchObject({
      name: 'Essays (two)',
      base: 'two',
      rank: 2,
      tasks: ['headline'],
      usable: true,
    })
    expect(voices.find(({ run }) => run === first.run)).toMatchObject({ name: 'Essays', base: 'one', usable: false })
    expect(readFileSync(old).equals(bytes)).toBe(true)
    const plan = (run: string) => readPlan(path.join(root, 'data', 'runs', run)).settings
    expect(plan(again.run)).toEqual(plan(first.run))
  }, 120_000)

  it('a voice that is not there, and a mix, are refused in words, and nothing begins', async () => {
    const before = app.training.current()
    await expect(app.handlers['models.retrain']({ voice: 'nobody' })).rejects.toMatchObject({ name: 'UnknownVoice' })
    const [one] = await app.handlers['voices.list']({})
    app.context.store.voices.put('mix-1', { ...one, id: 'mix-1', name: 'Both', run: null, mix: [] })
    await expect(app.handlers['models.retrain']({ voice: 'mix-1' })).rejects.toMatchObject({ name: 'BadMix' })
    expect(app.training.current()).toEqual(before)
  })
})
