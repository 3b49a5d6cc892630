import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeVoiceFile } from '../../main/adapters/voice-file.ts'
import type { Device } from '../../main/ggml/device.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { text as asText } from '../../main/gguf/values.ts'
import { writeGguf } from '../../main/gguf/write.ts'
import { Engine } from '../../main/model/engine.ts'
import { readHyperparameters } from '../../main/model/hyperparameters.ts'
import type { PairValues } from '../../main/model/lora.ts'
import { TARGET_NAMES } from '../../main/model/tensors.ts'
import { seeded } from '../../main/random.ts'
import type { TokenExample } from '../../main/trainer/types.ts'
import { disturb, expectTrueGradients } from '../helpers/gradients.ts'
import { logitsOf, quietLlama } from '../helpers/llama.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { type TinyModel, writeTinyModel } from '../helpers/tiny-model.ts'

let device: Device
beforeAll(() => {
  device = openDevice({ threads: 1 })
})
afterAll(() => device.free())

const folder = temporaryFolder()
const random = seeded('architectures-test')
const text = (length: number): Int32Array => Int32Array.from({ length }, () => random.below(300))
const example = (length: number, answer: number): TokenExample => ({
  tokens: text(length),
  answerFrom: length - answer,
})

/** Every architecture with all it can have: windows smaller than the text, blocks without RoPE, stretched positions. */
const VARIANTS: Record<string, Partial<TinyModel>> = {
  'llama 2': { tiedEmbeddings: false, kvHeads: 4 },
  'llama 3 with frequency factors': { ropeFreqs: true, ropeBase: 500_000 },
  'llama stretched by linear scaling': { rope: { type: 'linear', factor: 4, originalContext: 64 } },
  'llama stretched by YaRN': { rope: { type: 'yarn', factor: 4, originalContext: 64 } },
  'llama with a bias on every matrix': { biases: true },
  'mistral (llama with wide heads)': { headSize: 32, tiedEmbeddings: false },
  mistral3: {
    architecture: 'mistral3',
    headSize: 32,
    temperatureScale: 0.1,
    rope: { type: 'yarn', factor: 8, originalContext: 128, betaFast: 16, betaSlow: 2, logMultiplier: 0.7 },
  },
  smollm3: { architecture: 'smollm3', blocks: 4 },
  'qwen2 with biases': { architecture: 'qwen2' },
  'qwen3 with head norms and wide heads': { architecture: 'qwen3', headSize: 32, ropeBase: 1_000_000 },
  'gemma3 with a window by a pattern': {
    architecture: 'gemma3',
    blocks: 3,
    headSize: 32,
    ropeBase: 1_000_000,
    rope: { type: 'linear', factor: 8 },
    window: { tokens: 9, pattern: 2, ropeBase: 5_000 },
  },
  'gemma3 with a window by a list': { architecture: 'gemma3', window: { tokens: 33, pattern: [false, true] } },
  'gemma3 without window, with capped logits': { architecture: 'gemma3', tiedEmbeddings: false, logitCap: 2 },
  'phi3 with part of each head turned': { architecture: 'phi3', ropeDims: 12, tiedEmbeddings: false },
  'phi3 with LongRoPE': {
    architecture: 'phi3',
    context: 1024,
    rope: { type: 'longrope', originalContext: 256, attnFactor: 1.19 },
  },
}

function write(name: string, extra: Partial<TinyModel> = {}): string {
  const file = path.join(folder, `${name.replaceAll(/\W/g, '-')}.gguf`)
  const small = { blocks: 2, width: 64, heads: 4, kvHeads: 2, ff: 96, vocabulary: 320, seed: 3 }
  writeTinyModel(file, { ...small, ...VARIANTS[name], ...extra })
  return file
}

/** The largest difference of two rows of logits, over the second's spread. */
function offBy(found: Float32Array, wanted: Float32Array): number {
  const spread = Math.max(...wanted) - Math.min(...wanted)
  return Math.max(...wanted.map((value, j) => Math.abs(value - (found[j] ?? Number.NaN)))) / spread
}

async function compare(file: string, tokens: Int32Array, capacity: number, contextSize: number): Promise<number> {
  using engine = new Engine(device, readGguf(file), { weightType: TYPE.F32, capacity, lora: null })
  const positions = [0, 1, 7, Math.floor(tokens.length / 2), tokens.length - 1]
  const found = await engine.logits(tokens, positions)
  const llama = await quietLlama()
  const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 })
  const wanted = await logitsOf(model, [...tokens], undefined, { contextSize, exactCache: true })
  await model.dispose()
  return Math.max(...positions.map((at, i) => offBy(found[i] as Float32Array, wanted[at] as Float32Array)))
}

describe('forward', () => {
  it.each(Object.keys(VARIANTS))('gives the logits of llama.cpp: %s', async (name) => {
    // Weights, keys and values are F32 on both sides; what is left is the order of sums, and for gemma3 that an input
    // of gelu's table that differs in its last bit may fall on the next entry.
    const tolerance = name.startsWith('gemma3') ? 2e-4 : 3e-6
    expect(await compare(write(name), text(90), 96, 128)).toBeLessThan(tolerance)
  })

  it('takes the long factors of LongRoPE for texts past the original context, as llama.cpp does', async () => {
    expect(await compare(write('phi3 with LongRoPE'), text(300), 304, 512)).toBeLessThan(3e-6)
  })
})

