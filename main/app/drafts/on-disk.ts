/** What a file on disk holds. */
import { readFileSync } from 'node:fs'
import { unreadable } from '../../drafts/documents.ts'
import { sha256Of } from '../../hash.ts'
import { whyUnreachable } from '../../library/find.ts'

/** Its hash; null when there is no file. Errors: IdiolectError `Unreadable`. */
export function hashOnDisk(file: string): string | null {
  const bytes = bytesOnDisk(file)
  return bytes === null ? null : sha256Of(bytes)
}

/** The same, itself. */
export function bytesOnDisk(file: string): Uint8Array | null {
  try {
    return readFileSync(file)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null
    throw unreadable(file, whyUnreachable(error))
  }
}
