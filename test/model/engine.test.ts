import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Device } from '../../main/ggml/device.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { pack, packInto } from '../../main/model/batch.ts'
import { Engine, type EngineOptions } from '../../main/model/engine.ts'
import type { PairValues } from '../../main/model/lora.ts'
import { TARGET_NAMES } from '../../main/model/tensors.ts'
import { seeded } from '../../main/random.ts'
import type { TokenExample } from '../../main/trainer/types.ts'
import { disturb, expectTrueGradients } from '../helpers/gradients.ts'
import { logitsOf, quietLlama } from '../helpers/llama.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

let device: Device
beforeAll(() => {
  device = openDevice({ threads: 1 })
})
afterAll(() => device.free())

const folder = temporaryFolder()
const random = seeded('engine-test')
const example = (length: number, answer: number): TokenExample => ({
  tokens: Int32Array.from({ length }, () => random.below(300)),
  answerFrom: length - answer,
})
const examples = [example(21, 5), example(9, 3), example(37, 30)]

function tiny(name: string, extra: Partial<Parameters<typeof writeTinyModel>[1]> = {}): string {
  const file = path.join(folder, `${name}.gguf`)
  writeTinyModel(file, { blocks: 2, width: 64, heads: 4, kvHeads: 2, ff: 96, vocabulary: 320, seed: 3, ...extra })
  return file
}

const distance = (a: Float32Array, b: Float32Array): number => Math.hypot(...a.map((v, i) => v - (b[i] as number)))

const ALL = { rank: 4, alpha: 8, targets: [...TARGET_NAMES] }

function open(file: string, options: Partial<EngineOptions> = {}): Engine {
  return new Engine(device, readGguf(file), { weightType: TYPE.F32, capacity: 96, lora: ALL, ...options })
}

/** Sets every pair to random values, so that no gradient is zero only because B begins at zero. */
describe('forward', () => {
  it.each([
    ['F32, tied', { type: 'F32' }],
    ['F32, own head, frequency factors', { type: 'F32', tiedEmbeddings: false, ropeFreqs: true }],
    ['no grouped heads', { type: 'F32', kvHeads: 4 }],
  ] as const)('gives the logits of llama.cpp: %s', async (name, extra) => {
    const file = tiny(name.replaceAll(/\W/g, '-'), extra)
    using engine = open(file, { lora: null })
    const tokens = example(40, 1).tokens
    const positions = [0, 7, 39]
    const found = await engine.logits(tokens, positions)
    const llama = await quietLlama()
    const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 })
    const wanted = await logitsOf(model, [...tokens])
    await model.dispose()
    positions.forEach((position, i) => {
      const row = wanted[position] as Float32Array
      const spread = Math.max(...row) - Math.min(...row)
      const off = Math.max(...row.map((value, j) => Math.abs(value - (found[i]?.[j] ?? Number.NaN))))
      expect(off / spread).toBeLessThan(2e-3)
    })
  })

  it('gives the same loss for examples packed together as for each alone', async () => {
    using engine = open(tiny('packed'))
    disturb(engine)
    const together = await engine.measurePack(pack(examples))
    let alone = 0
    for (const one of examples) alone += await engine.measurePack(pack([one]))
    expect(together).toBeCloseTo(alone, 3)
  })
})

describe('a pass', () => {
  it('can be stopped before each block and each part of the head', async () => {
    const lora: EngineOptions['lora'] = { rank: 2, alpha: 2, targets: ['q'] }
    using engine = open(tiny('stoppable'), { capacity: 192, lora, graphSeconds: 0 })
    const long = pack([example(180, 150)])
    const count = async (pass: 'trainPack' | 'measurePack'): Promise<number> => {
      let calls = 0
      const between = async (): Promise<void> => void calls++
      await engine[pass](long, { between })
      return calls
    }
    // 150 answer tokens are three parts of 64 rows at most.
    expect(await count('measurePack')).toBe(2 + 3)
    expect(await count('trainPack')).toBe(2 + 3 + 2)
  })
})

