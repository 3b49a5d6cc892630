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

/** sha256 of bytes as they are, hex. */
export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
