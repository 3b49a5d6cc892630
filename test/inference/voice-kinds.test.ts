/** (IA)3 and prompt voices in use: what llama.cpp computes with them is what the engine that trains them computes. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkVoice } from '../../main/adapters/check-voice.ts'
import { readVoiceFile } from '../../main/adapters/voice-file.ts'
import type { Device } from '../../main/ggml/device.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { openBase } from '../../main/inference/base.ts'
import { createKv } from '../../main/inference/kv.ts'
import { disposeLlama, sharedLlama } from '../../main/inference/llama.ts'
import { openPrefix } from '../../main/inference/prefix.ts'
import type { AdapterSpec } from '../../main/model/adapter.ts'
import { pack } from '../../main/model/batch.ts'
import { Engine } from '../../main/model/engine.ts'
import { seeded } from '../../main/random.ts'
import { writeRunVoice } from '../../main/trainer/run-voice.ts'
import type { RunPlan, TokenExample } from '../../main/trainer/types.ts'
import { largestDifference } from '../helpers/llama.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { type TinyModel, writeTinyModel } from '../helpers/tiny-model.ts'

let device: Device
beforeAll(() => {
  device = openDevice({ threads: 1 })
})
afterAll(async () => {
  device.free()
  await disposeLlama()
})

const folder = temporaryFolder()
const random = seeded('voice-kinds-test')
const example = (length: number, answer: number): TokenExample => ({
  tokens: Int32Array.from({ length }, () => random.below(300)),
  answerFrom: length - answer,
})
const examples = [example(21, 15), example(9, 3), example(37, 30)]

const SHAPES = {
  llama: {},
  qwen2: {},
  qwen3: {},
  gemma3: { window: { tokens: 12, pattern: 2 }, blocks: 4 },
  phi3: {},
} as const satisfies Record<string, Partial<TinyModel>>

interface Made {
  base: string
  voice: string
  /** Per example: what the engine says of its answer with the voice, and without, nats. */
  nll: number[]
  plain: number[]
}

function planOf(base: string, name: string, architecture = 'llama'): RunPlan {
  return {
    version: 1,
    run: name,
    createdAt: '2026-01-01T00:00:00Z',
    base: { id: 'tiny', file: base, sha256: 'a'.repeat(64), architecture },
    settings: {
      rank: 0,
      alpha: 0,
      targets: [],
      dropout: 0,
      lr: 1,
      warmup: 0,
      weightDecay: 0,
      clip: 0,
      epochs: 1,
      batch: 1,
      seed: 7,
      threads: 1,
      patience: 0,
    },
    examples: { train: 3, validation: 0 },
    about: {},
  }
}

/** A voice of random numbers on a tiny base, and what the engine makes of it. */
async function make(name: string, spec: AdapterSpec, model: Partial<TinyModel>): Promise<Made> {
  const base = path.join(folder, `${name}.gguf`)
  const voice = path.join(folder, `${name}-${spec.kind}`, 'voice.gguf')
  writeTinyModel(base, { blocks: 2, width: 64, heads: 4, kvHeads: 2, ff: 96, ...model })
  using engine = new Engine(device, readGguf(base), { weightType: TYPE.F32, capacity: 96, adapter: spec })
  const values = engine.initial(7, examples, true)
  engine.adapter?.put(values)
  const nll: number[] = []
  for (const one of examples) nll.push(await engine.measurePack(pack([one], engine.prefix)))
  mkdirSync(path.dirname(voice), { recursive: true })
  await writeRunVoice(voice, planOf(base, name, model.architecture), name, engine, values)
  using bare = new Engine(device, readGguf(base), { weightType: TYPE.F32, capacity: 96 })
  const plain: number[] = []
  for (const one of examples) plain.push(await bare.measurePack(pack([one])))
  return { base, voice, nll, plain }
}

