/**
 * Checkpoints: the adapter, the optimizer's moments and the position in the run, in one file that is replaced by a
 * rename, so that a run killed at any moment finds either the old one or the new one, whole.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
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
  const bytes = readFileSync(file)
  const bad = (what: string): IdiolectError =>
    new IdiolectError('BadCheckpoint', `${file} is damaged: ${what}`, 'Delete it to train this run from its beginning.')
  if (bytes.length < START || bytes.toString('latin1', 0, 8) !== MAGIC) throw bad('it does not begin as a checkpoint')
  const end = START + bytes.readUInt32LE(8)
  if (end > bytes.length) throw bad(`its header ends at ${end}, the file at ${bytes.length}`)
  if (crc32(bytes.subarray(START)) !== bytes.readUInt32LE(12)) throw bad('its checksum does not agree with its content')
  const { position, lengths } = JSON.parse(bytes.toString('utf8', START, end)) as Header
  const size = lengths.reduce((a, b) => a + b, 0) * 4
  if (end + size !== bytes.length) throw bad(`${end + size} bytes are claimed, ${bytes.length} are there`)
  if (sizes && !fits(lengths, sizes)) {
    throw bad(`it holds arrays of ${lengths.join(', ')} numbers, the adapter has ${sizes.join(', ')}`)
  }
  // Copied, because arrays of floats must begin at a multiple of four.
  const data = bytes.buffer.slice(bytes.byteOffset + end, bytes.byteOffset + bytes.length)
  let offset = 0
  const arrays = lengths.map((length) => {
    const array = new Float32Array(data, offset, length)
    offset += length * 4
    return array
  })
  return { position, arrays }
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
