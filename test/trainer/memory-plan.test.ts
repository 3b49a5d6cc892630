import { fork } from 'node:child_process'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IdiolectError } from '../../main/errors.ts'
import type { Device } from '../../main/ggml/device.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { readGguf } from '../../main/gguf/read.ts'
import type { AdapterSpec } from '../../main/model/adapter.ts'
import { ARCHITECTURES } from '../../main/model/architectures.ts'
import { pack, rowsOf } from '../../main/model/batch.ts'
import { Engine } from '../../main/model/engine.ts'
import { TARGET_NAMES } from '../../main/model/tensors.ts'
import { plainForms, type WeightForms } from '../../main/model/weights.ts'
import { seeded } from '../../main/random.ts'
import { adapterOf } from '../../main/trainer/adapter-of.ts'
import {
  type Forecast,
  forecast,
  type MemoryPlan,
  type MemoryQuestion,
  planMemory,
} from '../../main/trainer/memory-plan.ts'
import type { FromWorker, ToWorker } from '../../main/trainer/messages.ts'
import { createRun, keptChoice } from '../../main/trainer/run-folder.ts'
import type { TokenExample, TrainSettings } from '../../main/trainer/types.ts'
import { bundle } from '../helpers/bundle.ts'
import { cosine } from '../helpers/cosine.ts'
import { type Mix, type ModelShape, writeRandomModel } from '../helpers/random-model.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
const SHAPES = {
  /** 29 million parameters, most of them in the blocks. */
  deep: { blocks: 8, width: 512, heads: 8, kvHeads: 4, ff: 1536, vocabulary: 4096, tied: true },
  /** 21 million, most of them in the vocabulary. */
  wordy: { blocks: 3, width: 256, heads: 4, kvHeads: 4, ff: 768, vocabulary: 32_768, tied: false },
} satisfies Record<string, ModelShape>
type Name = keyof typeof SHAPES

const files = new Map<string, string>()
function modelFile(name: Name, mix: Mix): string {
  const key = `${name}-${mix}`
  const known = files.get(key) ?? path.join(folder, `${key}.gguf`)
  if (!files.has(key)) writeRandomModel(known, SHAPES[name], mix)
  files.set(key, known)
  return known
}

let device: Device
let worker: string
beforeAll(async () => {
  device = openDevice({ threads: 1 })
  worker = await bundle('main/trainer-worker.ts')
})
afterAll(() => device.free())

const LORA = { kind: 'lora', rank: 8, alpha: 8, targets: ['q', 'v'] } as const
const question = (file: string, rows: number, more: Partial<MemoryQuestion> = {}): MemoryQuestion => ({
  device,
  gguf: readGguf(file),
  forms: plainForms(TYPE.Q8_0),
  adapter: { ...LORA, targets: [...LORA.targets] },
  dropout: 0,
  longestRows: rows,
  before: 0,
  ...more,
})

describe('a forecast', () => {
  it('falls with each thing that is given up', async () => {
    const q = question(modelFile('deep', 'Q4_K_M'), 256)
    const of = (plan: Partial<MemoryPlan>): Promise<number> =>
      forecast(q, { capacity: 512, recomputed: 0, streamed: { blocks: 0, head: false }, ...plan })
    const all = await of({})
    expect(await of({ recomputed: 4 })).toBeLessThan(all)
    expect(await of({ recomputed: 8 })).toBeLessThan(await of({ recomputed: 4 }))
    expect(await of({ streamed: { blocks: 4, head: false } })).toBeLessThan(all)
    expect(await of({ streamed: { blocks: 8, head: true } })).toBeLessThan(
      await of({ streamed: { blocks: 4, head: false } }),
    )
    expect(await of({ capacity: 256 })).toBeLessThan(all)
  })

  it('allocates nothing of what it forecasts', async () => {
    const file = path.join(folder, 'hollow.gguf')
    writeRandomModel(file, { ...SHAPES.deep, blocks: 2 }, 'Q4_K')
    const q = question(file, 4096)
    const before = process.memoryUsage().rss
    const bytes = await forecast(q, { capacity: 8192, recomputed: 0, streamed: { blocks: 0, head: false } })
    expect(bytes).toBeGreaterThan(5e8)
    expect(process.memoryUsage().rss - before).toBeLessThan(bytes / 3)
  })

  it.each(ARCHITECTURES)(
    '%s with each kind of adapter asks for what an engine of it then holds',
    async (architecture) => {
      const file = path.join(folder, `${architecture}.gguf`)
      writeTinyModel(file, { architecture, width: 128, heads: 4, kvHeads: 2, ff: 256, blocks: 3 })
      const kinds: AdapterSpec[] = [
        { kind: 'lora', rank: 4, alpha: 4, targets: [...TARGET_NAMES] },
        { kind: 'ia3' },
        { kind: 'prompt', tokens: 8 },
      ]
      for (const adapter of kinds) {
        const plan = { capacity: 64, recomputed: 1, streamed: { blocks: 1, head: true } }
        const q = question(file, 64, { adapter })
        const said = await forecast(q, plan)
        using engine = new Engine(device, q.gguf, {
          weightType: { ...q.forms, streamed: plan.streamed },
          capacity: plan.capacity,
          recomputed: plan.recomputed,
          adapter,
        })
        const bytes = async (): Promise<number> => {
          const tokens = new Int32Array(64 - engine.prefix).fill(7)
          await engine.trainPack(pack([{ tokens, answerFrom: 1 }], engine.prefix))
          return engine.bytes
        }
        // What V8 and the libraries take is added, and an engine this small is lost in it.
        const engineBytes = await bytes()
        expect(said).toBeGreaterThan(engineBytes)
        expect(said - engineBytes).toBeLessThan(50e6)
      }
    },
  )
})

