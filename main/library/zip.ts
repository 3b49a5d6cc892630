/** Zip archives as documents are: read from memory, each entry only when asked for and only up to a bound. */
import { inflateRawSync } from 'node:zlib'

export interface Zip {
  names: readonly string[]
  /** Bytes that all entries say they have together. */
  size: number
  /** An entry's bytes; null when there is none of that name. Throws Error with the reason. */
  read(name: string): Uint8Array | null
}

interface Entry {
  method: number
  encrypted: boolean
  packed: number
  size: number
  offset: number
}

const END = 0x06054b50
const CENTRAL = 0x02014b50
const LOCAL = 0x04034b50
/** The end record and the longest comment behind it. */
const TAIL = 22 + 65_535
const MOST_ENTRIES = 10_000

/**
 * @param most bytes that one entry may have
 * Throws Error whose message says what is wrong, as the end of a sentence about the file.
 */
export function openZip(bytes: Uint8Array, most: number): Zip {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = endOf(data)
  const count = data.readUInt16LE(end + 10)
  let at = data.readUInt32LE(end + 16)
  if (count === 0xffff || at === 0xffffffff || count > MOST_ENTRIES) throw new Error('it has too many parts')
  const entries = new Map<string, Entry>()
  let size = 0
  for (let n = 0; n < count; n++) {
    if (at + 46 > end || data.readUInt32LE(at) !== CENTRAL) throw new Error('its list of parts is damaged')
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => data.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ]
    const name = data.toString('utf8', at + 46, at + 46 + nameLength)
    const entry = {
      encrypted: (data.readUInt16LE(at + 8) & 1) === 1,
      method: data.readUInt16LE(at + 10),
      packed: data.readUInt32LE(at + 20),
      size: data.readUInt32LE(at + 24),
      offset: data.readUInt32LE(at + 42),
    }
    entries.set(name, entry)
    size += entry.size
    at += 46 + nameLength + extra + comment
  }
  return {
    names: [...entries.keys()],
    size,
    read(name) {
      const entry = entries.get(name)
      return entry === undefined ? null : unpacked(data, name, entry, most)
    },
  }
}

function endOf(data: Buffer): number {
  for (let at = data.length - 22; at >= Math.max(0, data.length - TAIL); at--) {
    if (data.readUInt32LE(at) === END) return at
  }
  throw new Error('it is cut off or no archive')
}

/** What an entry says of its size is not believed: unpacking itself is bounded. */
function unpacked(data: Buffer, name: string, { method, encrypted, packed, offset }: Entry, most: number): Uint8Array {
  if (encrypted) throw new Error('it is protected with a password')
  if (offset + 30 > data.length || data.readUInt32LE(offset) !== LOCAL) throw new Error(`its part ${name} is damaged`)
  const from = offset + 30 + data.readUInt16LE(offset + 26) + data.readUInt16LE(offset + 28)
  const content = data.subarray(from, from + packed)
  if (content.length !== packed) throw new Error(`its part ${name} is cut off`)
  if (method === 0 && content.length <= most) return content
  if (method !== 0 && method !== 8) throw new Error(`its part ${name} is packed in a way that is not read`)
  try {
    if (method === 8) return inflateRawSync(content, { maxOutputLength: most })
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE') throw new Error(`its part ${name} is damaged`)
  }
  throw new Error(`its part ${name} unpacks to more than ${Math.round(most / 1e6)} MB`)
}
