/** GGUF files out, version 3, little endian: metadata and tensors in the order given, whole or not at all. */
import { type Append, writeAtomically } from '../atomic.ts'
import { type GgmlTypeName, ggmlTypeNamed, tensorBytes } from './types.ts'
import { type GgufElementType, type GgufScalar, type GgufValue, VALUE_TYPES } from './values.ts'

export interface TensorInput {
  name: string
  type: GgmlTypeName
  /** The fastest dimension (a row's length) first. */
  shape: number[]
  /** The tensor's bytes as the file holds them, or what appends them; a Float32Array only for F32. */
  data: Uint8Array | Float32Array | ((append: Append) => void)
}

export interface GgufInput {
  metadata: Record<string, GgufValue> | Map<string, GgufValue>
  tensors: TensorInput[]
}

const VERSION = 3

/** Writes the file beside its place, flushes and renames it. Throws on a tensor whose data has not its shape's size. */
export function writeGguf(file: string, { metadata, tensors }: GgufInput): void {
  const entries = metadata instanceof Map ? [...metadata] : Object.entries(metadata)
  const alignment = alignmentIn(entries)
  const parts: Buffer[] = [Buffer.from('GGUF'), u32(VERSION), u64(tensors.length), u64(entries.length)]
  for (const [key, value] of entries) {
    parts.push(stringBytes(key))
    // One by one: a vocabulary has more parts than a call may have arguments.
    for (const part of valueBytes(value)) parts.push(part)
  }
  let offset = 0
  for (const tensor of tensors) {
    parts.push(stringBytes(tensor.name), u32(tensor.shape.length), ...tensor.shape.map(u64))
    parts.push(u32(ggmlTypeNamed(tensor.type).id), u64(offset))
    offset += padded(checkedBytes(tensor), alignment)
  }
  const header = Buffer.concat(parts)
  writeAtomically(file, (append) => {
    append(header)
    pad(append, header.length, alignment)
    for (const tensor of tensors) {
      const { data } = tensor
      const bytes = checkedBytes(tensor)
      if (typeof data === 'function') appendExactly(append, data, tensor.name, bytes)
      else append(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      pad(append, bytes, alignment)
    }
  })
}

function alignmentIn(entries: [string, GgufValue][]): number {
  const value = entries.find(([key]) => key === 'general.alignment')?.[1].value ?? 32
  if (typeof value === 'number' && value > 0 && (value & (value - 1)) === 0) return value
  throw new Error(`general.alignment must be a power of two, it is ${value}`)
}

function checkedBytes({ name, type, shape, data }: TensorInput): number {
  const bytes = tensorBytes(ggmlTypeNamed(type), shape)
  if (bytes === null) throw new Error(`${name}, ${type}, cannot have rows of ${shape[0]}`)
  if (typeof data === 'function') return bytes
  if (bytes !== data.byteLength)
    throw new Error(`${name}, ${type} [${shape.join(', ')}], has ${bytes} bytes, its data ${data.byteLength}`)
  if (data instanceof Float32Array && type !== 'F32') throw new Error(`${name} is ${type}, its data are F32`)
  return bytes
}

function appendExactly(append: Append, fill: (append: Append) => void, name: string, bytes: number): void {
  let written = 0
  fill((data) => {
    written += data.byteLength
    append(data)
  })
  if (written !== bytes) throw new Error(`${name} has ${bytes} bytes, ${written} were written`)
}

const padded = (n: number, alignment: number) => Math.ceil(n / alignment) * alignment

function pad(append: Append, written: number, alignment: number): void {
  append(Buffer.alloc(padded(written, alignment) - written))
}

function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function u64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function stringBytes(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8')
  return Buffer.concat([u64(bytes.length), bytes])
}

function valueBytes(value: GgufValue): Buffer[] {
  const type = u32(VALUE_TYPES.indexOf(value.type))
  if (value.type !== 'array') return [type, scalarBytes(value.type, value.value)]
  const { element, length } = value.value
  const values = value.value.values()
  return [type, u32(VALUE_TYPES.indexOf(element)), u64(length), ...values.map((each) => scalarBytes(element, each))]
}

function scalarBytes(type: GgufElementType, value: GgufScalar): Buffer {
  if (type === 'string') return stringBytes(String(value))
  const bytes = Buffer.alloc(8)
  switch (type) {
    case 'bool':
      return bytes.subarray(0, bytes.writeUInt8(value ? 1 : 0))
    case 'uint8':
      return bytes.subarray(0, bytes.writeUInt8(Number(value)))
    case 'int8':
      return bytes.subarray(0, bytes.writeInt8(Number(value)))
    case 'uint16':
      return bytes.subarray(0, bytes.writeUInt16LE(Number(value)))
    case 'int16':
      return bytes.subarray(0, bytes.writeInt16LE(Number(value)))
    case 'uint32':
      return bytes.subarray(0, bytes.writeUInt32LE(Number(value)))
    case 'int32':
      return bytes.subarray(0, bytes.writeInt32LE(Number(value)))
    case 'float32':
      return bytes.subarray(0, bytes.writeFloatLE(Number(value)))
    case 'float64':
      return bytes.subarray(0, bytes.writeDoubleLE(Number(value)))
    case 'uint64':
      return bytes.subarray(0, bytes.writeBigUInt64LE(BigInt(value)))
    case 'int64':
      return bytes.subarray(0, bytes.writeBigInt64LE(BigInt(value)))
  }
}
