/** A frozen adapter below the trained one: what comes out, and whether gradients through it are true. */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readVoiceFile, writeVoiceFile } from '../../main/adapters/voice-file.ts'
import type { Device } from '../../main/ggml/device.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { readGguf } from '../../main/gguf/read.ts'
import type { AdapterSpec } from '../../main/model/adapter.ts'
import { pack } from '../../main/model/batch.ts'
import { Engine, type EngineOptions } from '../../main/model/engine.ts'
import type { FrozenPair } from '../../main/model/frozen-lora.ts'
import { pairsOf } from '../../main/model/lora.ts'
import { TARGET_NAMES, type TargetName } from '../../main/model/tensors.ts'
import { seeded } from '../../main/random.ts'
import type { TokenExample } from '../../main/trainer/types.ts'
import { frozenOf } from '../../main/trainer/under.ts'
import { expectTrueGradients } from '../helpers/gradients.ts'
import { largestDifference, logitsOf, quietLlama } from '../helpers/llama.ts'
import { ALL_TARGETS, randomVoice } from '../helpers/random-voice.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { type TinyModel, writeTinyModel } from '../helpers/tiny-model.ts'

let device: Device
let llama: Awaited<ReturnType<typeof quietLlama>>
beforeAll(async () => {
  device = openDevice({ threads: 1 })
  llama = await quietLlama()
})
afterAll(() => device.free())

const folder = temporaryFolder()
const random = seeded('frozen-lora-test')
const example = (length: number, answer: number): TokenExample => ({
  tokens: Int32Array.from({ length }, () => random.below(300)),
  answerFrom: length - answer,
})
const examples = [example(21, 5), example(9, 3), example(37, 30)]
const TOKENS = example(40, 1).tokens
const POSITIONS = [0, 7, 39]

const SHAPES = {
  llama: {},
  qwen2: {},
  qwen3: {},
  phi3: {},
} as const satisfies Record<string, Partial<TinyModel>>

const FUSED = { attn_qkv: 'qkv', attn_output: 'o', ffn_up: 'up' }

interface Made {
  base: string
  task: string
  under: FrozenPair[]
}

/** A base with a task adapter of random numbers. */
function make(architecture: keyof typeof SHAPES, targets: Record<string, string>, rank = 3): Made {
  const name = `${architecture}-${Object.values(targets).join('')}-${rank}`
  const base = path.join(folder, `${architecture}.gguf`)
  const task = path.join(folder, `${name}-task.gguf`)
  writeTinyModel(base, {
    architecture,
    blocks: 2,
    width: 64,
    heads: 4,
    kvHeads: 2,
    ff: 96,
    seed: 3,
    ...SHAPES[architecture],
  })
  randomVoice(task, base, { rank, alpha: 2 * rank + 1, targets, seed: 11, name: 'Task' })
  return { base, task, under: frozenOf(readVoiceFile(task)) }
}

const lora = (targets: TargetName[], rank = 4): AdapterSpec => ({ kind: 'lora', rank, alpha: 8, targets })

function open(base: string, options: Partial<EngineOptions>): Engine {
  return new Engine(device, readGguf(base), { weightType: TYPE.F32, capacity: 192, ...options })
}

async function logitsIn(base: string, voices: readonly { file: string; scale: number }[]): Promise<Float32Array[]> {
  const model = await llama.loadModel({ modelPath: base, gpuLayers: 0 })
  try {
    return await logitsOf(model, [...TOKENS], voices, { positions: POSITIONS, exactCache: true })
  } finally {
    await model.dispose()
  }
}

const spread = (rows: Float32Array[]): number => Math.max(...rows[0]!) - Math.min(...rows[0]!)

/** The trained adapter's numbers as a voice. */
function writeVoice(file: string, base: string, engine: Engine, values: readonly Float32Array[]): void {
  const trained = engine.lora as NonNullable<Engine['lora']>
  const pairs = pairsOf(values)
  writeVoiceFile(file, {
    architecture: readGguf(base).string('general.architecture'),
    baseSha256: '',
    baseName: '',
    name: 'Trained',
    targets: trained.spec.targets,
    rank: trained.spec.rank,
    alpha: trained.spec.alpha,
    tensors: trained.pairs.map(({ tensor, inputs, outputs }, i) => ({
      name: tensor,
      K: inputs,
      M: outputs,
      ...pairs[i]!,
    })),
  })
}

