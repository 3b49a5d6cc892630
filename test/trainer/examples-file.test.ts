import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readExamples, writeExamples } from '../../main/trainer/examples-file.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()
const file = path.join(folder, 'examples.bin')
const example = (answerFrom: number, ...tokens: number[]) => ({ tokens: Int32Array.from(tokens), answerFrom })
const train = [example(2, 5, 6, 7, 8), example(1, 49_151, 2)]
const validation = [example(3, 1, 2, 3, 4, 5)]

/** The file with some bytes changed and its checksum made right again, so that the other checks are reached. */
function changed(change: (bytes: Buffer) => Buffer): Buffer {
  writeExamples(file, train, validation)
  const bytes = change(readFileSync(file))
  bytes.writeUInt32LE(crc32(bytes.subarray(24)), 20)
  return bytes
}

/** Overwrites the uint32 at this place. */
const put = (value: number, at: number) => (bytes: Buffer) => {
  bytes.writeUInt32LE(value, at)
  return bytes
}

describe('examples.bin', () => {
  it('is read as it was written', () => {
    writeExamples(file, train, validation)
    expect(readExamples(file)).toEqual({ train, validation })
    writeExamples(file, train, [])
    expect(readExamples(file)).toEqual({ train, validation: [] })
    writeExamples(file, [], [])
    expect(readExamples(file)).toEqual({ train: [], validation: [] })
  })

  it('is laid out as its head says', () => {
    writeExamples(file, [example(1, 258, 2)], [])
    expect(readFileSync(file).toString('hex').match(/.{8}/g)).toEqual([
      '49444558',
      '01000000',
      '01000000',
      '00000000',
      '02000000',
      expect.any(String),
      '02000000',
      '01000000',
      '02010000',
      '02000000',
    ])
  })

  it('is not written with an example that cannot be trained on', () => {
    const nothing = path.join(folder, 'nothing.bin')
    const write = (bad: ReturnType<typeof example>) => () => writeExamples(nothing, train, [bad])
    expect(write(example(0, 1, 2))).toThrow('example 3 of 3 has its answer at 0, its 2 tokens allow 1 to 1')
    expect(write(example(2, 1, 2))).toThrow('example 3 of 3 has its answer at 2, its 2 tokens allow 1 to 1')
    expect(write(example(1, 1, -2))).toThrow('example 3 of 3 has the token -2')
    expect(existsSync(nothing)).toBe(false)
  })

  const broken: [string, () => Buffer, RegExp][] = [
    ['an empty file', () => Buffer.alloc(0), /begins with "" and has 0 bytes/],
    ['another file', () => Buffer.from('GGUF and more than 24 bytes of it'), /begins with "GGUF" and has 33 bytes/],
    ['another version', () => changed(put(2, 4)), /of version 2, version 1 is read/],
    ['a truncated file', () => changed((b) => b.subarray(0, -4)), /3 examples of 11 tokens take 92 bytes, it has 88/],
    ['counts past its end', () => changed(put(2 ** 31, 8)), /2147483649 examples of 11 tokens take/],
    ['lengths past its end', () => changed(put(9, 40)), /example 3 of 3 claims 9 tokens, fewer/],
    ['lengths short of its end', () => changed(put(4, 40)), /have 10 tokens, it claims 11/],
    ['a bad answer', () => changed(put(4, 28)), /example 1 of 3 has its answer at 4/],
  ]
  it.each(broken)('is refused when it is %s', (_, make, message) => {
    writeFileSync(file, make())
    expect(() => readExamples(file)).toThrow(message)
  })

  it('is refused when any byte of its content has changed, or it is not there', () => {
    writeExamples(file, train, validation)
    const whole = readFileSync(file)
    for (let at = 24; at < whole.length; at++) {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      writeFileSync(file, bytes)
      expect(() => readExamples(file)).toThrow('its checksum does not agree with its content')
    }
    expect(() => readExamples(path.join(folder, 'none.bin'))).toThrow(/none\.bin cannot be read: ENOENT/)
  })
})