describe('backward', () => {
  it.each([
    ['grouped heads', {}],
    ['own head, frequency factors', { tiedEmbeddings: false, ropeFreqs: true }],
  ])('agrees with finite differences for every matrix of every block: %s', async (name, extra) => {
    using engine = open(tiny(`fd-${name.replaceAll(/\W/g, '-')}`, extra))
    await expectTrueGradients(engine, examples)
  })

  it('gives the same gradient whether blocks are kept or computed again', async () => {
    const file = tiny('recomputed')
    const gradients: PairValues[][] = []
    for (const recomputed of [0, 1, 2]) {
      using engine = open(file, { recomputed, dropout: 0.1 })
      disturb(engine)
      await engine.trainPack(pack(examples), { dropoutSeed: '7/1/0' })
      gradients.push(engine.takeGradient(38))
    }
    expect(gradients[1]).toEqual(gradients[0])
    expect(gradients[2]).toEqual(gradients[0])
  })

  it('gives the same whether the last block computes the rows that are asked for or all rows', async () => {
    using engine = open(tiny('read'))
    disturb(engine)
    const whole = pack([example(33, 32)])
    expect(whole.rows.length).toBe(whole.tokens.length)
    const some = (part: number) => {
      const kept = (_: number, i: number): boolean => (i % 5 < 2 ? 0 : 1) === part
      return { ...whole, rows: whole.rows.filter(kept), targets: whole.targets.filter(kept) }
    }
    const all = await engine.trainPack(whole)
    const wanted = engine.takeGradient(1)
    const parts = (await engine.trainPack(some(0))) + (await engine.trainPack(some(1)))
    const found = engine.takeGradient(1)
    expect(parts).toBeCloseTo(all, 4)
    wanted.forEach((pair, i) => {
      for (const side of ['a', 'b'] as const) {
        const off = distance(pair[side], (found[i] as PairValues)[side])
        expect(off, `${side} of pair ${i}`).toBeLessThan(Math.hypot(...pair[side]) * 1e-4)
      }
    })
  })

  it('sums over packs', async () => {
    using engine = open(tiny('summed'))
    disturb(engine)
    await engine.trainPack(pack(examples))
    const whole = engine.takeGradient(1)
    for (const one of examples) await engine.trainPack(pack([one]))
    const parts = engine.takeGradient(1)
    whole.forEach((pair, i) => {
      const other = parts[i] as PairValues
      const norm = Math.hypot(...pair.b)
      expect(distance(pair.b, other.b)).toBeLessThan(norm * 1e-3)
    })
  })

  it('applies dropout: other seeds, other gradients; no seed, none', async () => {
    using engine = open(tiny('dropout'), { dropout: 0.5 })
    disturb(engine)
    const run = async (dropoutSeed: string | null): Promise<PairValues[]> => {
      await engine.trainPack(pack(examples), { dropoutSeed })
      return engine.takeGradient(1)
    }
    const one = await run('a')
    expect(await run('a')).toEqual(one)
    expect(await run('b')).not.toEqual(one)
    const none = await run(null)
    using plain = open(tiny('dropout'))
    disturb(plain)
    await plain.trainPack(pack(examples))
    expect(none).toEqual(plain.takeGradient(1))
  })
})

describe('quantized', () => {
  it.each(['Q8_0', 'Q4_0', 'Q4_1', 'F16'] as const)(
    'trains on %s: its gradient points where F32 points',
    async (type) => {
      // ff 128: rows of the transposed copies must be whole blocks, or they stay F32 and the test proves less.
      const file = tiny(`type-${type}`, { type, ff: 128 })
      const gradients: Float32Array[] = []
      for (const weightType of [TYPE.F32, TYPE.Q8_0]) {
        using engine = open(file, { weightType })
        disturb(engine)
        await engine.trainPack(pack(examples))
        gradients.push(Float32Array.from(engine.takeGradient(1).flatMap((pair) => [...pair.a, ...pair.b])))
      }
      const [exact, quantized] = gradients as [Float32Array, Float32Array]
      const dot = exact.reduce((sum, v, i) => sum + v * (quantized[i] as number), 0)
      expect(dot / (Math.hypot(...exact) * Math.hypot(...quantized))).toBeGreaterThan(0.999)
    },
  )
})

describe('packing', () => {
  it('never goes over the capacity and loses no example', () => {
    const many = Array.from({ length: 50 }, (_, i) => example(5 + ((i * 37) % 60), 2))
    const packs = packInto(many, 96)
    expect(packs.flat().length).toBe(many.length)
    for (const one of packs) expect(pack(one).tokens.length).toBeLessThanOrEqual(96)
    expect(() => packInto([example(200, 2)], 96)).toThrow(/does not fit/)
  })
})

describe('refusals', () => {
  it('names a wrong token, a pack over capacity', async () => {
    using engine = open(tiny('refusals'))
    await expect(engine.measurePack(pack([{ tokens: Int32Array.of(1, 9999, 2), answerFrom: 1 }]))).rejects.toThrow(
      /9999/,
    )
    await expect(engine.measurePack(pack([example(200, 2)]))).rejects.toThrow(/capacity/)
  })
})