describe('a plan', () => {
  it('is made for texts of 65,536 tokens, whatever is trained', async () => {
    const file = path.join(folder, 'long.gguf')
    writeTinyModel(file, { context: 65_536, blocks: 1, width: 32, heads: 2, kvHeads: 1, ff: 64 })
    const adapter: AdapterSpec = { ...LORA, targets: [...TARGET_NAMES] }
    const { capacity } = await planMemory({ ...question(file, 65_536, { adapter }), cap: 1e12 })
    expect(capacity).toBe(65_536)
  })

  it('gives up second copies first, then kept results, then rows, and never goes over the cap', async () => {
    const q = question(modelFile('deep', 'Q4_K_M'), 128)
    const plans: Forecast[] = []
    const most = (await planMemory({ ...q, cap: 1e12 })).forecastBytes
    const least = await forecast(q, { capacity: 128, recomputed: 8, streamed: { blocks: 8, head: true } })
    for (let part = 10; part >= 0; part--) {
      const cap = least + ((most - least) * part) / 10
      const plan = await planMemory({ ...q, cap })
      expect(plan.forecastBytes).toBeLessThanOrEqual(cap)
      plans.push(plan)
    }
    const [widest, narrowest] = [plans[0] as Forecast, plans.at(-1) as Forecast]
    expect(widest).toMatchObject({ capacity: 512, recomputed: 0, streamed: { blocks: 0, head: false } })
    expect(narrowest).toMatchObject({ capacity: 128, recomputed: 8, streamed: { blocks: 8, head: true } })
    for (const { recomputed, streamed } of plans)
      if (recomputed > 0) expect(streamed).toEqual({ blocks: 8, head: true })
    const long = { ...q, longestRows: 512 }
    for (const plan of [
      { capacity: 512, recomputed: 0, streamed: { blocks: 4, head: false } },
      { capacity: 512, recomputed: 5, streamed: { blocks: 8, head: true } },
    ]) {
      expect(await planMemory({ ...long, cap: await forecast(long, plan) })).toMatchObject(plan)
    }
  })

  it('refuses with the nearest length of text that fits, and with a size of base where none does', async () => {
    const q = question(modelFile('deep', 'Q4_K_M'), 1024)
    const least = (rows: number) =>
      forecast({ ...q, longestRows: rows }, { capacity: rows, recomputed: 8, streamed: { blocks: 8, head: true } })
    const between = ((await least(384)) + (await least(512))) / 2
    await expect(planMemory({ ...q, cap: between })).rejects.toMatchObject({
      name: 'NotEnoughMemory',
      message: expect.stringContaining('1024 tokens'),
      next: expect.stringContaining('--max-tokens 384'),
    })
    await expect(planMemory({ ...q, cap: 1e6 })).rejects.toMatchObject({ name: 'NotEnoughMemory' })
  })

  it('counts a prompt’s own rows apart from the text that may follow them', async () => {
    const file = path.join(folder, 'prompted.gguf')
    writeTinyModel(file, { context: 4096, blocks: 2, width: 64, heads: 4, kvHeads: 2, ff: 96 })
    for (const tokens of [100, 300, 512]) {
      const adapter: AdapterSpec = { kind: 'prompt', tokens }
      const rows = (length: number): number => rowsOf({ tokens: new Int32Array(length), answerFrom: 1 }, tokens)
      const q = question(file, rows(2048), { adapter })
      const cap = await forecast(q, { capacity: rows(768), recomputed: 2, streamed: { blocks: 2, head: true } })
      const refused = await planMemory({ ...q, cap }).catch((error: unknown) => error as IdiolectError)
      expect(refused).toMatchObject({ name: 'NotEnoughMemory' })
      const advised = Number(/--max-tokens (\d+)/.exec((refused as IdiolectError).next ?? '')?.[1])
      expect(advised).toBeGreaterThanOrEqual(768)
      const followed = await planMemory({ ...q, longestRows: rows(advised), cap })
      expect(followed.forecastBytes).toBeLessThanOrEqual(cap)
      await expect(planMemory({ ...q, cap: 1e6 })).rejects.toMatchObject({ name: 'NotEnoughMemory' })
    }
  })
})

