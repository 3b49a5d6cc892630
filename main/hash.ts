/** Names of content: equal parts give the same, on every machine. */
import { createHash } from 'node:crypto'
import type { TokenExample } from './trainer/types.ts'

/** sha256 over parts, hex; no two lists of parts read the same. */
export function hashOf(parts: (string | number | TokenExample)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) {
    if (typeof part !== 'object') hash.update(`${JSON.stringify(part)},`)
    else {
      hash.update(`[${part.tokens.length},${part.answerFrom}]`)
      hash.update(new Uint8Array(part.tokens.buffer, part.tokens.byteOffset, part.tokens.byteLength))
    }
  }
  return hash.digest('hex')
}

/** Null for a file that is not there, or not of this shape. */
