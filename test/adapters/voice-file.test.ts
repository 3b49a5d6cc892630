import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkVoice } from '../../main/adapters/check-voice.ts'
import { readVoiceFile, readVoiceTensors, toFloats, writeVoiceFile } from '../../main/adapters/voice-file.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { float32, type GgufValue, text, uint32 } from '../../main/gguf/values.ts'
import { type TensorInput, writeGguf } from '../../main/gguf/write.ts'
import { quantize } from '../helpers/quantize.ts'
import { randomVoice, sha256 } from '../helpers/random-voice.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
const baseFile = path.join(folder, 'base.gguf')
const file = path.join(folder, 'voice.gguf')
beforeAll(() => {
  writeTinyModel(baseFile, { blocks: 2 })
})

const lora: Record<string, GgufValue> = {
  'general.type': text('adapter'),
  'general.architecture': text('llama'),
  'adapter.type': text('lora'),
  'adapter.lora.alpha': float32(16),
}
const f32 = (name: string, ...shape: number[]): TensorInput => ({
  name,
  shape,
  type: 'F32',
  data: new Float32Array(shape.reduce((a, b) => a * b)),
})
const Q = 'blk.0.attn_q.weight'

describe('a voice file', () => {
  it('is read as it was written', () => {
    const written = randomVoice(file, baseFile, {
      rank: 8,
      alpha: 16,
      name: 'Ada’s',
      extra: { pieces: 12, tasks: ['headline'] },
    })
    const voice = readVoiceFile(file)
    expect(voice).toMatchObject({
      architecture: 'llama',
      alpha: 16,
      rank: 8,
      targets: ['q', 'v'],
      name: 'Ada’s',
      baseName: 'Tiny llama 1',
      baseSha256: sha256(baseFile),
      extra: { pieces: 12, tasks: ['headline'] },
    })
    expect(voice.createdAt).toMatch(/^\d{4}-\d\d-\d\dT/)
    expect(voice.tensors.map(({ name }) => name)).toEqual([
      Q,
      'blk.0.attn_v.weight',
      'blk.1.attn_q.weight',
      'blk.1.attn_v.weight',
    ])
    expect(readVoiceTensors(voice)).toEqual(written)
    expect([...voice.gguf.tensors.values()].slice(0, 4).map(({ name, shape }) => [name, shape])).toEqual([
      [`${Q}.lora_a`, [64, 8]],
      [`${Q}.lora_b`, [8, 64]],
      ['blk.0.attn_v.weight.lora_a', [64, 8]],
      ['blk.0.attn_v.weight.lora_b', [8, 32]],
    ])
  })

  it('is not written with numbers of another shape or none at all', () => {
    const voice = { architecture: 'llama', alpha: 8, rank: 2, targets: ['q'], baseSha256: '', baseName: '', name: '' }
    const pair = (a: number, b: number, fill = 0) => ({
      name: Q,
      K: 64,
      M: 64,
      a: new Float32Array(a).fill(fill),
      b: new Float32Array(b).fill(fill),
    })
    const write = (tensors: ReturnType<typeof pair>[]) => () => writeVoiceFile(file, { ...voice, tensors })
    expect(write([])).toThrow('one pair at least')
    expect(write([pair(128, 127)])).toThrow(`${Q} [64, 64] of rank 2: A has 128 numbers, B 127`)
    expect(write([pair(128, 128, Number.NaN)])).toThrow('numbers that are not finite')
    expect(write([pair(128, 128)])).not.toThrow()
  })
})

