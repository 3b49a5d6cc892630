/** (IA)3 and prompt tuning in the engine; LoRA's own tests stand in engine.test.ts and architectures.test.ts. */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Device } from '../../main/ggml/device.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { readGguf } from '../../main/gguf/read.ts'
import type { AdapterSpec } from '../../main/model/adapter.ts'
import { pack } from '../../main/model/batch.ts'
import { Engine, type EngineOptions } from '../../main/model/engine.ts'
import { seeded } from '../../main/random.ts'
import type { TokenExample } from '../../main/trainer/types.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { type TinyModel, writeTinyModel } from '../helpers/tiny-model.ts'

let device: Device
beforeAll(() => {
  device = openDevice({ threads: 1 })
})
afterAll(() => device.free())

const folder = temporaryFolder()
const random = seeded('adapters-test')
const example = (length: number, answer: number): TokenExample => ({
  tokens: Int32Array.from({ length }, () => random.below(300)),
  answerFrom: length - answer,
})
const examples = [example(21, 5), example(9, 3), example(37, 30)]

const SHAPES = {
  llama: {},
  qwen2: {},
  qwen3: {},
  gemma3: { window: { tokens: 12, pattern: 2 } },
  phi3: {},
} as const satisfies Record<string, Partial<TinyModel>>

function tiny(architecture: keyof typeof SHAPES): string {
  const file = path.join(folder, `${architecture}.gguf`)
  writeTinyModel(file, { architecture, blocks: 2, width: 64, heads: 4, kvHeads: 2, ff: 96, ...SHAPES[architecture] })
  return file
}

function open(file: string, adapter: AdapterSpec | null, options: Partial<EngineOptions> = {}): Engine {
  return new Engine(device, readGguf(file), { weightType: TYPE.F32, capacity: 192, adapter, ...options })
}

const KINDS: AdapterSpec[] = [{ kind: 'ia3' }, { kind: 'prompt', tokens: 5 }]
const packed = (engine: Engine, some = examples) => pack(some, engine.prefix)
const lengthOf = (values: Float32Array): number => Math.hypot(...values)

describe.each(KINDS)('$kind', (spec) => {
  it.each(Object.keys(SHAPES) as (keyof typeof SHAPES)[])(
    'has the gradients that finite differences have: %s',
    async (architecture) => {
      using engine = open(tiny(architecture), spec)
      const { adapter } = engine
      if (!adapter) throw new Error('there is an adapter')
      const values = engine.initial(7, examples, true)
      adapter.put(values)
      await engine.trainPack(packed(engine))
      const gradients = engine.takeGradients(1)
      expect(gradients.map(({ length }) => length)).toEqual(
        adapter.tensors.map(({ shape }) => shape.reduce((a, b) => a * b, 1)),
      )
      for (const [i, gradient] of gradients.entries()) {
        const { name } = adapter.tensors[i] as { name: string }
        const norm = lengthOf(gradient)
        expect(norm, name).toBeGreaterThan(1e-4)
        const lossAt = async (distance: number): Promise<number> => {
          const moved = (values[i] as Float32Array).map((v, j) => v + (distance * (gradient[j] as number)) / norm)
          adapter.put(values.map((value, at) => (at === i ? moved : value)))
          return engine.measurePack(packed(engine))
        }
        // GeGLU reads gelu from a table in F16 on the CPU: its steps are seen unless one goes far enough.
        const step = architecture === 'gemma3' ? 4e-2 : 2e-3
        const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step)
        expect(Math.abs(slope - norm) / norm, `${name}: slope ${slope}, norm ${norm}`).toBeLessThan(0.03)
      }
    },
  )

  it('gives the same gradient whether blocks are kept or computed again', async () => {
    const found: Float32Array[][] = []
    for (const recomputed of [0, 2]) {
      using engine = open(tiny('llama'), spec, { recomputed })
      engine.adapter?.put(engine.initial(7, examples, true))
      await engine.trainPack(packed(engine))
      found.push(engine.takeGradients(38))
    }
    expect(found[1]).toEqual(found[0])
  })

  it('gives the same loss and gradient for examples packed together as for each alone', async () => {
    using engine = open(tiny('llama'), spec)
    engine.adapter?.put(engine.initial(7, examples, true))
    const together = await engine.trainPack(packed(engine))
    const whole = engine.takeGradients(1)
    let alone = 0
    for (const one of examples) alone += await engine.trainPack(packed(engine, [one]))
    const parts = engine.takeGradients(1)
    expect(together).toBeCloseTo(alone, 3)
    whole.forEach((gradient, i) => {
      const off = lengthOf(gradient.map((value, j) => value - ((parts[i] as Float32Array)[j] as number)))
      expect(off).toBeLessThan(lengthOf(gradient) * 1e-3)
    })
  })
})

describe('(IA)3', () => {
  it('begins as the base itself', async () => {
    using plain = open(tiny('phi3'), null)
    using engine = open(tiny('phi3'), { kind: 'ia3' })
    engine.adapter?.put(engine.initial(7, examples))
    expect(await engine.measurePack(pack(examples))).toBe(await plain.measurePack(pack(examples)))
  })

  it('leaves rows of q and of the gate alone where one tensor holds several matrices', async () => {
    using engine = open(tiny('phi3'), { kind: 'ia3' })
    engine.adapter?.put(engine.initial(7, examples, true))
    await engine.trainPack(pack(examples))
    const gradients = engine.takeGradients(1)
    const names = engine.adapter?.tensors.map(({ name }) => name) ?? []
    expect(names.slice(0, 2)).toEqual(['blk.0.attn_qkv.weight.ia3', 'blk.0.ffn_up.weight.ia3'])
    for (const [i, from] of [64, 96].entries()) {
      const gradient = gradients[i] as Float32Array
      expect(lengthOf(gradient.subarray(0, from))).toBe(0)
      expect(lengthOf(gradient.subarray(from))).toBeGreaterThan(0)
    }
  })
})

describe('prompt tuning', () => {
  it.each(['llama', 'gemma3'] as const)('begins as real tokens in front of every text: %s', async (architecture) => {
    const file = tiny(architecture)
    using engine = open(file, { kind: 'prompt', tokens: 5 })
    // One token only can be drawn, so that the text is known which the rows stand for.
    const values = engine.initial(7, [{ tokens: Int32Array.of(42), answerFrom: 1 }])
    engine.adapter?.put(values)
    const found = await engine.measurePack(packed(engine))
    using plain = open(file, null)
    const longer = examples.map(({ tokens, answerFrom }) => ({
      tokens: Int32Array.from([42, 42, 42, 42, 42, ...tokens]),
      answerFrom: answerFrom + 5,
    }))
    expect(found).toBeCloseTo(await plain.measurePack(pack(longer)), 3)
  })

  it('draws other rows for other seeds, the same for the same, none twice while there are others', () => {
    using engine = open(tiny('llama'), { kind: 'prompt', tokens: 20 })
    const rows = (seed: number): string[] => {
      const [values] = engine.initial(seed, examples) as [Float32Array]
      return Array.from({ length: 20 }, (_, i) => values.subarray(i * 64, (i + 1) * 64).join())
    }
    expect(rows(1)).toEqual(rows(1))
    expect(rows(1)).not.toEqual(rows(2))
    expect(new Set(rows(3)).size).toBe(20)
  })
})
