/** A LoRA merged into its base: what llama.cpp computes with the one file is what it computes with the two. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Llama } from 'node-llama-cpp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mergeLora } from '../../main/adapters/merge-lora.ts'
import { sha256OfContent } from '../../main/adapters/share-voice.ts'
import { readVoiceFile, type VoiceTensor } from '../../main/adapters/voice-file.ts'
import { type GgufFile, readGguf, readTensor } from '../../main/gguf/read.ts'
import type { GgufValue } from '../../main/gguf/values.ts'
import { dequantize } from '../helpers/dequantize.ts'
import { largestDifference, logitsOf, quietLlama } from '../helpers/llama.ts'
import { ALL_TARGETS, randomVoice } from '../helpers/random-voice.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { type TinyModel, writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
const at = (name: string): string => path.join(folder, `${name}.gguf`)
const TOKENS = [70, 81, 92, 103, 5, 6]

let llama: Llama
beforeAll(async () => {
  llama = await quietLlama()
})
afterAll(() => llama.dispose())

interface Use {
  file: string
  scale: number
}

async function logits(model: string, voices: readonly Use[] = []): Promise<Float32Array[]> {
  const loaded = await llama.loadModel({ modelPath: model, gpuLayers: 0 })
  try {
    return await logitsOf(loaded, TOKENS, voices, { exactCache: true })
  } finally {
    await loaded.dispose()
  }
}

function base(name: string, options: Partial<TinyModel>): string {
  writeTinyModel(at(name), { width: 64, heads: 4, kvHeads: 2, ff: 96, seed: 5, ...options })
  return at(name)
}

const floatsOf = (gguf: GgufFile, name: string): Float32Array => {
  const bytes = readTensor(gguf, name)
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
}
const spread = (rows: Float32Array[]): number => Math.max(...rows[0]!) - Math.min(...rows[0]!)

/** W + factor · B A by hand. */
function sum(w: Float32Array, { a, b, K, M }: VoiceTensor, factor: number): Float32Array {
  const rank = a.length / K
  const out = Float32Array.from(w)
  for (let m = 0; m < M; m++)
    for (let k = 0; k < K; k++)
      for (let r = 0; r < rank; r++) out[m * K + k] = out[m * K + k]! + factor * b[m * rank + r]! * a[r * K + k]!
  return out
}

