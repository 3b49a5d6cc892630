import { statSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { readGguf, readTensor } from '../../main/gguf/read.ts'
import { readHyperparameters } from '../../main/model/hyperparameters.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeRandomBase } from './random-base.ts'

it('a base with random weights is a whole model of its shape and type', () => {
  const file = path.join(temporaryFolder(), 'random.gguf')
  const shape = { name: 'x', blocks: 3, width: 256, heads: 4, kvHeads: 2, ff: 288, vocabulary: 500 }
  writeRandomBase(file, { ...shape, context: 512, ropeBase: 1e4 }, 'Q4_K')
  const gguf = readGguf(file)
  expect(readHyperparameters(gguf)).toMatchObject({ blocks: 3, width: 256, headSize: 64, ff: 288, tied: true })
  expect(gguf.tensor('blk.2.ffn_up.weight')).toMatchObject({ typeName: 'Q4_K', shape: [256, 288] })
  expect(gguf.tensor('blk.2.ffn_down.weight').typeName).toBe('Q5_0')
  const bytes = readTensor(gguf, 'blk.0.ffn_gate.weight')
  expect(bytes.length).toBe((288 * 144 * 256) / 256)
  // The drawn rows come again, and they are no zeros.
  expect(bytes.subarray(0, 64 * 144).equals(bytes.subarray(64 * 144, 128 * 144))).toBe(true)
  expect(new Set(bytes.subarray(0, 144)).size).toBeGreaterThan(30)
  expect(statSync(file).size).toBeGreaterThan(500 * 256)
})
