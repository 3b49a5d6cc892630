import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import koffi from 'koffi'
import { readGgufFileInfo } from 'node-llama-cpp'
import { describe, expect, it } from 'vitest'
import { IdiolectError } from '../../main/errors.ts'
import { readGguf, readTensor } from '../../main/gguf/read.ts'
import { GGML_TYPES } from '../../main/gguf/types.ts'
import { arrayOf, type GgufValue, text, uint32 } from '../../main/gguf/values.ts'
import { writeGguf } from '../../main/gguf/write.ts'
import { ggmlBaseLibrary } from '../helpers/quantize.ts'
import { shared } from '../helpers/shared.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
const file = path.join(folder, 'file.gguf')

function refusal(bytes: Buffer): string {
  writeFileSync(file, bytes)
  try {
    readGguf(file)
  } catch (error) {
    expect(error).toBeInstanceOf(IdiolectError)
    expect((error as IdiolectError).name).toBe('BadGguf')
    expect((error as Error).message).toContain(file)
    return (error as Error).message.replace(`${file} is no usable GGUF file: `, '')
  }
  return 'accepted'
}

const u32 = (n: number) => Buffer.from(Uint32Array.of(n).buffer)
const u64 = (n: number | bigint) => Buffer.from(BigUint64Array.of(BigInt(n)).buffer)
const string = (s: string) => Buffer.concat([u64(Buffer.byteLength(s)), Buffer.from(s)])
const header = (tensors: number | bigint, entries: number | bigint, version = 3) =>
  Buffer.concat([Buffer.from('GGUF'), u32(version), u64(tensors), u64(entries)])
const entry = (key: string, type: number, ...value: Buffer[]) => Buffer.concat([string(key), u32(type), ...value])
const tensor = (name: string, shape: (number | bigint)[], type: number, offset: number) =>
  Buffer.concat([string(name), u32(shape.length), ...shape.map(u64), u32(type), u64(offset)])
/** A file of these tensors and `data` bytes after the header. */
const withTensors = (data: number, ...tensors: Buffer[]) => {
  const head = Buffer.concat([header(tensors.length, 0), ...tensors])
  return Buffer.concat([head, Buffer.alloc(Math.ceil(head.length / 32) * 32 - head.length + data)])
}
const room = Buffer.alloc(200)

