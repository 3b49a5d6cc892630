/**
 * GGUF files in: header, metadata and where each tensor lies, all held against the file's real size. Knows the
 * format, not what a tensor means or which keys a model needs.
 * Format: the GGUF specification in ggml's docs, versions 2 and 3, little endian; limits are llama.cpp's own.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { IdiolectError, messageOf } from '../errors.ts'
import { badGguf, type Cursor, openCursor } from './cursor.ts'
import { GGML_TYPES, ggmlType, tensorBytes, unknownType } from './types.ts'
import { type GgufElementType, type GgufScalar, type GgufValue, SCALAR_BYTES, typeOf, VALUE_TYPES } from './values.ts'

export interface GgufTensor {
  name: string
  /** ggml's type id. */
  type: number
  /** ggml's type name, upper case: `F32`, `Q4_1`. */
  typeName: string
  /** 1 to 4 dimensions, the fastest (a row's length) first: ggml's `ne`. */
  shape: number[]
  /** Of the first byte, from the file's beginning. */
  offset: number
  bytes: number
}

export interface GgufFile {
  file: string
  version: number
  metadata: Map<string, GgufValue>
  /** In the file's order. */
  tensors: Map<string, GgufTensor>
  alignment: number
  dataOffset: number
  fileSize: number
  has(key: string): boolean
  /** The typed getters throw a BadGguf error naming key, wanted and found type; `otherwise` stands in for a missing key. */
  number(key: string, otherwise?: number): number
  string(key: string, otherwise?: string): string
  boolean(key: string, otherwise?: boolean): boolean
  numbers(key: string, otherwise?: number[]): number[]
  strings(key: string, otherwise?: string[]): string[]
  /** The tensor of this name; throws a BadGguf error when there is none. */
  tensor(name: string): GgufTensor
}

const DEFAULT_ALIGNMENT = 32
const NAME_BYTES = 64
const SMALLEST_ENTRY = 14
const SMALLEST_TENSOR = 33

/** Opens, checks and closes the file. Throws IdiolectError: `MissingFile` (cannot be opened) or `BadGguf`. */
export function readGguf(file: string): GgufFile {
  return withOpen(file, (fd, size) => {
    const cursor = openCursor(fd, file, size)
    const magic = cursor.bytes(4, 'the magic number').toString('latin1')
    if (magic !== 'GGUF') throw badGguf(file, `it begins with ${JSON.stringify(magic)} instead of "GGUF"`)
    const version = cursor.uint32('the version')
    if (version % 65536 === 0 && version > 0) throw badGguf(file, 'it is big endian, only little endian is read')
    if (version !== 2 && version !== 3) throw badGguf(file, `it is of version ${version}, versions 2 and 3 are read`)
    const tensorCount = readCount(cursor, file, 'tensors', SMALLEST_TENSOR)
    const entryCount = readCount(cursor, file, 'metadata entries', SMALLEST_ENTRY)
    const metadata = readMetadata(cursor, file, entryCount)
    const alignment = readAlignment(metadata, file)
    const listed = readTensorList(cursor, file, tensorCount)
    const dataOffset = Math.ceil(cursor.at() / alignment) * alignment
    const tensors = placeTensors(listed, file, dataOffset, alignment, size)
    return {
      file,
      version,
      metadata,
      tensors,
      alignment,
      dataOffset,
      fileSize: size,
      ...gettersOf(file, metadata, tensors),
    }
  })
}

function withOpen<T>(file: string, use: (fd: number, size: number) => T): T {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch (error) {
    throw new IdiolectError('MissingFile', `${file} cannot be opened: ${messageOf(error)}`, 'Choose another file.')
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw badGguf(file, 'it is a folder or a device, no file')
    return use(fd, stat.size)
  } finally {
    closeSync(fd)
  }
}

function readCount(cursor: Cursor, file: string, what: string, smallest: number): number {
  const n = cursor.count(`the number of ${what}`)
  if (n > cursor.left() / smallest) throw badGguf(file, `it claims ${n} ${what}, ${cursor.left()} bytes are left`)
  return n
}

/** The decoder replaces invalid UTF-8 by U+FFFD; a key or name with one is refused, since two could become equal. */
function checkName(name: string, file: string, what: string): void {
  if (name === '' || name.includes('\uFFFD') || name.includes('\0'))
    throw badGguf(file, `${what} has the name ${JSON.stringify(name.slice(0, NAME_BYTES))}, which is empty or no text`)
}