describe('a merged file', () => {
  it.each([
    ['llama', { attn_q: 'q', attn_v: 'v' }],
    ['llama', ALL_TARGETS],
    ['phi3', { attn_qkv: 'qkv', ffn_up: 'up' }],
  ] as const)(
    'of an F32 base is the sum itself, and llama.cpp sees no difference: %s, %o',
    async (architecture, targets) => {
      const name = `f32-${architecture}-${Object.keys(targets).length}`
      const [file, voice] = [base(name, { architecture }), at(`${name}-voice`)]
      const pairs = randomVoice(voice, file, { targets, rank: 3, alpha: 5, deviation: 0.1 })
      mergeLora(file, voice, 0.7, at(`${name}-merged`))
      const [before, after] = [readGguf(file), readGguf(at(`${name}-merged`))]
      for (const pair of pairs) {
        const wanted = sum(floatsOf(before, pair.name), pair, (0.7 * 5) / 3)
        const found = floatsOf(after, pair.name)
        expect(Math.max(...wanted.map((value, i) => Math.abs(value - found[i]!)))).toBeLessThan(1e-6)
      }
      const wanted = await logits(file, [{ file: voice, scale: 0.7 }])
      expect(largestDifference(await logits(at(`${name}-merged`)), wanted)).toBeLessThan(1e-4 * spread(wanted))
      expect(largestDifference(await logits(file), wanted)).toBeGreaterThan(0.05 * spread(wanted))
    },
  )

  // Rounding of the store type: F16 has 11 bits, Q8_0 some 7 below the largest of 32.
  it.each([
    ['Q4_1', 'F16', 2 ** -11],
    ['Q8_0', 'F16', 2 ** -11],
    ['BF16', 'F16', 2 ** -11],
    ['Q4_1', 'Q8_0', 2 ** -8],
  ] as const)('of a %s base holds the sum in %s, rounded once', async (own, type, rounding) => {
    const [file, voice, merged] = [base(`own-${own}`, { type: own }), at(`${own}-${type}-voice`), at(`${own}-${type}`)]
    const pairs = randomVoice(voice, file, { rank: 3, alpha: 5, deviation: 0.1 })
    mergeLora(file, voice, 1, merged, { type })
    const after = readGguf(merged)
    for (const { name } of pairs) expect(after.tensor(name).typeName).toBe(type)
    const before = readGguf(file)
    for (const pair of pairs) {
      const wanted = sum(dequantize(own, readTensor(before, pair.name)), pair, 5 / 3)
      const found = dequantize(type, readTensor(after, pair.name))
      const bound = rounding * Math.max(...wanted.map(Math.abs))
      expect(Math.max(...wanted.map((value, i) => Math.abs(value - found[i]!)))).toBeLessThan(bound)
    }
    // Products round activations by the weights' type, so that the rest is llama.cpp's own noise.
    const wanted = await logits(file, [{ file: voice, scale: 1 }])
    expect(largestDifference(await logits(merged), wanted)).toBeLessThan(0.04 * spread(wanted))
    expect(largestDifference(await logits(file), wanted)).toBeGreaterThan(0.1 * spread(wanted))
  })

  it('has everything else byte for byte, and tells what it is made of', () => {
    const [file, voice, merged] = [base('rest', { type: 'Q4_0' }), at('rest-voice'), at('rest-merged')]
    randomVoice(voice, file, { targets: { attn_q: 'q' } })
    mergeLora(file, voice, 0.5, merged)
    const [before, after] = [readGguf(file), readGguf(merged)]
    expect([...after.tensors.keys()]).toEqual([...before.tensors.keys()])
    for (const [name, { typeName }] of before.tensors) {
      const changed = name.includes('attn_q')
      expect(after.tensor(name).typeName).toBe(changed ? 'F16' : typeName)
      expect(readTensor(after, name).equals(readTensor(before, name)), name).toBe(!changed)
    }
    const plain = (value: GgufValue | undefined): unknown =>
      value?.type === 'array' ? [...value.value.values()] : value?.value
    for (const [key, value] of before.metadata) expect(plain(after.metadata.get(key)), key).toEqual(plain(value))
    expect(after.string('idiolect.merged.base.sha256')).toBe(sha256OfContent(file))
    expect(after.string('idiolect.merged.voice.sha256')).toBe(sha256OfContent(voice))
    expect(after.number('idiolect.merged.strength')).toBe(0.5)
  })

  it('takes a voice that was trained over the task adapter in it, and gives what both give laid over the base', async () => {
    const file = base('stacked', {})
    randomVoice(at('task'), file, { deviation: 0.1, name: 'Task' })
    const under = { name: 'Task', sha256: sha256OfContent(at('task')), createdAt: null }
    randomVoice(at('user'), file, { targets: { attn_q: 'q', ffn_up: 'up' }, deviation: 0.1, seed: 9, extra: { under } })
    expect(() => mergeLora(file, at('user'), 1, at('early'))).toThrow(/over the task adapter Task .* is merged nothing/)
    mergeLora(file, at('task'), 0.5, at('half'))
    expect(() => mergeLora(at('half'), at('user'), 1, at('early'))).toThrow(/at strength 0.5/)
    expect(existsSync(at('early'))).toBe(false)
    mergeLora(file, at('task'), 1, at('with-task'))
    mergeLora(at('with-task'), at('user'), 1, at('with-both'))
    const wanted = await logits(file, [
      { file: at('task'), scale: 1 },
      { file: at('user'), scale: 1 },
    ])
    expect(largestDifference(await logits(at('with-both')), wanted)).toBeLessThan(1e-4 * spread(wanted))
  })
})

describe('is refused', () => {
  it('for another base, another kind, the embedding, numbers too large: nothing is left behind', () => {
    const file = base('refusing', { type: 'Q8_0' })
    const out = at('refused')
    randomVoice(at('fits'), base('other', { seed: 6 }))
    expect(() => mergeLora(file, at('fits'), 1, out)).toThrow(/does not fit the base/)
    randomVoice(at('large'), file, { deviation: 200 })
    expect(() => mergeLora(file, at('large'), 1, out)).toThrow(/too large for F16/)
    expect(existsSync(out)).toBe(false)
    expect(readVoiceFile(at('large')).rank).toBe(4)
  })
})