describe('readGguf refuses', () => {
  const cases: [string, Buffer, string | RegExp][] = [
    ['an empty file', Buffer.alloc(0), 'the magic number claims 4 bytes at 0, the file ends after 0 of them'],
    ['another magic', Buffer.from('PK\x03\x04 and so on'), 'it begins with "PK\\u0003\\u0004" instead of "GGUF"'],
    ['version 1', header(0, 0, 1), 'it is of version 1, versions 2 and 3 are read'],
    ['version 4', header(0, 0, 4), 'it is of version 4, versions 2 and 3 are read'],
    ['big endian', header(0, 0, 0x03000000), 'it is big endian, only little endian is read'],
    ['a header cut short', header(0, 0).subarray(0, 20), /^the number of metadata entries claims 8 bytes at 16/],
    ['too many tensors', Buffer.concat([header(1e9, 0), room]), 'it claims 1000000000 tensors, 208 bytes are left'],
    ['too many entries', Buffer.concat([header(0, 15), room]), 'it claims 15 metadata entries, 200 bytes are left'],
    ['a count past 2^53', header(2n ** 63n, 0), 'the number of tensors is 9223372036854775808, the file has 24 bytes'],
    [
      'a long key',
      Buffer.concat([header(0, 1), u64(1e12), room]),
      /^metadata key 1 of 1 claims 1000000000000 bytes at 32/,
    ],
    ['an empty key', Buffer.concat([header(0, 1), entry('', 4, u32(1)), room]), /has the name "", which is empty/],
    [
      'a key of no text',
      Buffer.concat([header(0, 1), u64(2), Buffer.from([0xff, 0xfe]), u32(4), room]),
      /is empty or no text/,
    ],
    [
      'a key twice',
      Buffer.concat([header(0, 2), entry('k', 4, u32(1)), entry('k', 4, u32(2))]),
      'metadata key k stands in it twice',
    ],
    [
      'an unknown value type',
      Buffer.concat([header(0, 1), entry('k', 13), room]),
      'k is of type 13, types 0 to 12 are known',
    ],
    ['a bool of 2', Buffer.concat([header(0, 1), entry('k', 7, Buffer.of(2))]), 'the value of k is a bool of value 2'],
    ['a long string', Buffer.concat([header(0, 1), entry('k', 8, u64(500), room)]), /^the value of k claims 500 bytes/],
    [
      'a long array',
      Buffer.concat([header(0, 1), entry('k', 9, u32(4), u64(2 ** 40), room)]),
      'k claims 1099511627776 elements of type uint32, 200 bytes are left',
    ],
    [
      'an array of long strings',
      Buffer.concat([header(0, 1), entry('k', 9, u32(8), u64(2), string('a'), u64(5000), room)]),
      /^k claims 5000 bytes at \d+, the file ends after 200 of them/,
    ],
    [
      'arrays in arrays',
      Buffer.concat([header(0, 1), entry('k', 9, u32(9), u64(1), room)]),
      /^k is an array of arrays/,
    ],
    [
      'an alignment of 0',
      Buffer.concat([header(0, 1), entry('general.alignment', 4, u32(0))]),
      'general.alignment is 0, no power of two',
    ],
    [
      'an alignment in words',
      Buffer.concat([header(0, 1), entry('general.alignment', 8, string('x'))]),
      'general.alignment is of type string instead of uint32',
    ],
    ['no dimensions', withTensors(64, tensor('t', [], 0, 0)), 'tensor t has 0 dimensions, 1 to 4 are allowed'],
    [
      '5 dimensions',
      withTensors(64, tensor('t', [1, 1, 1, 1, 1], 0, 0)),
      'tensor t has 5 dimensions, 1 to 4 are allowed',
    ],
    ['a length of 0', withTensors(64, tensor('t', [4, 0], 0, 0)), 'tensor t has the length 0 in dimension 2'],
    ['an unknown type', withTensors(64, tensor('t', [4], 99, 0)), /^tensor t is of type 99, known are F32, F16, Q4_0/],
    [
      'a type that ggml has given up',
      withTensors(64, tensor('t', [4], 31, 0)),
      /^tensor t is of type 31 \(Q4_0_4_4, which ggml has given up\), known are F32/,
    ],
    [
      'half a block',
      withTensors(64, tensor('t', [40], 8, 0)),
      'tensor t has rows of 40 elements, type Q8_0 takes multiples of 32',
    ],
    ['an odd offset', withTensors(64, tensor('t', [4], 0, 8)), 'tensor t lies at offset 8, not a multiple of 32'],
    [
      'a tensor past the end',
      withTensors(64, tensor('t', [17], 0, 0)),
      'tensor t, F32 [17], ends at byte 132, the file has 128',
    ],
    [
      'an immense tensor',
      withTensors(64, tensor('t', [2n ** 52n, 2n ** 52n, 2n ** 52n, 2n ** 52n], 0, 0)),
      /^tensor t, F32 \[4503599627370496, .*ends at byte 1\.6.*e\+63, the file has 160$/,
    ],
    [
      'tensors on each other',
      withTensors(128, tensor('a', [16], 0, 0), tensor('b', [16], 0, 32)),
      'tensor b begins at byte 128, inside a',
    ],
    [
      'a tensor twice',
      withTensors(128, tensor('a', [16], 0, 0), tensor('a', [16], 0, 64)),
      'tensor a stands in it twice',
    ],
    ['a long name', withTensors(64, tensor('n'.repeat(64), [4], 0, 0)), /has 64 bytes, 63 are allowed/],
  ]
  it.each(cases)('%s', (_, bytes, expected) => {
    if (typeof expected === 'string') expect(refusal(bytes)).toBe(expected)
    else expect(refusal(bytes)).toMatch(expected)
  })

  it('a folder and a file that is not there', () => {
    mkdirSync(path.join(folder, 'folder.gguf'), { recursive: true })
    expect(() => readGguf(path.join(folder, 'folder.gguf'))).toThrow('it is a folder or a device, no file')
    expect(() => readGguf(path.join(folder, 'none.gguf'))).toThrow(/none\.gguf cannot be opened: ENOENT/)
  })

  it('every truncation of a real file', () => {
    writeTinyModel(file, { blocks: 1, width: 32, ff: 32, heads: 2, vocabulary: 259 })
    const whole = readFileSync(file)
    const { dataOffset } = readGguf(file)
    for (let length = 0; length < whole.length - 32; length += length < dataOffset ? 97 : 4001)
      expect(refusal(whole.subarray(0, length)), `${length} bytes`).not.toBe('accepted')
  })
})

describe('readGguf accepts', () => {
  it('version 2, no tensors, and no padding after the last', () => {
    expect(refusal(header(0, 0, 2))).toBe('accepted')
    expect(refusal(header(0, 0))).toBe('accepted')
    expect(refusal(withTensors(12, tensor('t', [3], 0, 0)))).toBe('accepted')
  })

  it('a vocabulary of 50,000 tokens', () => {
    const tokens = Array.from({ length: 50_000 }, (_, i) => `token ${i}`)
    writeGguf(file, { metadata: { tokens: arrayOf('string', tokens) }, tensors: [] })
    expect(readGguf(file).strings('tokens')).toEqual(tokens)
  })
})

describe('the getters', () => {
  const metadata: Record<string, GgufValue> = {
    number: uint32(3),
    text: text('words'),
    texts: arrayOf('string', ['a']),
    numbers: arrayOf('float32', [0.5]),
    huge: { type: 'uint64', value: 2n ** 60n },
  }
  it('take what they ask for, and name key, wanted and found otherwise', () => {
    writeGguf(file, { metadata, tensors: [] })
    const gguf = readGguf(file)
    expect(gguf.number('number')).toBe(3)
    expect(gguf.string('text')).toBe('words')
    expect(gguf.strings('texts')).toEqual(['a'])
    expect(gguf.numbers('numbers')).toEqual([0.5])
    expect(gguf.number('none', 7)).toBe(7)
    expect(gguf.has('none')).toBe(false)
    expect(() => gguf.number('none')).toThrow('none must be a number, it is missing')
    expect(() => gguf.number('text')).toThrow('text must be a number, it is of type string')
    expect(() => gguf.number('text', 7)).toThrow('text must be a number, it is of type string')
    expect(() => gguf.number('huge')).toThrow('huge must be a number, it is of type uint64')
    expect(() => gguf.strings('numbers')).toThrow('numbers must be an array of strings, it is of type array of float32')
    expect(() => gguf.boolean('number')).toThrow('number must be a bool, it is of type uint32')
  })
})

describe('the table of types', () => {
  it("has ggml's own names and sizes", () => {
    const ggml = koffi.load(ggmlBaseLibrary())
    const block = ggml.func('int64_t ggml_blck_size(int)')
    const bytes = ggml.func('size_t ggml_type_size(int)')
    const name = ggml.func('const char* ggml_type_name(int)')
    const theirs = GGML_TYPES.map(({ id }) => ({
      id,
      name: String(name(id)).toUpperCase(),
      block: Number(block(id)),
      bytes: Number(bytes(id)),
    }))
    expect(GGML_TYPES).toEqual(theirs)
  })
})

describe.skipIf(!shared('models', 'stories260K.gguf'))('the shared 260K model', () => {
  it('is read as node-llama-cpp reads it', async () => {
    const stories = shared('models', 'stories260K.gguf') ?? ''
    const gguf = readGguf(stories)
    const info = await readGgufFileInfo(stories)
    expect([...gguf.tensors.values()].map(({ name, type, shape }) => [name, type, shape])).toEqual(
      info.fullTensorInfo?.map(({ name, ggmlType, dimensions }) => [name, ggmlType, dimensions.map(Number)]),
    )
    expect(gguf.strings('tokenizer.ggml.tokens')).toEqual(info.metadata.tokenizer.ggml.tokens)
    expect(readTensor(gguf, 'output_norm.weight').length).toBe(gguf.number('llama.embedding_length') * 4)
  })
})