const random = seeded('memory-plan')
const text = (length: number, vocabulary: number, answer: number): TokenExample => ({
  tokens: Int32Array.from({ length }, () => random.below(vocabulary)),
  answerFrom: length - answer,
})

describe('the same work by every plan', () => {
  it.each([
    ['converted', plainForms(TYPE.Q8_0)],
    ['as filed', { ...plainForms(TYPE.Q8_0), asFiled: new Set([TYPE.Q4_K, TYPE.Q6_K]) }],
  ])('gives the same loss and the same gradient: matrices %s', async (_, forms: WeightForms) => {
    const file = modelFile('deep', 'Q4_K_M')
    const examples = [text(100, 4096, 60), text(61, 4096, 20), text(140, 4096, 90)]
    const plans: MemoryPlan[] = [
      { capacity: 512, recomputed: 0, streamed: { blocks: 0, head: false } },
      { capacity: 512, recomputed: 3, streamed: { blocks: 5, head: false } },
      { capacity: 512, recomputed: 8, streamed: { blocks: 8, head: true } },
      { capacity: 160, recomputed: 8, streamed: { blocks: 8, head: true } },
    ]
    const results: { loss: number; gradients: Float32Array[] }[] = []
    for (const { capacity, recomputed, streamed } of plans) {
      using engine = new Engine(device, readGguf(file), {
        weightType: { ...forms, streamed },
        capacity,
        recomputed,
        adapter: { ...LORA, targets: ['q', 'v', 'down'] },
      })
      const start = engine.initial(3, examples, true)
      engine.adapter?.put(start)
      let loss = 0
      // Rows a pack are the only thing that changes which rows are computed together.
      for (const part of capacity === 512 ? [examples] : examples.map((one) => [one])) {
        loss += await engine.trainPack(pack(part))
      }
      results.push({ loss, gradients: engine.takeGradients(170) })
    }
    const [whole, ...others] = results as [(typeof results)[0], ...typeof results]
    for (const { loss, gradients } of others) {
      expect(Math.abs(loss - whole.loss) / whole.loss).toBeLessThan(1e-4)
      gradients.forEach((gradient, i) => {
        expect(cosine(gradient, whole.gradients[i] as Float32Array)).toBeGreaterThan(0.999)
      })
    }
  })
})

const SETTINGS: TrainSettings = {
  rank: 8,
  alpha: 8,
  targets: ['q', 'v'],
  dropout: 0.05,
  lr: 1e-3,
  warmup: 0.1,
  weightDecay: 0.01,
  clip: 1,
  epochs: 1,
  batch: 2,
  seed: 1,
  threads: 1,
  patience: 0,
}

/** Sends a worker of its own one message; its answer of the kind wanted. */
async function ask<T extends FromWorker['type']>(message: ToWorker, wanted: T): Promise<FromWorker & { type: T }> {
  const child = fork(worker, [], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    execArgv: [],
  })
  try {
    return await new Promise((resolve, reject) => {
      child.on('message', (answer: FromWorker) => {
        if (answer.type === wanted) resolve(answer as FromWorker & { type: T })
        else if (answer.type === 'failed') reject(new IdiolectError(answer.name, answer.message, answer.next))
      })
      child.on('exit', (code) => reject(new Error(`the worker ended with ${code}`)))
      child.send(message)
    })
  } finally {
    child.kill('SIGKILL')
  }
}

