/** What a file on disk holds, by its hash. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { unreadable } from '../../drafts/documents.ts'
import { whyUnreachable } from '../../library/find.ts'

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Null when there is no file. Errors: IdiolectError `Unreadable`. */
export function hashOnDisk(file: string): string | null {
  try {
    return hashOf(readFileSync(file))
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null
    throw unreadable(file, whyUnreachable(error))
  }
}
