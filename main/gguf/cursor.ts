/**
 * Reads a GGUF's header front to back without believing it: every length is held against the file's own size before
 * anything is read or allocated. Knows bytes and strings, not keys and tensors.
 */
import { readSync } from 'node:fs'
import { IdiolectError } from '../errors.ts'
import { type GgufElementType, type GgufScalar, SCALAR_BYTES } from './values.ts'

/** The largest vocabularies known make headers of some 30 MB; past this a length field is taken for broken. */
const HEADER_BYTES_AT_MOST = 256 * 2 ** 20
const FIRST_READ = 2 ** 20

export function badGguf(file: string, problem: string): IdiolectError {
  return new IdiolectError(
    'BadGguf',
    `${file} is no usable GGUF file: ${problem}`,
    'Get the file again, or choose another GGUF file.',
  )
}

export interface Cursor {
  /** Offset of the next byte. */
  at(): number
  /** Bytes from here to the file's end. */
  left(): number
  bytes(n: number, what: string): Buffer
  uint32(what: string): number
  /** An unsigned 64-bit count, length or offset; refused where a double would not hold it. */
  count(what: string): number
  scalar(type: GgufElementType, what: string): GgufScalar
  string(what: string): string
  /** Steps over `n` elements of this type and returns a function that decodes them. */
  skipArray(type: GgufElementType, n: number, what: string): () => GgufScalar[]
}

/** A cursor over the open file `fd` of `size` bytes; `file` is its name for errors. */
export function openCursor(fd: number, file: string, size: number): Cursor {
  const limit = Math.min(size, HEADER_BYTES_AT_MOST)
  let buffer = Buffer.alloc(0)
  let position = 0

  function need(n: number, what: string): void {
    const end = position + n
    if (end <= buffer.length) return
    if (end > size)
      throw badGguf(file, `${what} claims ${n} bytes at ${position}, the file ends after ${size - position} of them`)
    if (end > limit)
      throw badGguf(file, `${what} claims ${n} bytes, a header of over ${limit / 2 ** 20} MiB is not believed`)
    const grown = Buffer.allocUnsafe(Math.min(limit, Math.max(end, buffer.length * 2, FIRST_READ)))
    buffer.copy(grown)
    let filled = buffer.length
    while (filled < grown.length) {
      const got = readSync(fd, grown, filled, grown.length - filled, filled)
      if (got === 0) throw badGguf(file, `it was ${size} bytes long and ended after ${filled} while it was read`)
      filled += got
    }
    buffer = grown
  }

  /** Reads the 64-bit count at `position`, which must be in the buffer. */
  function countHere(what: string): number {
    const high = buffer.readUInt32LE(position + 4)
    if (high >= 2 ** 21)
      throw badGguf(file, `${what} is ${buffer.readBigUInt64LE(position)}, the file has ${size} bytes`)
    const value = high * 2 ** 32 + buffer.readUInt32LE(position)
    position += 8
    return value
  }

  function count(what: string): number {
    need(8, what)
    return countHere(what)
  }

  function bytes(n: number, what: string): Buffer {
    need(n, what)
    position += n
    return buffer.subarray(position - n, position)
  }

  function string(what: string): string {
    const n = count(`the length of ${what}`)
    need(n, what)
    position += n
    return buffer.toString('utf8', position - n, position)
  }

  function scalar(type: GgufElementType, what: string): GgufScalar {
    if (type === 'string') return string(what)
    const from = position
    need(SCALAR_BYTES[type], what)
    position += SCALAR_BYTES[type]
    if (type === 'bool' && (buffer[from] ?? 0) > 1) throw badGguf(file, `${what} is a bool of value ${buffer[from]}`)
    return decodeScalar(buffer, from, type)
  }

  function skipArray(type: GgufElementType, n: number, what: string): () => GgufScalar[] {
    const start = position
    if (type === 'string') {
      if (n > left() / 8) throw badGguf(file, `${what} claims ${n} strings, ${left()} bytes are left`)
      for (let i = 0; i < n; i++) {
        need(8, what)
        const length = countHere(what)
        need(length, what)
        position += length
      }
    } else {
      need(n * SCALAR_BYTES[type], what)
      position += n * SCALAR_BYTES[type]
    }
    return () => decodeArray(buffer, start, type, n)
  }

  const left = () => size - position
  const uint32 = (what: string) => bytes(4, what).readUInt32LE(0)
  return { at: () => position, left, bytes, uint32, count, scalar, string, skipArray }
}

function decodeScalar(buffer: Buffer, at: number, type: Exclude<GgufElementType, 'string'>): GgufScalar {
  switch (type) {
    case 'uint8':
      return buffer.readUInt8(at)
    case 'int8':
      return buffer.readInt8(at)
    case 'uint16':
      return buffer.readUInt16LE(at)
    case 'int16':
      return buffer.readInt16LE(at)
    case 'uint32':
      return buffer.readUInt32LE(at)
    case 'int32':
      return buffer.readInt32LE(at)
    case 'float32':
      return buffer.readFloatLE(at)
    case 'float64':
      return buffer.readDoubleLE(at)
    case 'bool':
      return buffer.readUInt8(at) !== 0
    case 'uint64':
      return narrow(buffer.readBigUInt64LE(at))
    case 'int64':
      return narrow(buffer.readBigInt64LE(at))
  }
}

function narrow(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** Decodes an array whose bounds were checked when it was stepped over. */
function decodeArray(buffer: Buffer, start: number, type: GgufElementType, n: number): GgufScalar[] {
  const values: GgufScalar[] = new Array(n)
  let at = start
  for (let i = 0; i < n; i++) {
    if (type === 'string') {
      const length = buffer.readUInt32LE(at)
      values[i] = buffer.toString('utf8', at + 8, at + 8 + length)
      at += 8 + length
    } else {
      values[i] = decodeScalar(buffer, at, type)
      at += SCALAR_BYTES[type]
    }
  }
  return values
}
