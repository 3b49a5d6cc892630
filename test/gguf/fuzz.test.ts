/**
 * 10,000 broken files: each is read or refused with a BadGguf error, nothing is asked of the file past its end, and no
 * number in it makes us allocate more than the file has bytes. Half are broken blindly, half in a field chosen for it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { getHeapStatistics } from 'node:v8'
import { expect, it, vi } from 'vitest'
import { IdiolectError } from '../../main/errors.ts'
import { type GgufFile, readGguf, readTensor } from '../../main/gguf/read.ts'
import { VALUE_TYPES } from '../../main/gguf/values.ts'
import { seeded } from '../helpers/random.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const asked = vi.hoisted(() => ({ bytes: 0, end: 0 }))
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const readSync = (fd: number, target: NodeJS.ArrayBufferView, offset: number, length: number, position: number) => {
    asked.bytes += length
    asked.end = Math.max(asked.end, position + length)
    return fs.readSync(fd, target, offset, length, position)
  }
  return { ...fs, readSync }
})

const file = path.join(temporaryFolder(), 'fuzz.gguf')
const FILES = 10_000

type Random = () => number
type Field = { kind: keyof typeof INTERESTING; at: number }
const below = (random: Random, n: number): number => Math.floor(random() * n)
const pick = <T>(random: Random, from: readonly T[]): T => from[below(random, from.length)] as T

/** What each kind of field is overwritten with. */
const COUNTS = [0n, 1n, 2n, 3n, 255n, 1000n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 40n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]
const INTERESTING = {
  count: COUNTS,
  length: COUNTS,
  dimension: [...COUNTS, 32n, 64n, 2n ** 16n],
  offset: [...COUNTS, 31n, 32n, 64n, 96n, 128n, 160n],
  valueType: [...VALUE_TYPES.keys(), 13, 2 ** 31, 2 ** 32 - 1],
  dimensions: [0, 1, 2, 3, 4, 5, 255, 2 ** 32 - 1],
  tensorType: [0, 1, 2, 3, 4, 8, 12, 16, 24, 28, 30, 31, 43, 2 ** 32 - 1],
  alignment: [0, 1, 2, 3, 8, 16, 32, 48, 64, 4096, 2 ** 30, 2 ** 31, 2 ** 32 - 1],
  version: [0, 1, 2, 3, 4, 2 ** 16, 3 * 2 ** 24],
} as const

/** A small file of every kind of value, with the place of every number in it that something hangs on. */
function sound(): { bytes: Buffer; fields: Field[]; names: number[] } {
  const parts: Buffer[] = []
  const fields: Field[] = []
  const names: number[] = []
  let at = 0
  const put = (bytes: Buffer): void => {
    parts.push(bytes)
    at += bytes.length
  }
  const number = (kind: Field['kind'] | null, value: number, wide: boolean): void => {
    if (kind) fields.push({ kind, at })
    const bytes = Buffer.alloc(wide ? 8 : 4)
    if (wide) bytes.writeBigUInt64LE(BigInt(value))
    else bytes.writeUInt32LE(value)
    put(bytes)
  }
  const text = (value: string): void => {
    number('length', value.length, true)
    put(Buffer.from(value, 'latin1'))
  }
  const name = (value: string): void => {
    names.push(at + 8)
    text(value)
  }
  const type = (value: (typeof VALUE_TYPES)[number]): void => number('valueType', VALUE_TYPES.indexOf(value), false)
  const tensor = (value: string, shape: number[], id: number, offset: number): void => {
    name(value)
    number('dimensions', shape.length, false)
    for (const n of shape) number('dimension', n, true)
    number('tensorType', id, false)
    number('offset', offset, true)
  }
  put(Buffer.from('GGUF'))
  number('version', 3, false)
  number('count', 3, true)
  number('count', 8, true)
  name('general.architecture')
  type('string')
  text('llama')
  name('general.alignment')
  type('uint32')
  number('alignment', 32, false)
  for (const [key, values] of [
    ['tokens', ['a', 'bc', 'def', '']],
    ['merges', ['x y', 'z']],
  ] as const) {
    name(key)
    type('array')
    type('string')
    number('count', values.length, true)
    for (const value of values) text(value)
  }
  for (const [key, element] of [
    ['scores', 'float32'],
    ['kindss', 'uint32'],
  ] as const) {
    name(key)
    type('array')
    type(element)
    number('count', 3, true)
    put(Buffer.alloc(12))
  }
  name('flags')
  type('array')
  type('bool')
  number('count', 2, true)
  put(Buffer.of(1, 0))
  name('number')
  type('uint64')
  number(null, 5, true)
  tensor('a.weight', [4, 2], 0, 0)
  tensor('b.weight', [32, 2], 3, 32)
  tensor('c.weight', [8, 1, 2], 1, 96)
  put(Buffer.alloc((32 - (at % 32)) % 32))
  put(Buffer.alloc(128, 1))
  return { bytes: Buffer.concat(parts), fields, names }
}

type Mutation = (bytes: Buffer, random: Random) => Buffer
const at = (bytes: Buffer, random: Random, room = 1): number => below(random, bytes.length - room)