function readMetadata(cursor: Cursor, file: string, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < count; i++) {
    const key = cursor.string(`metadata key ${i + 1} of ${count}`)
    checkName(key, file, `metadata entry ${i + 1} of ${count}`)
    if (metadata.has(key)) throw badGguf(file, `metadata key ${key} stands in it twice`)
    metadata.set(key, readValue(cursor, file, key))
  }
  return metadata
}

function readValue(cursor: Cursor, file: string, key: string): GgufValue {
  const type = readValueType(cursor, file, key)
  if (type !== 'array') return { type, value: cursor.scalar(type, `the value of ${key}`) }
  const element = readValueType(cursor, file, key)
  if (element === 'array') throw badGguf(file, `${key} is an array of arrays, which llama.cpp does not read`)
  const length = cursor.count(`the length of ${key}`)
  const smallest = element === 'string' ? 8 : SCALAR_BYTES[element]
  if (length > cursor.left() / smallest)
    throw badGguf(file, `${key} claims ${length} elements of type ${element}, ${cursor.left()} bytes are left`)
  return { type, value: { element, length, values: cursor.skipArray(element, length, key) } }
}

function readValueType(cursor: Cursor, file: string, key: string): GgufElementType | 'array' {
  const id = cursor.uint32(`the type of ${key}`)
  const type = VALUE_TYPES[id]
  if (type === undefined) throw badGguf(file, `${key} is of type ${id}, types 0 to ${VALUE_TYPES.length - 1} are known`)
  return type
}

function readAlignment(metadata: Map<string, GgufValue>, file: string): number {
  const found = metadata.get('general.alignment')
  if (found === undefined) return DEFAULT_ALIGNMENT
  const value = found.value
  if (found.type !== 'uint32' || typeof value !== 'number')
    throw badGguf(file, `general.alignment is of type ${typeOf(found)} instead of uint32`)
  if (value === 0 || (value & (value - 1)) !== 0) throw badGguf(file, `general.alignment is ${value}, no power of two`)
  return value
}

/** The tensors as listed: offsets still relative to the data. */
function readTensorList(cursor: Cursor, file: string, count: number): GgufTensor[] {
  const list: GgufTensor[] = []
  const names = new Set<string>()
  for (let i = 0; i < count; i++) {
    const name = cursor.string(`the name of tensor ${i + 1} of ${count}`)
    checkName(name, file, `tensor ${i + 1} of ${count}`)
    if (Buffer.byteLength(name) >= NAME_BYTES)
      throw badGguf(
        file,
        `tensor name ${name.slice(0, NAME_BYTES)}… has ${Buffer.byteLength(name)} bytes, ${NAME_BYTES - 1} are allowed`,
      )
    if (names.has(name)) throw badGguf(file, `tensor ${name} stands in it twice`)
    names.add(name)
    list.push(readTensorEntry(cursor, file, name))
  }
  return list
}

function readTensorEntry(cursor: Cursor, file: string, name: string): GgufTensor {
  const dimensions = cursor.uint32(`the number of dimensions of ${name}`)
  if (dimensions < 1 || dimensions > 4)
    throw badGguf(file, `tensor ${name} has ${dimensions} dimensions, 1 to 4 are allowed`)
  const shape: number[] = []
  for (let d = 0; d < dimensions; d++) {
    const n = cursor.count(`dimension ${d + 1} of ${name}`)
    if (n === 0) throw badGguf(file, `tensor ${name} has the length 0 in dimension ${d + 1}`)
    shape.push(n)
  }
  const id = cursor.uint32(`the type of ${name}`)
  const type = ggmlType(id)
  if (type === undefined)
    throw badGguf(
      file,
      `tensor ${name} is of type ${unknownType(id)}, known are ${GGML_TYPES.map((t) => t.name).join(', ')}`,
    )
  const bytes = tensorBytes(type, shape)
  if (bytes === null)
    throw badGguf(
      file,
      `tensor ${name} has rows of ${shape[0]} elements, type ${type.name} takes multiples of ${type.block}`,
    )
  const offset = cursor.count(`the offset of ${name}`)
  return { name, type: id, typeName: type.name, shape, offset, bytes }
}

