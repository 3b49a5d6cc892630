/**
 * Checkpoints: the adapter, the optimizer's moments and the position in the run, in one file that is replaced by a
 * rename, so that a run killed at any moment finds either the old one or the new one, whole.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { writeAtomically } from '../atomic.ts'
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

const MAGIC = 'IDIOCKP1'

export function checkpointFile(folder: string): string {
  return path.join(folder, 'checkpoint.bin')
}

export function writeCheckpoint(folder: string, { position, arrays }: Checkpoint): void {
  const header = Buffer.from(JSON.stringify({ position, lengths: arrays.map((array) => array.length) }))
  const start = Buffer.alloc(12)
  start.write(MAGIC, 'latin1')
  start.writeUInt32LE(header.length, 8)
  writeAtomically(checkpointFile(folder), (append) => {
    append(start)
    append(header)
    for (const array of arrays) append(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
  })
}

/** @throws IdiolectError `BadCheckpoint` when the file is damaged; null when there is none */
export function readCheckpoint(folder: string): Checkpoint | null {
  const file = checkpointFile(folder)
  if (!existsSync(file)) return null
  const bytes = readFileSync(file)
  const bad = (what: string): IdiolectError =>
    new IdiolectError('BadCheckpoint', `${file} is damaged: ${what}`, 'Delete it to train this run from its beginning.')
  if (bytes.length < 12 || bytes.toString('latin1', 0, 8) !== MAGIC) throw bad('it does not begin as a checkpoint')
  const end = 12 + bytes.readUInt32LE(8)
  if (end > bytes.length) throw bad(`its header ends at ${end}, the file at ${bytes.length}`)
  const { position, lengths } = JSON.parse(bytes.toString('utf8', 12, end)) as { position: Position; lengths: number[] }
  const size = lengths.reduce((a, b) => a + b, 0) * 4
  if (end + size !== bytes.length) throw bad(`${end + size} bytes are claimed, ${bytes.length} are there`)
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