async function scored(file: string, voice: { file: string; scale: number } | null): Promise<number[]> {
  const base = await openBase(file, { threads: 1 })
  try {
    return (await base.score(examples, { voice })).map(({ nll }) => nll)
  } finally {
    await base.dispose()
  }
}

const KINDS: AdapterSpec[] = [{ kind: 'ia3' }, { kind: 'prompt', tokens: 5 }]
const off = (a: number[], b: number[]): number => Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))))

describe.each(KINDS)('$kind', (spec) => {
  it.each(Object.keys(SHAPES) as (keyof typeof SHAPES)[])(
    'scores as the engine that trained it: %s',
    async (architecture) => {
      const made = await make(architecture, spec, { architecture, ...SHAPES[architecture] })
      const found = await scored(made.base, { file: made.voice, scale: 1 })
      // Nats over 3 to 30 tokens. Both sides are F32 but for the cache, which llama.cpp holds in F16.
      expect(off(found, made.nll)).toBeLessThan(0.02)
      expect(off(made.plain, made.nll)).toBeGreaterThan(0.2)
      expect(off(await scored(made.base, null), made.plain)).toBeLessThan(0.02)
    },
  )

  it('is read like any other voice, and refused on another base', async () => {
    const { base, voice } = await make('fits', spec, {})
    const read = readVoiceFile(voice)
    expect(read).toMatchObject({ kind: spec.kind, rank: 0, alpha: 0, baseName: 'tiny', tensors: [] })
    expect(() => checkVoice(read, readGguf(base), 'a'.repeat(64))).not.toThrow()
    expect(() => checkVoice(read, readGguf(base), 'b'.repeat(64))).toThrow(/SHA-256/)
    const wider = path.join(folder, 'wider.gguf')
    writeTinyModel(wider, { width: 128, heads: 4, kvHeads: 2, ff: 128 })
    expect(() => checkVoice(read, readGguf(wider), 'a'.repeat(64))).toThrow(/does not fit the base/)
    const deeper = path.join(folder, 'deeper.gguf')
    writeTinyModel(deeper, { width: 64, blocks: 3 })
    if (spec.kind === 'prompt') {
      expect(() => checkVoice(read, readGguf(deeper), 'a'.repeat(64))).toThrow(/2 blocks, the base has 3/)
    }
  })

  it('writes the same text for the same seed, another than the base, and leaves the base as it was', async () => {
    const made = await make('writes', spec, {})
    const base = await openBase(made.base, { threads: 1 })
    try {
      const prompt = Int32Array.of(5, 6, 7, 8)
      const written = async (scale: number | null): Promise<string> => {
        const voice = scale === null ? null : { file: made.voice, scale }
        return (await base.generate(prompt, { voice, maxTokens: 24, temperature: 0.7, seed: 3 })).text
      }
      const plain = await written(null)
      const first = await written(1)
      expect(first).not.toBe(plain)
      expect(await written(1)).toBe(first)
      expect(await written(0)).toBe(plain)
      expect(await written(null)).toBe(plain)
    } finally {
      await base.dispose()
    }
  })
})

