/** What a file on disk holds, by its hash. */
import { readFileSync } from 'node:fs'
import { unreadable } from '../../drafts/documents.ts'
import { sha256Of } from '../../hash.ts'
import { whyUnreachable } from '../../library/find.ts'

/** Null when there is no file. Errors: IdiolectError `Unreadable`. */
export function hashOnDisk(file: string): string | null {
  try {
    return sha256Of(readFileSync(file))
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null
    throw unreadable(file, whyUnreachable(error))
  }
}
