/**
 * Every quantization that the engine carries, as people's files have it: trained on for real, the voice loaded by
 * llama.cpp on the very file, and both engines' numbers held against each other.
 */
import path from 'node:path'
import type { Llama, LlamaModel } from 'node-llama-cpp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDevice } from '../../main/ggml/open.ts'
import { TYPE, type TypeName } from '../../main/ggml/types.ts'
import { type GgufTensor, readGguf } from '../../main/gguf/read.ts'
import { type GgmlTypeName, ggmlTypeNamed, tensorBytes } from '../../main/gguf/types.ts'
import { writeGguf } from '../../main/gguf/write.ts'
import { Engine } from '../../main/model/engine.ts'
import { readHyperparameters } from '../../main/model/hyperparameters.ts'
import { QUANTIZATIONS } from '../../main/model/quantizations.ts'
import { trainRun } from '../../main/trainer/loop.ts'
import { createRun, readLog } from '../../main/trainer/run-folder.ts'
import type { TokenExample, TrainResult } from '../../main/trainer/types.ts'
import { prose } from '../helpers/library.ts'
import { logitsOf, quietLlama } from '../helpers/llama.ts'
import { requantize } from '../helpers/requantize.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { tinyPlan } from '../helpers/tiny-run.ts'

const root = temporaryFolder()
const exact = path.join(root, 'exact.gguf')
let llama: Llama
beforeAll(async () => {
  llama = await quietLlama()
  writeTinyModel(exact, { blocks: 2, width: 256, heads: 4, kvHeads: 2, ff: 512, vocabulary: 400, seed: 5 })
})
afterAll(() => llama.dispose())

/**
 * Scales of a trained model: what a block adds to the residual stream is small beside it (1/√(2·blocks), GPT-2's start),
 * and logits spread so that a token's surprise is some 4 nats. Without them rounding is amplified as nowhere else.
 */
function scale({ name }: GgufTensor): number {
  if (name === 'token_embd.weight') return 1.5
  return /attn_output|ffn_down/.test(name) ? 0.5 : 1
}

function logSoftmax(row: Float32Array): Float64Array {
  const most = Math.max(...row)
  const sum = row.reduce((total, value) => total + Math.exp(value - most), 0)
  return Float64Array.from(row, (value) => value - most - Math.log(sum))
}

/** Mean over rows of sum p log(p/q), nats. */
function meanKl(p: Float32Array[], q: Float32Array[]): number {
  const each = p.map((row, i) => {
    const [a, b] = [logSoftmax(row), logSoftmax(q[i] as Float32Array)]
    return a.reduce((sum, value, j) => sum + Math.exp(value) * (value - (b[j] as number)), 0)
  })
  return each.reduce((sum, value) => sum + value, 0) / each.length
}

/** Mean negative log-likelihood of the answers' tokens under llama.cpp, nats. */
async function llamaNll(model: LlamaModel, examples: TokenExample[], voice?: string): Promise<number> {
  let [sum, count] = [0, 0]
  for (const { tokens, answerFrom } of examples) {
    const rows = await logitsOf(model, [...tokens], voice ? { file: voice, scale: 1 } : undefined)
    for (let i = answerFrom; i < tokens.length; i++) {
      sum -= logSoftmax(rows[i - 1] as Float32Array)[tokens[i] as number] as number
      count++
    }
  }
  return sum / count
}

/** Sentences cut into a prompt and an answer of 16 tokens each. */
function examplesOf(model: LlamaModel, from: number, count: number): TokenExample[] {
  return Array.from({ length: count }, (_, i) => {
    const tokens = Int32Array.from(model.tokenize(prose(from + i, 60)).slice(0, 32))
    return { tokens, answerFrom: 16 }
  })
}

async function train(base: string, some: TokenExample[], held: TokenExample[]): Promise<[string, TrainResult]> {
  const folder = `${base}.run`
  const settings = { targets: ['all'], dropout: 0, lr: 5e-3, epochs: 2 }
  createRun(folder, tinyPlan(base, settings, { train: some.length, validation: held.length }), some, held)
  return [folder, await trainRun(folder, { report: () => {}, between: async () => {} })]
}

/** Mean KL divergence of the engine's next-token distributions from llama.cpp's, over every position of the texts. */
async function klFrom(model: LlamaModel, file: string, texts: TokenExample[], weightType: TypeName): Promise<number> {
  const device = openDevice({ threads: 1 })
  try {
    using engine = new Engine(device, readGguf(file), { weightType: TYPE[weightType], capacity: 32, adapter: null })
    const [theirs, ours]: [Float32Array[], Float32Array[]] = [[], []]
    for (const { tokens } of texts) {
      theirs.push(...(await logitsOf(model, [...tokens])))
      ours.push(...(await engine.logits(tokens, [...tokens.keys()])))
    }
    return meanKl(theirs, ours)
  } finally {
    device.free()
  }
}

