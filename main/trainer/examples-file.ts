/**
 * `examples.bin`: a run's training and validation examples as token ids. Knows numbers only, no text and no vocabulary.
 * Little endian:
 *   0   "IDEX"
 *   4   uint32 version (1)
 *   8   uint32 training examples, 12 uint32 validation examples
 *   16  uint32 tokens in all, 20 uint32 CRC-32 of everything from byte 24 on
 *   24  for each example, training first: uint32 tokens, uint32 answerFrom
 *   then the ids of all examples, int32
 */
import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { writeAtomically } from '../atomic.ts'
import { IdiolectError, messageOf } from '../errors.ts'
import type { TokenExample } from './types.ts'

const MAGIC = 'IDEX'
const VERSION = 1
const HEAD = 24

export interface Examples {
  train: TokenExample[]
  validation: TokenExample[]
}

/** Writes the file whole or not at all. Throws on an example without a prompt token or without an answer. */
export function writeExamples(file: string, train: TokenExample[], validation: TokenExample[]): void {
  const all = [...train, ...validation]
  const tokens = all.reduce((sum, example) => sum + example.tokens.length, 0)
  const body = Buffer.alloc(all.length * 8 + tokens * 4)
  let at = 0
  for (const [i, example] of all.entries()) {
    const wrong = problemOf(example)
    if (wrong) throw new Error(`example ${i + 1} of ${all.length} ${wrong}`)
    at = body.writeUInt32LE(example.tokens.length, at)
    at = body.writeUInt32LE(example.answerFrom, at)
  }
  for (const example of all) for (const token of example.tokens) at = body.writeInt32LE(token, at)
  const head = Buffer.alloc(HEAD)
  head.write(MAGIC, 'latin1')
  for (const [i, n] of [VERSION, train.length, validation.length, tokens, crc32(body)].entries())
    head.writeUInt32LE(n, 4 + 4 * i)
  writeAtomically(file, (append) => {
    append(head)
    append(body)
  })
}

/** Reads and checks the whole file. Throws IdiolectError `BadExamples` naming what is claimed and what is there. */
export function readExamples(file: string): Examples {
  const bytes = readWhole(file)
  const refuse = (problem: string) =>
    new IdiolectError('BadExamples', `${file} holds no usable examples: ${problem}`, 'Start the training anew.')
  const magic = bytes.toString('latin1', 0, 4)
  if (magic !== MAGIC || bytes.length < HEAD)
    throw refuse(`it begins with ${JSON.stringify(magic)} and has ${bytes.length} bytes`)
  const [version, train, validation, tokens, sum] = [4, 8, 12, 16, 20].map((at) => bytes.readUInt32LE(at)) as Numbers
  if (version !== VERSION) throw refuse(`it is of version ${version}, version ${VERSION} is read`)
  const examples = train + validation
  const size = HEAD + examples * 8 + tokens * 4
  if (bytes.length !== size)
    throw refuse(`${examples} examples of ${tokens} tokens take ${size} bytes, it has ${bytes.length}`)
  if (crc32(bytes.subarray(HEAD)) !== sum) throw refuse('its checksum does not agree with its content')
  const ids = new Int32Array(tokens)
  for (let i = 0; i < tokens; i++) ids[i] = bytes.readInt32LE(HEAD + examples * 8 + i * 4)
  let from = 0
  const all = Array.from({ length: examples }, (_, i) => {
    const length = bytes.readUInt32LE(HEAD + i * 8)
    const example = { tokens: ids.subarray(from, from + length), answerFrom: bytes.readUInt32LE(HEAD + i * 8 + 4) }
    from += length
    const wrong = example.tokens.length === length ? problemOf(example) : `claims ${length} tokens, fewer are left`
    if (wrong) throw refuse(`example ${i + 1} of ${examples} ${wrong}`)
    return example
  })
  if (from !== tokens) throw refuse(`its examples have ${from} tokens, it claims ${tokens}`)
  return { train: all.slice(0, train), validation: all.slice(train) }
}

type Numbers = [number, number, number, number, number]

function readWhole(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new IdiolectError('BadExamples', `${file} cannot be read: ${messageOf(error)}`, 'Start the training anew.')
  }
}

/** What keeps an example from being trained on, or null: an answer token is predicted from the one before it. */
function problemOf({ tokens, answerFrom }: TokenExample): string | null {
  if (!(answerFrom >= 1 && answerFrom < tokens.length))
    return `has its answer at ${answerFrom}, its ${tokens.length} tokens allow 1 to ${tokens.length - 1}`
  const negative = tokens.find((token) => token < 0)
  return negative === undefined ? null : `has the token ${negative}`
}