describe.each([
  ['llama', { attn_q: 'q', attn_v: 'v' }],
  ['llama', ALL_TARGETS],
  ['qwen2', { attn_k: 'k', ffn_down: 'down' }],
  ['qwen3', ALL_TARGETS],
  ['phi3', FUSED],
] as const)('%s with a task adapter on %o', (architecture, targets) => {
  it("starts as the task's model: that of llama.cpp with the task adapter, and bit by bit the engine's own", async () => {
    const { base, task, under } = make(architecture, targets)
    using engine = open(base, { under, adapter: lora(['q', 'o', 'up']) })
    engine.adapter?.put(engine.initial(7, examples))
    const found = await engine.logits(TOKENS, POSITIONS)
    const wanted = await logitsIn(base, [{ file: task, scale: 1 }])
    const plain = await logitsIn(base, [])
    expect(largestDifference(found, wanted)).toBeLessThan(2e-4 * spread(wanted))
    expect(largestDifference(found, plain)).toBeGreaterThan(0.05 * spread(plain))
    using alone = open(base, { under })
    expect(found).toEqual(await alone.logits(TOKENS, POSITIONS))
  })

  it('trains what llama.cpp gives with both adapters laid over the base', async () => {
    const { base, task, under } = make(architecture, targets)
    using engine = open(base, { under, adapter: lora(['q', 'v', 'down'], 5) })
    const values = engine.initial(7, examples, true).map((array) => array.map((value) => 8 * value))
    engine.adapter?.put(values)
    const voice = path.join(folder, `${architecture}-${Object.values(targets).join('')}-voice.gguf`)
    writeVoice(voice, base, engine, values)
    const found = await engine.logits(TOKENS, POSITIONS)
    const both = await logitsIn(base, [
      { file: task, scale: 1 },
      { file: voice, scale: 1 },
    ])
    expect(largestDifference(found, both)).toBeLessThan(2e-4 * spread(both))
    for (const file of [task, voice]) {
      const one = await logitsIn(base, [{ file, scale: 1 }])
      expect(largestDifference(found, one)).toBeGreaterThan(0.02 * spread(one))
    }
  })
})

describe('gradients through a frozen adapter', () => {
  // The same matrices, others, and all of both: with, without, and through what is frozen.
  it.each([
    ['llama', { attn_q: 'q', attn_v: 'v' }, ['q', 'v']],
    ['llama', { attn_output: 'o', ffn_up: 'up', attn_k: 'k' }, ['q', 'v', 'down']],
    ['llama', ALL_TARGETS, TARGET_NAMES],
    ['qwen3', ALL_TARGETS, ['q', 'o', 'gate']],
    ['phi3', FUSED, TARGET_NAMES],
  ] as const)(
    'are those that finite differences have: %s, frozen %o, trained %o',
    async (architecture, targets, trained) => {
      const { base, under } = make(architecture, targets)
      using engine = open(base, { under, adapter: lora([...trained]) })
      await expectTrueGradients(engine, examples)
    },
  )

  it.each([{ kind: 'ia3' }, { kind: 'prompt', tokens: 5 }] as const)(
    'are those that finite differences have for $kind',
    async (spec) => {
      const { base, under } = make('llama', ALL_TARGETS)
      using engine = open(base, { under, adapter: spec })
      const adapter = engine.adapter as NonNullable<Engine['adapter']>
      const values = engine.initial(7, examples, true)
      adapter.put(values)
      const batch = pack(examples, engine.prefix)
      await engine.trainPack(batch)
      for (const [i, gradient] of engine.takeGradients(1).entries()) {
        const norm = Math.hypot(...gradient)
        expect(norm).toBeGreaterThan(1e-4)
        const lossAt = async (distance: number): Promise<number> => {
          const moved = (values[i] as Float32Array).map((v, j) => v + (distance * (gradient[j] as number)) / norm)
          adapter.put(values.map((value, at) => (at === i ? moved : value)))
          return engine.measurePack(batch)
        }
        const slope = ((await lossAt(2e-3)) - (await lossAt(-2e-3))) / 4e-3
        adapter.put(values)
        expect(Math.abs(slope - norm) / norm, `slope ${slope}, norm ${norm}`).toBeLessThan(0.03)
      }
    },
  )

  it('are other than without it, and the same whether blocks are kept, or computed again', async () => {
    const { base, under } = make('llama', ALL_TARGETS)
    const gradient = async (options: Partial<EngineOptions>): Promise<Float32Array[]> => {
      using engine = open(base, { adapter: lora(['q', 'v']), dropout: 0.1, ...options })
      engine.adapter?.put(engine.initial(7, examples, true))
      await engine.trainPack(pack(examples), { dropoutSeed: '7/1/0' })
      return engine.takeGradients(38)
    }
    const kept = await gradient({ under })
    expect(await gradient({ under, recomputed: 2 })).toEqual(kept)
    expect(await gradient({ under, recomputed: 1 })).toEqual(kept)
    expect(await gradient({})).not.toEqual(kept)
  })
})

it('refuses a task adapter on what is no matrix of a block', () => {
  const { base, under } = make('llama', { attn_q: 'q' })
  const odd = { ...(under[0] as FrozenPair), tensor: 'output.weight' }
  expect(() => open(base, { under: [odd] })).toThrow(/changes output.weight/)
})