/** Trains in a worker of its own, with just the memory that a plan takes; what it grew by, and what was forecast. */
async function measured(file: string, vocabulary: number, wanted: MemoryPlan, changes: Partial<TrainSettings>) {
  const settings = { ...SETTINGS, ...changes }
  const run = path.join(folder, `run-${runs++}`)
  const train = Array.from({ length: 2 * settings.batch }, () => text(ROWS + 1, vocabulary, 130))
  const base = { id: 'random', file, sha256: '0'.repeat(64), architecture: 'llama' }
  const about = { name: 'Memory' }
  const examples = { train: train.length, validation: 0 }
  createRun(
    run,
    { version: 1, run: 'memory', createdAt: '2026-01-01T00:00:00Z', base, settings, examples, about },
    train,
    [],
  )
  const q = question(file, ROWS, { adapter: adapterOf(settings), dropout: settings.dropout })
  // Lanes may take half of what there is, and Node takes more than is said here.
  const memoryCap = NODE + (await forecast(q, wanted)) * (wanted.lanes ? 2.4 : 1.01)
  const { result } = await ask({ type: 'start', folder: run, background: false, sitting: { memoryCap } }, 'done')
  const choice = keptChoice(run)
  if (!choice?.nodeBytes) throw new Error('the choice was not kept')
  const { nodeBytes, forecastBytes } = choice
  return { grown: result.peakMemoryBytes - nodeBytes, said: forecastBytes - nodeBytes, choice, memoryCap }
}

const ROWS = 256
/** More than Node takes at its start. */
const NODE = 75e6
let runs = 0
const ALL = { blocks: 8, head: true }
const NONE = { blocks: 0, head: false }

// The kernel's own high-water mark is read on Linux only.
describe.skipIf(process.platform !== 'linux')('a worker', () => {
  it.each([
    ['deep', 'Q4_K_M', { capacity: 512, recomputed: 0, streamed: NONE }, {}],
    [
      'deep',
      'Q4_0',
      { capacity: 512, recomputed: 0, streamed: NONE },
      { targets: ['o', 'down'], rank: 32, dropout: 0 },
    ],
    ['deep', 'Q4_K_M', { capacity: 512, recomputed: 8, streamed: ALL }, {}],
    ['deep', 'Q4_K_M', { capacity: 256, recomputed: 0, streamed: NONE, lanes: 2 }, { threads: 2 }],
    ['wordy', 'Q4_K_M', { capacity: 512, recomputed: 0, streamed: NONE }, {}],
    ['wordy', 'Q8_0', { capacity: 256, recomputed: 3, streamed: { blocks: 3, head: true } }, { dropout: 0 }],
  ] as const)(
    'on %s in %s, given memory for %o, takes what was forecast within a tenth',
    // V8 may have swept a few megabytes just before the peak, which on runs as small as these is a twentieth.
    { timeout: 180_000, retry: 2 },
    async (name, mix, wanted, changes) => {
      const { vocabulary } = SHAPES[name]
      const { grown, said, choice, memoryCap } = await measured(modelFile(name, mix), vocabulary, wanted, {
        ...changes,
        targets: [...('targets' in changes ? changes.targets : SETTINGS.targets)],
      })
      expect(choice.lanes).toBe('lanes' in wanted ? wanted.lanes : undefined)
      expect(choice.forecastBytes).toBeLessThanOrEqual(memoryCap)
      expect(Math.abs(said - grown) / grown).toBeLessThan(0.1)
    },
  )
})

describe('a run that is not prepared yet', () => {
  it('is forecast by a worker without a run folder, and refused where it does not fit', async () => {
    const question = { file: modelFile('deep', 'Q4_K_M'), settings: SETTINGS, longest: 257, lengths: [257, 257] }
    const { forecast: plan } = await ask({ type: 'forecast', question }, 'forecast')
    expect(plan).toMatchObject({ capacity: 512, recomputed: 0, streamed: NONE })
    // More than its weights alone, and less than the machine.
    expect(plan.forecastBytes).toBeGreaterThan(6e7)
    expect(plan.forecastBytes).toBeLessThan(6e8)
    const small = { ...question, memoryCap: 3e7 }
    await expect(ask({ type: 'forecast', question: small }, 'forecast')).rejects.toMatchObject({
      name: 'NotEnoughMemory',
    })
  })
})
