import path from 'node:path'
import type { Llama, LlamaModel } from 'node-llama-cpp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readGguf, readTensor } from '../../main/gguf/read.ts'
import { logitsOf, quietLlama } from './llama.ts'
import { temporaryFolder } from './temporary.ts'
import { type TinyModel, writeTinyModel } from './tiny-model.ts'

const folder = temporaryFolder()
let llama: Llama
beforeAll(async () => {
  llama = await quietLlama()
})
afterAll(() => llama.dispose())

async function withModel<T>(options: Partial<TinyModel>, use: (model: LlamaModel) => Promise<T> | T): Promise<T> {
  const file = path.join(folder, 'model.gguf')
  writeTinyModel(file, options)
  const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 })
  try {
    return await use(model)
  } finally {
    await model.dispose()
  }
}

describe('tiny models', () => {
  const variants: Partial<TinyModel>[] = [
    { type: 'F32' },
    { type: 'F32', tiedEmbeddings: false, ropeFreqs: true },
    { type: 'F16', blocks: 1 },
    { type: 'BF16' },
    { type: 'Q8_0' },
    { type: 'Q4_0' },
    { type: 'Q4_1', embeddingType: 'Q8_0' },
    { type: 'Q4_K', width: 256, ff: 256, heads: 8, kvHeads: 4 },
    { type: 'Q6_K', width: 256, ff: 512, heads: 8, kvHeads: 8, vocabulary: 512 },
  ]
  it.each(variants)('llama.cpp evaluates %o', async (options) => {
    const rows = await withModel(options, (model) => logitsOf(model, [1, 70, 80, 90, 2]))
    expect(rows.map((row) => row.length)).toEqual(Array(5).fill(options.vocabulary ?? 320))
    expect(rows.every((row) => row.every(Number.isFinite))).toBe(true)
    expect(Math.max(...(rows[4] ?? [])) - Math.min(...(rows[4] ?? []))).toBeGreaterThan(0.5)
  })

  it('gives the same file for the same seed and another for another', () => {
    const weights = [1, 1, 2].map((seed, i) => {
      const file = path.join(folder, `${i}.gguf`)
      writeTinyModel(file, { seed })
      return readTensor(readGguf(file), 'blk.1.attn_q.weight')
    })
    expect(weights[0]?.equals(weights[1] ?? Buffer.alloc(0))).toBe(true)
    expect(weights[0]?.equals(weights[2] ?? Buffer.alloc(0))).toBe(false)
  })

  it('refuses shapes that do not fit', () => {
    const file = path.join(folder, 'never.gguf')
    expect(() => writeTinyModel(file, { heads: 3 })).toThrow('3 heads and 2 key heads do not divide a width of 64')
    expect(() => writeTinyModel(file, { width: 80, heads: 4, type: 'Q8_0' })).toThrow('Q8_0 does not take rows of 80')
    expect(() => writeTinyModel(file, { vocabulary: 100 })).toThrow('259 tokens at least, not 100')
  })
})

describe('their tokenizer', () => {
  const texts = [
    'Generate a headline for the following article.',
    'naïve café — 東京 🎈\n\tend',
    '  two  spaces ',
    '0123',
  ]
  it.each(texts)('gives %j back', async (text) => {
    await withModel({ vocabulary: 400 }, (model) => {
      const tokens = model.tokenize(text)
      expect(model.detokenize(tokens)).toBe(text)
      expect(tokens.every((token) => token >= 3 && token < 400)).toBe(true)
    })
  })

  it('merges, so that text takes fewer tokens than bytes, and leaves the rest of the vocabulary unused', async () => {
    const text = 'The garden was quiet in the morning and the gate stood open.'
    await withModel({ vocabulary: 512 }, (model) => {
      expect(model.tokenize(text).length).toBeLessThan(text.length / 2)
      expect(model.fileInfo.metadata.tokenizer.ggml.tokens.length).toBe(512)
    })
  })

  it('knows the special tokens and ends a turn with one', async () => {
    await withModel({}, (model) => {
      expect(Array.from(model.tokenize('<|im_start|>a<|im_end|>', true)).filter((id) => id < 3)).toEqual([1, 2])
      expect(Array.from(model.tokenize('<|im_end|>')).every((id) => id > 2)).toBe(true)
      expect(model.tokens.eos).toBe(2)
      expect(model.tokens.shouldPrependBosToken).toBe(false)
      expect(model.getTokenAttributes(model.tokens.eos ?? (0 as never)).control).toBe(true)
      expect(model.fileInfo.metadata.tokenizer.chat_template).toContain('add_generation_prompt')
    })
  })
})