describe('(IA)3', () => {
  it('at half its strength is half way from 1 in every factor', async () => {
    const { base, voice } = await make('half', { kind: 'ia3' }, {})
    using engine = new Engine(device, readGguf(base), { weightType: TYPE.F32, capacity: 96, adapter: { kind: 'ia3' } })
    const values = engine.initial(7, examples, true).map((array) => array.map((factor) => 1 + (factor - 1) / 2))
    engine.adapter?.put(values)
    const wanted: number[] = []
    for (const one of examples) wanted.push(await engine.measurePack(pack([one])))
    expect(off(await scored(base, { file: voice, scale: 0.5 }), wanted)).toBeLessThan(0.02)
  })

  it('is merged once for each strength, and the files that are kept are few', async () => {
    const { base, voice } = await make('kept', { kind: 'ia3' }, {})
    const merged = path.join(path.dirname(voice), 'merged')
    const first = await scored(base, { file: voice, scale: 1 })
    const [only, ...none] = readdirSync(merged)
    expect(none).toEqual([])
    const gguf = readGguf(path.join(merged, only as string))
    expect(gguf.string('idiolect.merged.base.sha256')).toBe('a'.repeat(64))
    expect(gguf.number('idiolect.merged.strength')).toBe(1)
    expect(await scored(base, { file: voice, scale: 1 })).toEqual(first)
    expect(readdirSync(merged)).toEqual([only])
    for (const scale of [0.25, 0.5, 0.75]) await scored(base, { file: voice, scale })
    expect(readdirSync(merged).length).toBe(2)
  })

  it('is refused on a base whose type cannot be scaled, with the types that can', async () => {
    const { voice } = await make('odd', { kind: 'ia3' }, { width: 256, ff: 256, heads: 8, kvHeads: 2 })
    const odd = path.join(folder, 'odd-tq.gguf')
    writeTinyModel(odd, { width: 256, ff: 256, heads: 8, kvHeads: 2, type: 'TQ2_0' })
    await expect(scored(odd, { file: voice, scale: 1 })).rejects.toThrow(/TQ2_0, whose rows cannot be scaled/)
  })
})

describe('prompt tuning', () => {
  it.each([true, false])(
    'leaves in the cache what llama.cpp itself would leave for the same tokens, flash attention %s',
    async (flashAttention) => {
      const base = path.join(folder, 'own.gguf')
      writeTinyModel(base, { blocks: 2 })
      const voice = path.join(folder, 'own-voice.gguf')
      const adapter = { kind: 'prompt', tokens: 4 } as const
      using engine = new Engine(device, readGguf(base), { weightType: TYPE.F32, capacity: 96, adapter })
      // One token only can be drawn, so that the text is known which the rows stand for.
      const values = engine.initial(7, [{ tokens: Int32Array.of(42), answerFrom: 1 }])
      await writeRunVoice(voice, planOf(base, 'own'), 'own', engine, values)

      const model = await (await sharedLlama()).loadModel({ modelPath: base })
      const lastLogits = async (tokens: number[], prefixed: boolean): Promise<Float32Array> => {
        const context = await model.createContext({ contextSize: 64, threads: 1, flashAttention })
        const sequence = context.getSequence()
        const prefix = prefixed ? await openPrefix(sequence, readVoiceFile(voice), [false, false]) : null
        const kv = createKv(sequence, prefix)
        const [found] = await kv.evaluate(Int32Array.from(tokens), new Map([[tokens.length - 1, { kind: 'all' }]]))
        prefix?.dispose()
        await context.dispose()
        if (found?.kind !== 'all') throw new Error('all logits were asked for')
        return found.logits
      }
      const found = await lastLogits([9, 8, 7, 6, 5], true)
      const wanted = await lastLogits([42, 42, 42, 42, 9, 8, 7, 6, 5], false)
      const without = await lastLogits([9, 8, 7, 6, 5], false)
      await model.dispose()
      expect(largestDifference([found], [wanted])).toBeLessThan(5e-3)
      expect(largestDifference([without], [wanted])).toBeGreaterThan(0.05)
    },
  )

  it('takes no room from the context that the app is promised', async () => {
    const { base, voice } = await make('room', { kind: 'prompt', tokens: 5 }, {})
    const opened = await openBase(base, { threads: 1, contextSize: 64 })
    try {
      const tokens = Int32Array.from({ length: 64 }, (_, i) => 3 + i)
      const [row] = await opened.logits(tokens, [63], { file: voice, scale: 1 })
      expect(row?.every(Number.isFinite)).toBe(true)
    } finally {
      await opened.dispose()
    }
  })

  it('refuses a voice whose numbers are cut off', async () => {
    const { voice } = await make('cut', { kind: 'prompt', tokens: 5 }, {})
    writeFileSync(voice, readFileSync(voice).subarray(0, -400))
    expect(() => readVoiceFile(voice)).toThrow(/prompt_/)
  })
})