const BLIND: Mutation[] = [
  function flipBits(bytes, random) {
    for (let n = 1 + random() * 8; n > 0; n--) {
      const place = at(bytes, random)
      bytes[place] = (bytes[place] ?? 0) ^ (1 << below(random, 8))
    }
    return bytes
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, at(bytes, random))
  },
  function overwriteLength(bytes, random) {
    bytes.writeBigUInt64LE(pick(random, COUNTS), at(bytes, random, 8))
    return bytes
  },
  function overwriteNumber(bytes, random) {
    bytes.writeUInt32LE(below(random, random() < 0.5 ? 64 : 2 ** 32), at(bytes, random, 4))
    return bytes
  },
  function remove(bytes, random) {
    const from = at(bytes, random)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + below(random, 40))])
  },
  function repeat(bytes, random) {
    const from = at(bytes, random)
    return Buffer.concat([bytes.subarray(0, from + 20), bytes.subarray(from)])
  },
]

const { bytes: WHOLE, fields: FIELDS, names: NAMES } = sound()

/** One number replaced by one that is dangerous where it stands, or a name by another name of the file. */
function aimed(bytes: Buffer, random: Random): Buffer {
  if (random() < 0.1) {
    const [from, to] = [pick(random, NAMES), pick(random, NAMES)]
    WHOLE.copy(bytes, to - 8, from - 8, from + 8)
    return bytes
  }
  const field = pick(random, FIELDS)
  const value = pick<number | bigint>(random, INTERESTING[field.kind])
  if (typeof value === 'bigint') bytes.writeBigUInt64LE(value, field.at)
  else bytes.writeUInt32LE(value, field.at)
  return bytes
}

function blind(bytes: Buffer, random: Random): Buffer {
  for (let n = 1 + below(random, 2); n > 0 && bytes.length > 24; n--)
    bytes = Buffer.from(pick(random, BLIND)(bytes, random))
  return bytes
}

/** Everything that a caller can ask of a file. Returns the bytes of its tensors. */
function useAll(gguf: GgufFile): number {
  for (const [key, value] of gguf.metadata) {
    if (value.type === 'array') value.value.values()
    for (const get of [gguf.number, gguf.string, gguf.boolean, gguf.numbers, gguf.strings]) {
      try {
        get(key)
      } catch (error) {
        if (!(error instanceof IdiolectError) || error.name !== 'BadGguf') throw error
      }
    }
  }
  let bytes = 0
  for (const tensor of gguf.tensors.values()) bytes += readTensor(gguf, tensor.name).length
  return bytes
}

it('the file that is broken is sound itself', () => {
  writeFileSync(file, WHOLE)
  const gguf = readGguf(file)
  expect([...gguf.tensors.keys()]).toEqual(['a.weight', 'b.weight', 'c.weight'])
  expect(gguf.strings('merges')).toEqual(['x y', 'z'])
  expect(useAll(gguf)).toBe(32 + 40 + 32)
  expect(readFileSync(file).length).toBe(gguf.dataOffset + 128)
})

it(`survives ${FILES} broken files`, () => {
  const random = seeded(20)
  const allocations = [vi.spyOn(Buffer, 'allocUnsafe'), vi.spyOn(Buffer, 'alloc')]
  const refusals: string[] = []
  // The worst over all files, each less what that file allows.
  const worst = { allocated: -1, end: -1, asked: -1, heap: -1 }
  let read = 0
  for (let i = 0; i < FILES; i++) {
    const bytes = (i % 2 === 0 ? blind : aimed)(Buffer.from(WHOLE), random)
    writeFileSync(file, bytes)
    for (const spy of allocations) spy.mockClear()
    asked.bytes = 0
    asked.end = 0
    const heap = getHeapStatistics().used_heap_size
    let tensors = 0
    try {
      tensors = useAll(readGguf(file))
      read++
    } catch (error) {
      if (!(error instanceof IdiolectError) || error.name !== 'BadGguf') throw error
      refusals.push(error.message)
    }
    for (const spy of allocations)
      for (const [size] of spy.mock.calls) worst.allocated = Math.max(worst.allocated, (size as number) - bytes.length)
    worst.end = Math.max(worst.end, asked.end - bytes.length)
    worst.asked = Math.max(worst.asked, asked.bytes - bytes.length - tensors)
    worst.heap = Math.max(worst.heap, getHeapStatistics().used_heap_size - heap)
  }
  for (const spy of allocations) spy.mockRestore()
  expect(read + refusals.length).toBe(FILES)
  expect(read).toBeGreaterThan(FILES / 100)
  expect(refusals.length).toBeGreaterThan(FILES / 2)
  expect(worst.allocated).toBeLessThanOrEqual(0)
  expect(worst.end).toBeLessThanOrEqual(0)
  expect(worst.asked).toBeLessThanOrEqual(0)
  // An array of a claimed length would be megabytes; what is left is errors, strings and maps.
  expect(worst.heap).toBeLessThan(2 ** 20)
  // Each kind of damage has come up.
  for (const damage of [
    /claims \d+ tensors/,
    /claims \d+ metadata entries/,
    /claims \d+ elements/,
    /claims \d+ strings|claims \d+ elements of type string/,
    /is an array of arrays/,
    /tensor \S+ stands in it twice/,
    /metadata key \S+ stands in it twice/,
    /general\.alignment is 0, no power of two/,
    // An alignment of 2^30 or 2^31.
    /a\.weight, .*ends at byte (1073741856|2147483680), the file has/,
    /inside [abc]\.weight/,
    // A dimension of 2^40.
    /ends at byte \d{13,}, the file has/,
    /takes multiples of/,
    /is of type 31 \(Q4_0_4_4/,
  ])
    expect(
      refusals.some((message) => damage.test(message)),
      String(damage),
    ).toBe(true)
}, 300_000)
