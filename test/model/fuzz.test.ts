/**
 * Models whose header was damaged: what the reader lets through must be refused by the model room in words, or be a
 * model whose every tensor has the shape that its numbers say. Nothing else may come out, since ggml aborts on the rest.
 */
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { IdiolectError } from '../../main/errors.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { readGguf, readTensor } from '../../main/gguf/read.ts'
import type { GgufScalar, GgufValue } from '../../main/gguf/values.ts'
import { writeGguf } from '../../main/gguf/write.ts'
import { pack } from '../../main/model/batch.ts'
import { Engine } from '../../main/model/engine.ts'
import { readHyperparameters } from '../../main/model/hyperparameters.ts'
import { seeded } from '../helpers/random.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { type TinyModel, writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
const file = path.join(folder, 'fuzz.gguf')
const KNOWN = ['BadGguf', 'NotCarried']

type Random = () => number
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T

const NUMBERS: GgufScalar[] = [0, 1, 2, 3, 7, 64, 65, 255, 2 ** 31, 2 ** 32 - 1, -1, 0.5, Number.NaN, Infinity, 1e-30]

/** One thing in a sound model changed: a number, a value's type, a name, a shape, a type, an entry or tensor gone. */
function damaged(source: ReturnType<typeof readGguf>, random: Random): void {
  const metadata = new Map<string, GgufValue>(source.metadata)
  const tensors = [...source.tensors.values()].map(({ name, shape, typeName }) => ({
    name,
    shape: [...shape],
    type: typeName as 'F32',
    data: new Uint8Array(readTensor(source, name)),
  }))
  const own = [...metadata.keys()].filter((key) => !key.startsWith('tokenizer.'))
  const key = pick(random, own)
  const at = Math.floor(random() * tensors.length)
  const tensor = tensors[at] as (typeof tensors)[number]
  const damage = pick(random, [
    () => metadata.delete(key),
    () => {
      const type = pick(random, ['uint32', 'int32', 'float32', 'uint64', 'bool'] as const)
      const value = pick(random, NUMBERS)
      const whole = Math.min(2 ** 31 - 1, Math.max(type === 'int32' ? -1 : 0, Math.trunc(Number(value)) || 0))
      metadata.set(key, { type, value: type === 'float32' ? Number(value) : type === 'bool' ? whole > 0 : whole })
    },
    () => metadata.set(key, { type: 'string', value: pick(random, ['', 'llama', 'qwen2', 'yarn', 'x'.repeat(300)]) }),
    () => {
      const length = pick(random, [0, 1, 2, 3])
      const values = (): GgufScalar[] => Array.from({ length }, () => Math.trunc(random() * 4))
      metadata.set(key, { type: 'array', value: { element: 'uint32', length, values } })
    },
    () => tensors.splice(at, 1),
    () => {
      tensor.name = pick(random, ['blk.9.attn_q.weight', 'blk.0.attn_q.bias', 'output.weight', 'rope_freqs.weight'])
    },
    () => tensor.shape.reverse(),
    () => tensor.shape.push(1),
    () => {
      // The same bytes, another shape.
      const [n = 1, ...rest] = tensor.shape
      if (n % 2 === 0) tensor.shape = [n / 2, (rest[0] ?? 1) * 2]
    },
    () => {
      const elements = tensor.shape.reduce((a, b) => a * b, 1)
      tensor.type = pick(random, ['F16', 'BF16', 'F64', 'I32'] as never[])
      const size = { F16: 2, BF16: 2, F64: 8, I32: 4 }[tensor.type as string] ?? 4
      tensor.data = new Uint8Array(elements * size)
    },
  ])
  damage()
  if (new Set(tensors.map(({ name }) => name)).size === tensors.length) writeGguf(file, { metadata, tensors })
}

const MODELS: Partial<TinyModel>[] = [
  { blocks: 2 },
  { blocks: 1, tiedEmbeddings: false, ropeFreqs: true },
  { architecture: 'qwen3' },
  { architecture: 'gemma3' },
  { architecture: 'phi3' },
]

describe('a damaged model', () => {
  it.each(MODELS)('of %o is refused in words, or sound', async (options) => {
    const whole = path.join(folder, 'whole.gguf')
    writeTinyModel(whole, options)
    const source = readGguf(whole)
    const random = seeded(77)
    const device = openDevice({ threads: 1 })
    const outcomes = { sound: 0, refused: 0, tried: 0 }
    try {
      for (let i = 0; i < 200; i++) {
        damaged(source, random)
        try {
          const gguf = readGguf(file)
          readHyperparameters(gguf)
          outcomes.sound++
          if (outcomes.sound % 3 !== 0) continue
          // What is let through must run: a shape that ggml does not like would end this process.
          using engine = new Engine(device, gguf, {
            weightType: TYPE.F32,
            capacity: 16,
            lora: { rank: 2, alpha: 2, targets: ['q', 'v', 'down'] },
          })
          await engine.trainPack(pack([{ tokens: Int32Array.of(0, 1, 2, 1), answerFrom: 1 }], engine.prefix))
          outcomes.tried++
        } catch (error) {
          if (!(error instanceof IdiolectError)) throw error
          if (error.name !== 'NotANumber') expect(KNOWN, error.message).toContain(error.name)
          outcomes.refused++
        }
      }
    } finally {
      device.free()
    }
    expect(outcomes.sound).toBeGreaterThan(20)
    expect(outcomes.tried).toBeGreaterThan(4)
    expect(outcomes.refused).toBeGreaterThan(60)
  })
})
