/** Trying a file: what is said of good ones, broken ones, and ones that take their process with them. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readGguf, readTensor } from '../../main/gguf/read.ts'
import { type GgufValue, uint32 } from '../../main/gguf/values.ts'
import { writeGguf } from '../../main/gguf/write.ts'
import { probeModel } from '../../main/inference/probe.ts'
import { bundle } from '../helpers/bundle.ts'
import { MINILM } from '../helpers/models.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { writeTinyVoice } from '../helpers/tiny-voice.ts'

const folder = temporaryFolder()
const file = path.join(folder, 'tiny.gguf')
let entry: string

beforeAll(async () => {
  writeTinyModel(file)
  entry = await bundle('main/probe-child.ts')
})

function child(name: string, source: string): string {
  const script = path.join(folder, `${name}.mjs`)
  writeFileSync(script, source)
  return script
}

describe('the child', () => {
  test('runs a chat model', async () => {
    expect(await probeModel(file, { entry })).toEqual({
      ok: true,
      architecture: 'llama',
      parameters: expect.any(Number),
      quantization: null,
      contextSize: 256,
      embeddingDimensions: 64,
      isEmbedder: false,
      reason: null,
    })
  })

  test.skipIf(MINILM === null)('runs a sentence embedder', async () => {
    expect(await probeModel(MINILM!, { entry })).toMatchObject({
      ok: true,
      architecture: 'bert',
      quantization: 'Q8_0',
      contextSize: 512,
      embeddingDimensions: 384,
      isEmbedder: true,
    })
  })

  test('tells why llama.cpp refuses a file whose header is whole', async () => {
    const bad = path.join(folder, 'foreign.gguf')
    const bytes = Buffer.from(readFileSync(file).toString('latin1').replaceAll('llama', 'lxama'), 'latin1')
    writeFileSync(bad, bytes)
    const result = await probeModel(bad, { entry })
    expect(result).toMatchObject({ ok: false, architecture: 'lxama' })
    expect(result.reason).toMatch(/lxama/)
  })
})

describe('a child that does not answer', () => {
  test('a crash is told with its last words', async () => {
    const script = child(
      'crash',
      "console.error('GGML_ASSERT(n > 0) failed'); process.once('message', () => process.abort())",
    )
    const result = await probeModel(file, { entry: script })
    expect(result).toMatchObject({ ok: false, architecture: 'llama' })
    expect(result.reason).toMatch(/SIGABRT.*GGML_ASSERT/)
  })

  test('one that ends without a word is told by its code', async () => {
    const script = child('leave', "process.once('message', () => process.exit(3))")
    expect((await probeModel(file, { entry: script })).reason).toMatch(/ended with code 3/)
  })

  test('one that hangs is ended', async () => {
    const script = child('hang', "process.on('message', () => {}); setInterval(() => {}, 1000)")
    expect((await probeModel(file, { entry: script, timeout: 1500 })).reason).toMatch(/did not answer within 2 seconds/)
  })

  test('one whose trial is cancelled is ended', async () => {
    const script = child('wait', "process.on('message', () => {}); setInterval(() => {}, 1000)")
    const result = await probeModel(file, { entry: script, signal: AbortSignal.abort() })
    expect(result).toMatchObject({ ok: false, reason: 'the try was cancelled' })
  })
})

describe('a file that is never loaded', () => {
  const never = () => child('never', "throw new Error('the child was started')")

  test('cut short', async () => {
    const cut = path.join(folder, 'cut.gguf')
    writeFileSync(cut, readFileSync(file).subarray(0, -1000))
    const result = await probeModel(cut, { entry: never() })
    expect(result).toMatchObject({ ok: false, architecture: null })
    expect(result.reason).toMatch(/cut\.gguf is no usable GGUF file/)
  })

  test('no GGUF, and none at all', async () => {
    const foreign = path.join(folder, 'picture.gguf')
    writeFileSync(foreign, 'JFIF'.repeat(100))
    expect((await probeModel(foreign, { entry: never() })).reason).toMatch(/begins with "JFIF" instead of "GGUF"/)
    expect((await probeModel(path.join(folder, 'none.gguf'), { entry: never() })).reason).toMatch(/cannot be opened/)
  })

  test('a voice', async () => {
    const voice = path.join(folder, 'voice.gguf')
    writeTinyVoice(voice, writeTinyModel(path.join(folder, 'other.gguf')))
    expect((await probeModel(voice, { entry: never() })).reason).toMatch(/is a voice \(an adapter\), not a model/)
  })
})

/** Headers that are whole and say what cannot be: llama.cpp aborts on these, and it is the child that ends. */
describe('a model whose numbers are impossible', () => {
  const cases: [string, string, GgufValue][] = [
    ['no key heads', 'llama.attention.head_count_kv', uint32(0)],
    ['no heads', 'llama.attention.head_count', uint32(0)],
    ['100,000 blocks', 'llama.block_count', uint32(100_000)],
    ['experts', 'llama.expert_count', uint32(4)],
    ['an epsilon that is no number', 'llama.attention.layer_norm_rms_epsilon', { type: 'float32', value: Number.NaN }],
  ]
  test.each(cases)('%s', async (name, key, value) => {
    const bad = path.join(folder, `${name.replaceAll(/\W+/g, '-')}.gguf`)
    const source = readGguf(file)
    writeGguf(bad, {
      metadata: new Map([...source.metadata, [key, value]]),
      tensors: [...source.tensors.values()].map((tensor) => ({
        name: tensor.name,
        shape: tensor.shape,
        type: 'F32',
        data: readTensor(source, tensor.name),
      })),
    })
    const { ok, reason } = await probeModel(bad, { entry })
    expect(ok).toBe(false)
    expect(reason).toMatch(
      /^the process that tried the model (was ended by|ended with) \w+.*: [\w.-]+:\d+: GGML_ASSERT\(/,
    )
  })
})
