/**
 * Checkpoints: the adapter, the optimizer's moments and the position in the run, in one file that is replaced by a
 * rename, so that a run killed at any moment finds either the old one or the new one, whole.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync, rmSync } from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { draftOf, writeAtomically } from '../atomic.ts'
import { IdiolectError } from '../errors.ts'

export interface Position {
  /** Steps done. */
  step: number
  /** Tokens trained and seconds spent so far, over all sittings. */
  tokens: number
  seconds: number
  /** Largest resident memory so far, bytes. */
  peakMemoryBytes: number
  bestValidation: number | null
  /** Measurements since the best one. */
  sinceBest: number
  finalLoss: number
}

export interface Checkpoint {
  position: Position
  /** value, m, v of every array in order, then the best values where a validation was measured. */
  arrays: Float32Array[]
}

/** Magic, uint32 length of the header, uint32 CRC-32 of all that follows: the header as JSON, then the arrays. */
const MAGIC = 'IDIOCKP2'
const START = 16
/** The system reads 2 GiB at once at most. */
const READ_BYTES = 1 << 30
const WRONG_SUM = 'its checksum does not agree with its content'

export function checkpointFile(folder: string): string {
  return path.join(folder, 'checkpoint.bin')
}

const bytesOf = (array: Float32Array): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

export function writeCheckpoint(folder: string, { position, arrays }: Checkpoint): void {
  const header = Buffer.from(JSON.stringify({ position, lengths: arrays.map((array) => array.length) }))
  const start = Buffer.alloc(START)
  start.write(MAGIC, 'latin1')
  start.writeUInt32LE(header.length, 8)
  start.writeUInt32LE(
    arrays.reduce((sum, array) => crc32(bytesOf(array), sum), crc32(header)),
    12,
  )
  writeAtomically(checkpointFile(folder), (append) => {
    append(start)
    append(header)
    for (const array of arrays) append(bytesOf(array))
  })
}

/** What a finished run needs no more; also what a kill left of a write. */
export function removeCheckpoint(folder: string): void {
  for (const file of [checkpointFile(folder), draftOf(checkpointFile(folder))]) rmSync(file, { force: true })
}

/**
 * The folder's checkpoint; null when there is none.
 * @param sizes elements of each of the adapter's tensors, where the caller knows them
 * @throws IdiolectError `BadCheckpoint` when the file is damaged or of another adapter
 */
export function readCheckpoint(folder: string, sizes?: readonly number[]): Checkpoint | null {
  const file = checkpointFile(folder)
  if (!existsSync(file)) return null
  const bad = (what: string): IdiolectError =>
    new IdiolectError('BadCheckpoint', `${file} is damaged: ${what}`, 'Delete it to train this run from its beginning.')
  const fd = openSync(file, 'r')
  try {
    return read(fd, bad, sizes)
  } finally {
    closeSync(fd)
  }
}

/** Array by array: a large adapter's checkpoint is longer than what may be read at once. */
function read(fd: number, bad: (what: string) => IdiolectError, sizes?: readonly number[]): Checkpoint {
  const { size: fileSize } = fstatSync(fd)
  let at = 0
  const next = (bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.byteLength; ) {
      const length = Math.min(bytes.byteLength - done, READ_BYTES)
      const got = readSync(fd, bytes, done, length, at)
      if (got === 0) throw bad(`it ends at ${at}`)
      done += got
      at += got
    }
  }
  const start = Buffer.alloc(Math.min(START, fileSize))
  next(start)
  if (fileSize < START || start.toString('latin1', 0, 8) !== MAGIC) throw bad('it does not begin as a checkpoint')
  const end = START + start.readUInt32LE(8)
  if (end > fileSize) throw bad(`its header ends at ${end}, the file at ${fileSize}`)
  const header = Buffer.alloc(end - START)
  next(header)
  const { position, lengths } = parsed(header, bad)
  const bytes = lengths.reduce((a, b) => a + b, 0) * 4
  if (end + bytes !== fileSize) throw bad(`${end + bytes} bytes are claimed, ${fileSize} are there`)
  const arrays = lengths.map((length) => {
    const array = new Float32Array(length)
    next(bytesOf(array))
    return array
  })
  const sum = arrays.reduce((before, array) => crc32(bytesOf(array), before), crc32(header))
  if (sum !== start.readUInt32LE(12)) throw bad(WRONG_SUM)
  if (sizes && !fits(lengths, sizes)) {
    throw bad(`it holds arrays of ${lengths.join(', ')} numbers, the adapter has ${sizes.join(', ')}`)
  }
  return { position, arrays }
}

function parsed(header: Buffer, bad: (what: string) => IdiolectError): Header {
  try {
    const { position, lengths } = JSON.parse(header.toString('utf8')) as Header
    if (lengths.every((length) => Number.isSafeInteger(length) && length >= 0)) return { position, lengths }
  } catch {
    // What is no JSON any more has another sum, too.
  }
  throw bad(WRONG_SUM)
}

interface Header {
  position: Position
  lengths: number[]
}

/** Value and both moments of each tensor, then the best values or none. */
function fits(lengths: readonly number[], sizes: readonly number[]): boolean {
  const moments = sizes.flatMap((size) => [size, size, size])
  return [moments, [...moments, ...sizes]].some((wanted) => wanted.join() === lengths.join())
}
