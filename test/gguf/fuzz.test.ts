/** 10,000 broken files: each is read or refused with a BadGguf error, and no length in it makes us allocate. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it, vi } from 'vitest'
import { IdiolectError } from '../../main/errors.ts'
import { readGguf, readTensor } from '../../main/gguf/read.ts'
import { arrayOf, text } from '../../main/gguf/values.ts'
import { writeGguf } from '../../main/gguf/write.ts'
import { seeded } from '../helpers/random.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const file = path.join(temporaryFolder(), 'fuzz.gguf')
const FILES = 10_000

type Mutation = (bytes: Buffer, random: () => number) => Buffer
const at = (bytes: Buffer, random: () => number, room = 1) => Math.floor(random() * (bytes.length - room))

const mutations: Mutation[] = [
  function flipBits(bytes, random) {
    for (let n = 1 + random() * 8; n > 0; n--) {
      const place = at(bytes, random)
      bytes[place] = (bytes[place] ?? 0) ^ (1 << Math.floor(random() * 8))
    }
    return bytes
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, at(bytes, random))
  },
  function overwriteLength(bytes, random) {
    const lengths = [0n, 1n, 255n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 40n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]
    bytes.writeBigUInt64LE(lengths[Math.floor(random() * lengths.length)] ?? 0n, at(bytes, random, 8))
    return bytes
  },
  function overwriteNumber(bytes, random) {
    bytes.writeUInt32LE(Math.floor(random() * (random() < 0.5 ? 64 : 2 ** 32)), at(bytes, random, 4))
    return bytes
  },
  function remove(bytes, random) {
    const from = at(bytes, random)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + Math.floor(random() * 40))])
  },
  function repeat(bytes, random) {
    const from = at(bytes, random)
    return Buffer.concat([bytes.subarray(0, from + 20), bytes.subarray(from)])
  },
]

it(`survives ${FILES} broken files`, () => {
  writeGguf(file, {
    metadata: {
      'general.architecture': text('llama'),
      tokens: arrayOf('string', ['a', 'bc', 'def', '']),
      scores: arrayOf('float32', [1, 2, 3]),
      flags: arrayOf('bool', [true, false]),
      count: { type: 'uint64', value: 5 },
    },
    tensors: [
      { name: 'a.weight', type: 'F32', shape: [4, 2], data: new Float32Array(8) },
      { name: 'b.weight', type: 'Q4_1', shape: [32, 2], data: new Uint8Array(40) },
    ],
  })
  const whole = readFileSync(file)
  const random = seeded(20)
  const allocate = vi.spyOn(Buffer, 'allocUnsafe')
  let largest = Number.NEGATIVE_INFINITY
  const outcomes = { read: 0, refused: 0 }
  for (let i = 0; i < FILES; i++) {
    let bytes = Buffer.from(whole)
    for (let n = 1 + Math.floor(random() * 2); n > 0 && bytes.length > 16; n--)
      bytes = Buffer.from(mutations[Math.floor(random() * mutations.length)]?.(bytes, random) ?? bytes)
    writeFileSync(file, bytes)
    allocate.mockClear()
    try {
      const gguf = readGguf(file)
      for (const value of gguf.metadata.values()) if (value.type === 'array') value.value.values()
      for (const tensor of gguf.tensors.values()) readTensor(gguf, tensor.name)
      outcomes.read++
    } catch (error) {
      if (!(error instanceof IdiolectError) || error.name !== 'BadGguf') throw error
      outcomes.refused++
    }
    for (const [size] of allocate.mock.calls) largest = Math.max(largest, size - bytes.length)
  }
  expect(outcomes.read + outcomes.refused).toBe(FILES)
  expect(outcomes.read).toBeGreaterThan(FILES / 100)
  expect(outcomes.refused).toBeGreaterThan(FILES / 2)
  // The largest single allocation, less the size of the file it was made for.
  expect(largest).toBeLessThanOrEqual(0)
})