describe('backward', () => {
  const examples = [example(21, 5), example(9, 3), example(37, 30)]
  it.each(Object.keys(VARIANTS))('agrees with finite differences for every matrix of every block: %s', async (name) => {
    const lora = { rank: 4, alpha: 8, targets: [...TARGET_NAMES] }
    using engine = new Engine(device, readGguf(write(name)), { weightType: TYPE.F32, capacity: 96, lora })
    // ggml's CPU reads gelu from a table in F16: its steps are seen unless one goes far enough.
    const gelu = name.startsWith('gemma3') ? { step: 3e-2, tolerance: 0.03 } : {}
    await expectTrueGradients(engine, examples, gelu)
  })
})

describe('voices', () => {
  it.each([
    'llama 3 with frequency factors',
    'mistral3',
    'smollm3',
    'qwen2 with biases',
    'qwen3 with head norms and wide heads',
    'gemma3 with a window by a pattern',
    'phi3 with part of each head turned',
  ])('sound the same in llama.cpp as in the engine: %s', async (name) => {
    const file = write(name)
    const tokens = text(60)
    const lora = { rank: 4, alpha: 8, targets: [...TARGET_NAMES] }
    using engine = new Engine(device, readGguf(file), { weightType: TYPE.F32, capacity: 64, lora })
    const [plain] = await engine.logits(tokens, [59])
    const values = disturb(engine, 0.5)
    const [found] = await engine.logits(tokens, [59])
    const voice = path.join(folder, 'voice.gguf')
    writeVoiceFile(voice, {
      architecture: engine.h.architecture,
      targets: [...TARGET_NAMES],
      baseSha256: '',
      baseName: name,
      name: 'Tiny',
      rank: lora.rank,
      alpha: lora.alpha,
      tensors: (engine.lora?.pairs ?? []).map(({ tensor, inputs, outputs }, i) => ({
        name: tensor,
        K: inputs,
        M: outputs,
        ...(values[i] as PairValues),
      })),
    })
    const llama = await quietLlama()
    const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 })
    const [wanted] = await logitsOf(
      model,
      [...tokens],
      { file: voice, scale: 1 },
      { exactCache: true, positions: [59] },
    )
    await model.dispose()
    expect(offBy(plain as Float32Array, wanted as Float32Array)).toBeGreaterThan(0.01)
    expect(offBy(found as Float32Array, wanted as Float32Array)).toBeLessThan(2e-4)
  })
})

describe('fused tensors', () => {
  it('take one pair for all the targets that are their rows, named as llama.cpp names the tensor', () => {
    const file = write('phi3 with part of each head turned')
    const named = (targets: (typeof TARGET_NAMES)[number][]): string[] => {
      using engine = new Engine(device, readGguf(file), {
        weightType: TYPE.F32,
        capacity: 16,
        lora: { rank: 2, alpha: 2, targets },
      })
      return (engine.lora?.pairs ?? []).filter((pair) => pair.block === 1).map((pair) => pair.tensor)
    }
    expect(named(['q', 'v'])).toEqual(['blk.1.attn_qkv.weight'])
    expect(named([...TARGET_NAMES])).toEqual([
      'blk.1.attn_qkv.weight',
      'blk.1.attn_output.weight',
      'blk.1.ffn_up.weight',
      'blk.1.ffn_down.weight',
    ])
  })
})

describe('refusals', () => {
  const refusal = (file: string): string => {
    try {
      readHyperparameters(readGguf(file))
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`
    }
    return 'none'
  }

  it('names an architecture that is not carried, with those that are', () => {
    const file = path.join(folder, 'falcon.gguf')
    writeTinyModel(file)
    const { metadata } = readGguf(file)
    writeGguf(file, { metadata: new Map(metadata).set('general.architecture', asText('falcon')), tensors: [] })
    expect(() => readHyperparameters(readGguf(file))).toThrow(
      expect.objectContaining({
        name: 'NotCarried',
        message: expect.stringContaining('"falcon"'),
        next: expect.stringContaining('llama, mistral3, smollm3, qwen2, qwen3, gemma3, phi3'),
      }),
    )
  })

  it('names a tensor that the architecture has no use for', () => {
    // Frequency factors belong to llama; a qwen2 would be trained as if they were not there.
    const file = path.join(folder, 'stray.gguf')
    writeTinyModel(file, { architecture: 'qwen2', ropeFreqs: true })
    expect(refusal(file)).toMatch(/NotCarried: .*the tensor rope_freqs\.weight/)
  })

  it('names a shape that its metadata deny', () => {
    const file = path.join(folder, 'denied.gguf')
    writeTinyModel(file, { architecture: 'qwen3', headSize: 32, ropeDims: 64 })
    expect(refusal(file)).toMatch(/BadGguf: .*RoPE over 64 elements does not fit heads of 32/)
  })
})
