/**
 * Bytes to text. UTF-8 (or UTF-16 with its mark) is taken; HTML may name another encoding. Nothing is guessed: bytes
 * that are no UTF-8 would read as something in windows-1252 always, and a voice must not learn from rubbish.
 */
import type { DocumentSummary } from '../../preload/contract.ts'
import { because, type Reason } from '../said.ts'

export type Decoded = { text: string } | Reason

export function decodeText(bytes: Uint8Array, kind: DocumentSummary['kind']): Decoded {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeAs('utf-16le', bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeAs('utf-16be', bytes)
  if (bytes.subarray(0, 8192).includes(0)) return because('skip.zeroBytes')
  const utf8 = decodeAs('utf-8', bytes)
  if ('text' in utf8) return utf8
  if (kind === 'html') {
    const head = Buffer.from(bytes.subarray(0, 2048)).toString('latin1')
    const named = /<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)/i.exec(head)?.[1]
    if (named !== undefined && !/^utf-?8$/i.test(named)) return decodeAs(named, bytes)
  }
  const { at, line } = firstBroken(bytes)
  const byte = (bytes[at] ?? 0).toString(16).padStart(2, '0')
  return because('skip.notUtf8', at + 1, line, byte)
}

function decodeAs(encoding: string, bytes: Uint8Array): Decoded {
  let decoder: TextDecoder
  try {
    decoder = new TextDecoder(encoding, { fatal: true })
  } catch {
    return because('skip.unknownEncoding', encoding)
  }
  try {
    return { text: decoder.decode(bytes).replace(/\r\n?/g, '\n') }
  } catch {
    return because('skip.notEncoding', encoding)
  }
}

/** Position (0-based) of the first byte that belongs to no UTF-8 sequence, and its line. */
function firstBroken(bytes: Uint8Array): { at: number; line: number } {
  let at = 0
  let line = 1
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0
    const length =
      byte < 0x80
        ? 1
        : byte >= 0xc2 && byte < 0xe0
          ? 2
          : byte >= 0xe0 && byte < 0xf0
            ? 3
            : byte >= 0xf0 && byte < 0xf5
              ? 4
              : 0
    if (length === 0) break
    if (length > 1 && 'reason' in decodeAs('utf-8', bytes.subarray(at, at + length))) break
    if (byte === 0x0a) line++
    at += length
  }
  return { at: Math.min(at, bytes.length - 1), line }
}