type TypeOf = (name: string) => GgmlTypeName
/** As Q4_K_M files are: embedding, head, and the values and down-projections of some blocks in a finer type. */
const mixed: TypeOf = (name) => {
  if (name === 'token_embd.weight') return 'Q6_K'
  return /blk\.0\.(attn_v|ffn_down)/.test(name) ? 'Q6_K' : 'Q4_K'
}
const fallback: TypeOf = (name) => (/ffn_down/.test(name) ? 'Q5_0' : /token_embd/.test(name) ? 'Q8_0' : 'IQ4_NL')
const CASES: [string, TypeOf][] = [
  ...QUANTIZATIONS.map((type): [string, TypeOf] => [type, () => type as GgmlTypeName]),
  ['a mixed file: Q4_K and Q6_K', mixed],
  ['a mixed file: IQ4_NL, Q5_0 and Q8_0', fallback],
]

it('the list is whole', () => {
  expect([...QUANTIZATIONS].sort()).toEqual(
    [
      'F32',
      'F16',
      'BF16',
      'Q8_0',
      'Q4_0',
      'Q4_1',
      'Q5_0',
      'Q5_1',
      'Q2_K',
      'Q3_K',
      'Q4_K',
      'Q5_K',
      'Q6_K',
      'IQ4_NL',
      'IQ4_XS',
    ].sort(),
  )
})

describe('a voice is trained on', () => {
  it.each(CASES)('%s', async (name, typeOf) => {
    const base = path.join(root, `${name.replaceAll(/\W+/g, '-')}.gguf`)
    requantize(exact, base, ({ name }) => typeOf(name), scale)
    const model = await llama.loadModel({ modelPath: base, gpuLayers: 0 })
    try {
      const [some, held] = [examplesOf(model, 0, 40), examplesOf(model, 100, 6)]
      const [folder, result] = await train(base, some, held)
      const log = readLog(folder)
      expect(log.at(-1)?.loss).toBeLessThan((log[0]?.loss as number) - 1)

      const before = await llamaNll(model, held)
      const after = await llamaNll(model, held, result.voiceFile)
      expect(after).toBeLessThan(before - 1)
      expect(Math.abs(after - (result.bestValidation as number))).toBeLessThan(0.02)

      const forms: TypeName[] = name === 'F32' ? ['F32'] : ['Q8_0', 'BF16']
      for (const form of forms) {
        const kl = await klFrom(model, base, held, form)
        expect(kl, `${name} held as ${form}`).toBeLessThan(0.002)
      }
    } finally {
      await model.dispose()
    }
  })

  // Widths at which neither rows nor columns are whole blocks, nor multiples of what fast products want.
  it.each(['F32', 'F16', 'BF16', 'Q8_0', 'Q4_0'] as const)('%s with rows that do not divide', async (type) => {
    const [odd, base] = [path.join(root, `odd-exact-${type}.gguf`), path.join(root, `odd-${type}.gguf`)]
    const shape = type.startsWith('Q')
      ? { width: 96, ff: 160, heads: 6, kvHeads: 3 }
      : { width: 72, ff: 100, heads: 6, kvHeads: 2 }
    writeTinyModel(odd, { blocks: 2, ...shape, vocabulary: 331, seed: 6 })
    requantize(odd, base, () => type, scale)
    const model = await llama.loadModel({ modelPath: base, gpuLayers: 0 })
    try {
      const [some, held] = [examplesOf(model, 0, 40), examplesOf(model, 100, 4)]
      const [folder, result] = await train(base, some, held)
      const log = readLog(folder)
      expect(log.at(-1)?.loss).toBeLessThan((log[0]?.loss as number) - 0.5)
      const after = await llamaNll(model, held, result.voiceFile)
      expect(Math.abs(after - (result.bestValidation as number))).toBeLessThan(0.02)
    } finally {
      await model.dispose()
    }
  })
})

describe('refused by name, with the list of what is carried:', () => {
  const unusual = (type: GgmlTypeName, tensor: string): string => {
    const file = path.join(root, `${type}-${tensor}.gguf`)
    const source = readGguf(exact)
    writeGguf(file, {
      metadata: source.metadata,
      tensors: [...source.tensors.values()].map(({ name, shape }) => {
        const of = name === tensor ? type : 'F32'
        return { name, shape, type: of, data: new Uint8Array(tensorBytes(ggmlTypeNamed(of), shape) as number) }
      }),
    })
    return file
  }
  it.each([
    ['IQ2_XXS', 'blk.1.ffn_up.weight'],
    ['TQ1_0', 'blk.0.attn_q.weight'],
    ['Q8_K', 'token_embd.weight'],
    ['F64', 'blk.1.attn_v.weight'],
    ['I8', 'blk.1.attn_v.weight'],
  ] as const)('%s', async (type, tensor) => {
    const file = unusual(type, tensor)
    const refusal = {
      name: 'NotCarried',
      message: `${file}: ${tensor} is quantized as ${type}, which cannot be trained on`,
      next: `Voices can be trained on these types: ${QUANTIZATIONS.join(', ')}. The file can still chat.`,
    }
    expect(() => readHyperparameters(readGguf(file))).toThrow(expect.objectContaining(refusal))
    const example = { tokens: Int32Array.of(1, 2, 3), answerFrom: 1 }
    await expect(train(file, [example], [])).rejects.toMatchObject(refusal)
  })

  it('a vector that is not F32', () => {
    const file = unusual('F16', 'blk.0.attn_norm.weight')
    expect(() => readHyperparameters(readGguf(file))).toThrow(/the vector blk\.0\.attn_norm\.weight of type F16/)
  })
})
