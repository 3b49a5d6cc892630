import path from 'node:path'
import { expect, it } from 'vitest'
import { readGguf, readTensor } from '../../main/gguf/read.ts'
import { readHyperparameters } from '../../main/model/hyperparameters.ts'
import { writeRandomModel } from './random-model.ts'
import { temporaryFolder } from './temporary.ts'

const folder = temporaryFolder()
const SHAPE = { blocks: 8, width: 256, heads: 4, kvHeads: 2, ff: 288, vocabulary: 500, tied: true }

it('a model with random weights is a whole one of its shape and type', () => {
  const file = path.join(folder, 'one.gguf')
  writeRandomModel(file, SHAPE, 'Q4_K')
  const gguf = readGguf(file)
  expect(readHyperparameters(gguf)).toMatchObject({ blocks: 8, width: 256, headSize: 64, ff: 288, tied: true })
  expect(gguf.tensor('blk.2.ffn_up.weight')).toMatchObject({ typeName: 'Q4_K', shape: [256, 288] })
  // Rows of 288 are no whole number of its blocks.
  expect(gguf.tensor('blk.2.ffn_down.weight').typeName).toBe('Q5_0')
  const bytes = readTensor(gguf, 'blk.0.ffn_gate.weight')
  expect(bytes.length).toBe(288 * 144)
  expect(new Set(bytes.subarray(0, 144)).size).toBeGreaterThan(30)
})

it('mixes types as Q4_K_M does', () => {
  const file = path.join(folder, 'mix.gguf')
  writeRandomModel(file, { ...SHAPE, ff: 512, tied: false }, 'Q4_K_M')
  const gguf = readGguf(file)
  const types = (name: string) => Array.from({ length: 8 }, (_, i) => gguf.tensor(`blk.${i}.${name}.weight`).typeName)
  expect(new Set(types('ffn_up'))).toEqual(new Set(['Q4_K']))
  // The first and last eighth, and every third of the rest.
  expect(types('attn_v')).toEqual(['Q6_K', 'Q4_K', 'Q4_K', 'Q6_K', 'Q4_K', 'Q4_K', 'Q6_K', 'Q6_K'])
  expect(gguf.tensor('output.weight').typeName).toBe('Q6_K')
})