describe('a foreign GGUF LoRA', () => {
  it('is taken without our keys, ranks of its own, half floats and norms', () => {
    const half = quantize(
      'F16',
      Float32Array.from({ length: 64 * 2 }, (_, i) => (i - 64) / 8),
      64,
    )
    writeGguf(file, {
      metadata: lora,
      tensors: [
        { name: `${Q}.lora_a`, type: 'F16', shape: [64, 2], data: half },
        { name: `${Q}.lora_b`, type: 'BF16', shape: [2, 64], data: new Uint8Array(256).fill(0x3f) },
        f32('blk.1.ffn_down.weight.lora_a', 96, 4),
        f32('blk.1.ffn_down.weight.lora_b', 4, 64),
        f32('blk.1.attn_norm.weight', 64),
      ],
    })
    const voice = readVoiceFile(file)
    expect(voice).toMatchObject({ rank: 4, alpha: 16, targets: ['q', 'down'], baseSha256: null, name: null, extra: {} })
    expect(voice.tensors).toEqual([
      { name: Q, K: 64, M: 64, rank: 2 },
      { name: 'blk.1.ffn_down.weight', K: 96, M: 64, rank: 4 },
    ])
    const [pair] = readVoiceTensors(voice)
    expect(Array.from(pair?.a.slice(60, 66) ?? [])).toEqual([-0.5, -0.375, -0.25, -0.125, 0, 0.125])
    expect(pair?.b[0]).toBeCloseTo(0.746, 3)
    expect(() => checkVoice(voice, readGguf(baseFile), 'any')).not.toThrow()
  })

  it('may change the token embedding, whose A lies the other way round', () => {
    const name = 'token_embd.weight'
    writeGguf(file, { metadata: lora, tensors: [f32(`${name}.lora_a`, 2, 320), f32(`${name}.lora_b`, 2, 64)] })
    expect(readVoiceFile(file).tensors).toEqual([{ name, K: 64, M: 320, rank: 2 }])
    expect(() => checkVoice(readVoiceFile(file), readGguf(baseFile), 'any')).not.toThrow()
  })

  const pair = [f32(`${Q}.lora_a`, 64, 2), f32(`${Q}.lora_b`, 2, 64)]
  const own = { ...lora, 'idiolect.version': uint32(1), 'idiolect.rank': uint32(4) }
  const broken: [string, Record<string, GgufValue>, TensorInput[], string | RegExp][] = [
    ['a whole model', { 'general.architecture': text('llama') }, [], 'it is of type model, adapter none, instead of'],
    ['another kind of adapter', { ...lora, 'adapter.type': text('vera') }, pair, 'it is of type adapter, adapter vera'],
    ['no tensors', lora, [], 'it has no pair of tensors'],
    ['A alone', lora, pair.slice(0, 1), `${Q}.lora_a has no .lora_b beside it`],
    ['B alone', lora, pair.slice(1), `${Q}.lora_b has no .lora_a beside it`],
    [
      'two ranks in a pair',
      lora,
      [f32(`${Q}.lora_a`, 64, 3), f32(`${Q}.lora_b`, 2, 64)],
      `${Q}: A [64, 3] and B [2, 64] share no rank`,
    ],
    [
      'other tensors',
      lora,
      [...pair, f32('blk.0.attn_q.bias', 64)],
      'tensor blk.0.attn_q.bias is neither .lora_a nor .lora_b',
    ],
    [
      'no alpha',
      { ...lora, 'adapter.lora.alpha': text('8') },
      pair,
      'adapter.lora.alpha must be a number, it is of type string',
    ],
    ['an alpha that is no number', { ...lora, 'adapter.lora.alpha': float32(Number.NaN) }, pair, 'its alpha is NaN'],
    ['another rank than it says', own, pair, `it claims rank 4, ${Q} has rank 2`],
    ['a later version', { ...own, 'idiolect.version': uint32(2) }, pair, 'it is of version 2, version 1 is read'],
  ]
  it.each(broken)('with %s is refused', (_, metadata, tensors, message) => {
    writeGguf(file, { metadata, tensors })
    expect(() => readVoiceFile(file)).toThrow(message)
  })

  it('is refused where its numbers are asked for and cannot be had', () => {
    const data = new Uint8Array(34 * 4)
    writeGguf(file, {
      metadata: lora,
      tensors: [{ name: `${Q}.lora_a`, type: 'Q8_0', shape: [64, 2], data }, pair[1] as TensorInput],
    })
    expect(() => readVoiceTensors(readVoiceFile(file))).toThrow(
      `${Q}.lora_a is of type Q8_0; F32, F16 and BF16 are read`,
    )
    const infinite = { ...f32(`${Q}.lora_a`, 64, 2), data: new Float32Array(128).fill(Number.POSITIVE_INFINITY) }
    writeGguf(file, { metadata: lora, tensors: [infinite, pair[1] as TensorInput] })
    expect(() => readVoiceTensors(readVoiceFile(file))).toThrow(`${Q}.lora_a has numbers that are not finite`)
  })
})

describe('checkVoice', () => {
  const base = () => readGguf(baseFile)
  it('accepts the base it was made for and names both hashes for another', () => {
    randomVoice(file, baseFile)
    const voice = readVoiceFile(file)
    expect(() => checkVoice(voice, base(), sha256(baseFile))).not.toThrow()
    expect(() => checkVoice(voice, base(), 'f00d')).toThrow(
      `with SHA-256 ${sha256(baseFile)}, the base has f00d (its shapes would fit)`,
    )
  })

  it('names both hashes and both shapes where both differ', () => {
    const wider = path.join(folder, 'wider.gguf')
    writeTinyModel(wider, { blocks: 2, width: 96, heads: 4 })
    randomVoice(file, baseFile)
    const hashes = `SHA-256 ${sha256(baseFile)}, the base has ${sha256(wider)}`
    expect(() => checkVoice(readVoiceFile(file), readGguf(wider), sha256(wider))).toThrow(
      `${hashes}; its pair for ${Q} makes [64, 64], the base has [96, 96]`,
    )
  })

  it('names both architectures, both shapes, or the weight that is missing', () => {
    const check = (metadata: Record<string, GgufValue>, name: string, K: number, M: number) => () => {
      writeGguf(file, { metadata, tensors: [f32(`${name}.lora_a`, K, 2), f32(`${name}.lora_b`, 2, M)] })
      checkVoice(readVoiceFile(file), base(), 'any')
    }
    expect(check({ ...lora, 'general.architecture': text('qwen2') }, Q, 64, 64)).toThrow(
      'architecture qwen2, the base has llama',
    )
    expect(check(lora, Q, 64, 96)).toThrow(`its pair for ${Q} makes [64, 96], the base has [64, 64]`)
    expect(check(lora, 'blk.2.attn_q.weight', 64, 64)).toThrow('it changes blk.2.attn_q.weight, which the base has not')
  })
})

describe('half floats', () => {
  it('are read as ggml wrote them, the smallest and the largest too', () => {
    const values = Float32Array.of(0, 1, -1, 0.333251953125, 65504, -6.103515625e-5, 2 ** -24, 1e9)
    expect(Array.from(toFloats('F16', Buffer.from(quantize('F16', values, 8))) ?? [])).toEqual([
      ...values.slice(0, 7),
      Number.POSITIVE_INFINITY,
    ])
    expect(toFloats('Q4_0', Buffer.alloc(18))).toBeNull()
  })
})