function placeTensors(
  listed: GgufTensor[],
  file: string,
  dataOffset: number,
  alignment: number,
  size: number,
): Map<string, GgufTensor> {
  for (const tensor of listed) {
    if (tensor.offset % alignment !== 0)
      throw badGguf(file, `tensor ${tensor.name} lies at offset ${tensor.offset}, not a multiple of ${alignment}`)
    tensor.offset += dataOffset
    if (!(tensor.offset + tensor.bytes <= size)) {
      const shape = `${tensor.typeName} [${tensor.shape.join(', ')}]`
      throw badGguf(
        file,
        `tensor ${tensor.name}, ${shape}, ends at byte ${tensor.offset + tensor.bytes}, the file has ${size}`,
      )
    }
  }
  const sorted = [...listed].sort((a, b) => a.offset - b.offset)
  for (let i = 1; i < sorted.length; i++) {
    const before = sorted[i - 1]
    const tensor = sorted[i]
    if (before && tensor && before.offset + before.bytes > tensor.offset)
      throw badGguf(file, `tensor ${tensor.name} begins at byte ${tensor.offset}, inside ${before.name}`)
  }
  return new Map(listed.map((tensor) => [tensor.name, tensor]))
}

/** The typed getters over metadata and tensors that are there already. */
export function gettersOf(file: string, metadata: Map<string, GgufValue>, tensors: Map<string, GgufTensor>) {
  function get<T>(key: string, wanted: string, otherwise: T | undefined, take: (value: GgufValue) => T | null): T {
    const found = metadata.get(key)
    if (found === undefined && otherwise !== undefined) return otherwise
    const value = found && take(found)
    if (value === undefined || value === null)
      throw badGguf(file, `${key} must be ${wanted}, it is ${found ? `of type ${typeOf(found)}` : 'missing'}`)
    return value
  }
  const scalar =
    <T extends GgufScalar>(is: string) =>
    (found: GgufValue) =>
      found.type !== 'array' && typeof found.value === is ? (found.value as T) : null
  const array =
    <T extends GgufScalar>(is: string) =>
    (found: GgufValue) => {
      if (found.type !== 'array') return null
      const values = found.value.values()
      return values.every((value) => typeof value === is) ? (values as T[]) : null
    }
  return {
    has: (key: string) => metadata.has(key),
    number: (key: string, otherwise?: number) => get(key, 'a number', otherwise, scalar<number>('number')),
    string: (key: string, otherwise?: string) => get(key, 'a string', otherwise, scalar<string>('string')),
    boolean: (key: string, otherwise?: boolean) => get(key, 'a bool', otherwise, scalar<boolean>('boolean')),
    numbers: (key: string, otherwise?: number[]) => get(key, 'an array of numbers', otherwise, array<number>('number')),
    strings: (key: string, otherwise?: string[]) => get(key, 'an array of strings', otherwise, array<string>('string')),
    tensor: (name: string) => {
      const tensor = tensors.get(name)
      if (tensor === undefined) throw badGguf(file, `tensor ${name} is missing, it has ${tensors.size} others`)
      return tensor
    },
  }
}

/** A tensor's bytes as they lie in the file. */
export function readTensor(gguf: GgufFile, name: string): Buffer {
  const target = Buffer.allocUnsafe(gguf.tensor(name).bytes)
  readTensorInto(gguf, name, target)
  return target
}

/** Fills `target` (exactly the tensor's bytes long) with the tensor; for buffers that are used again. */
export function readTensorInto(gguf: GgufFile, name: string, target: Uint8Array): void {
  const { bytes } = gguf.tensor(name)
  if (target.byteLength !== bytes) throw new Error(`${name} has ${bytes} bytes, the buffer ${target.byteLength}`)
  readTensorChunks(gguf, name, 2 ** 26, (chunk, at) => target.set(chunk, at))
}

/**
 * Visits a tensor in chunks, in order; `at` is the chunk's place in the tensor. The chunk is one buffer used again: copy
 * what must outlive the visit.
 * @param chunks most bytes of a chunk, or the buffer to use
 */
export function readTensorChunks(
  gguf: GgufFile,
  name: string,
  chunks: number | Buffer,
  visit: (chunk: Buffer, at: number) => void,
): void {
  const { offset, bytes } = gguf.tensor(name)
  withOpen(gguf.file, (fd, size) => {
    if (size !== gguf.fileSize)
      throw badGguf(gguf.file, `it had ${gguf.fileSize} bytes when opened and has ${size} now`)
    const buffer = typeof chunks === 'number' ? Buffer.allocUnsafe(Math.min(bytes, chunks)) : chunks.subarray(0, bytes)
    for (let at = 0; at < bytes; at += buffer.length) {
      const chunk = buffer.subarray(0, Math.min(buffer.length, bytes - at))
      for (let filled = 0; filled < chunk.length; ) {
        const got = readSync(fd, chunk, filled, chunk.length - filled, offset + at + filled)
        if (got === 0) throw badGguf(gguf.file, `it ends inside tensor ${name}`)
        filled += got
      }
      visit(chunk, at)
    }
  })
}
