import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { readGgufFileInfo } from 'node-llama-cpp'
import { describe, expect, it } from 'vitest'
import { readGguf, readTensor, readTensorChunks, readTensorInto } from '../../main/gguf/read.ts'
import { arrayOf, bool, float32, type GgufValue, text, uint32 } from '../../main/gguf/values.ts'
import { type GgufInput, writeGguf } from '../../main/gguf/write.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()
const file = path.join(folder, 'round.gguf')

const metadata: Record<string, GgufValue> = {
  'general.architecture': text('llama'),
  'a.uint8': { type: 'uint8', value: 255 },
  'a.int8': { type: 'int8', value: -128 },
  'a.uint16': { type: 'uint16', value: 65535 },
  'a.int16': { type: 'int16', value: -32768 },
  'a.uint32': uint32(4294967295),
  'a.int32': { type: 'int32', value: -2147483648 },
  'a.float32': float32(0.5),
  'a.float64': { type: 'float64', value: Math.PI },
  'a.bool': bool(true),
  'a.uint64': { type: 'uint64', value: 2n ** 64n - 1n },
  'a.int64': { type: 'int64', value: -(2 ** 40) },
  'a.text': text('naïve 東京 🎈'),
  'a.empty': text(''),
  'a.strings': arrayOf('string', ['one', '', 'drei — 東']),
  'a.numbers': arrayOf('int32', [1, -2, 3]),
  'a.bools': arrayOf('bool', [true, false]),
  'a.longs': arrayOf('uint64', [1, 2n ** 60n]),
  'a.none': arrayOf('string', []),
}

const input: GgufInput = {
  metadata,
  tensors: [
    { name: 'first', type: 'F32', shape: [3], data: Float32Array.of(1, -2, 0.25) },
    { name: 'second', type: 'Q8_0', shape: [32, 2], data: Uint8Array.from({ length: 68 }, (_, i) => i) },
    { name: 'third', type: 'I32', shape: [2, 1, 3, 1], data: new Uint8Array(24).fill(7) },
  ],
}

const plain = (value: GgufValue) => (value.type === 'array' ? value.value.values() : value.value)

describe('writeGguf', () => {
  it('writes what readGguf reads', () => {
    writeGguf(file, input)
    const gguf = readGguf(file)
    expect(gguf.version).toBe(3)
    expect([...gguf.metadata.keys()]).toEqual(Object.keys(metadata))
    for (const [key, value] of Object.entries(metadata)) {
      expect(gguf.metadata.get(key)?.type, key).toBe(value.type)
      expect(plain(gguf.metadata.get(key) ?? text('missing')), key).toEqual(plain(value))
    }
    expect(
      [...gguf.tensors.values()].map(({ name, typeName, shape, bytes }) => [name, typeName, shape, bytes]),
    ).toEqual([
      ['first', 'F32', [3], 12],
      ['second', 'Q8_0', [32, 2], 68],
      ['third', 'I32', [2, 1, 3, 1], 24],
    ])
    expect(readTensor(gguf, 'first').readFloatLE(8)).toBe(0.25)
    expect(readTensor(gguf, 'second').equals(input.tensors[1]?.data as Uint8Array)).toBe(true)
  })

  it("agrees with node-llama-cpp's reader on metadata and tensors", async () => {
    writeGguf(file, input)
    const info = await readGgufFileInfo(file)
    const gguf = readGguf(file)
    expect(info.version).toBe(gguf.version)
    const theirs = (info.metadata as unknown as { a: Record<string, unknown> }).a
    for (const key of ['uint8', 'int16', 'uint32', 'float32', 'float64', 'bool', 'text', 'strings', 'numbers', 'bools'])
      expect(theirs[key], key).toEqual(plain(gguf.metadata.get(`a.${key}`) ?? text('missing')))
    expect(
      info.fullTensorInfo?.map(({ name, dimensions, ggmlType }) => [name, dimensions.map(Number), ggmlType]),
    ).toEqual([...gguf.tensors.values()].map(({ name, shape, type }) => [name, shape, type]))
    expect(info.fullTensorInfo?.map(({ offset }) => Number(offset) + gguf.dataOffset)).toEqual(
      [...gguf.tensors.values()].map(({ offset }) => offset),
    )
  })

  it('follows another alignment', () => {
    writeGguf(file, { ...input, metadata: { ...metadata, 'general.alignment': uint32(128) } })
    const gguf = readGguf(file)
    expect(gguf.alignment).toBe(128)
    expect([...gguf.tensors.values()].map(({ offset }) => offset % 128)).toEqual([0, 0, 0])
    expect(readTensor(gguf, 'third').equals(new Uint8Array(24).fill(7))).toBe(true)
  })

  it('refuses data that are not of the shape, and leaves nothing behind', () => {
    const wrong = path.join(folder, 'wrong.gguf')
    const write = (data: Uint8Array | Float32Array, type: 'F32' | 'F16') =>
      writeGguf(wrong, { metadata: {}, tensors: [{ name: 't', type, shape: [2, 2], data }] })
    expect(() => write(new Float32Array(3), 'F32')).toThrow('t, F32 [2, 2], has 16 bytes, its data 12')
    expect(() => write(new Float32Array(2), 'F16')).toThrow('t is F16, its data are F32')
    expect(existsSync(wrong)).toBe(false)
  })
})

describe('reading tensors', () => {
  it('visits a tensor in chunks', () => {
    writeGguf(file, input)
    const whole = readTensor(readGguf(file), 'second')
    const seen: [number, Buffer][] = []
    readTensorChunks(readGguf(file), 'second', 30, (chunk, at) => seen.push([at, Buffer.from(chunk)]))
    expect(seen.map(([at, chunk]) => [at, chunk.length])).toEqual([
      [0, 30],
      [30, 30],
      [60, 8],
    ])
    expect(Buffer.concat(seen.map(([, chunk]) => chunk)).equals(whole)).toBe(true)
  })

  it('fills a given buffer, and only one of the right size', () => {
    const gguf = readGguf(file)
    const target = new Uint8Array(24)
    readTensorInto(gguf, 'third', target)
    expect(target.every((byte) => byte === 7)).toBe(true)
    expect(() => readTensorInto(gguf, 'third', new Uint8Array(23))).toThrow('third has 24 bytes, the buffer 23')
    expect(() => readTensor(gguf, 'fourth')).toThrow('tensor fourth is missing, it has 3 others')
  })

  it('notices that the file has changed since it was opened', () => {
    writeGguf(file, input)
    const gguf = readGguf(file)
    writeFileSync(file, readFileSync(file).subarray(0, -10))
    expect(() => readTensor(gguf, 'first')).toThrow(/had \d+ bytes when opened and has \d+ now/)
  })
})
