/** Failures of disk and database as sentences for the user. */
import { statfsSync } from 'node:fs'
import path from 'node:path'
import { IdiolectError, messageOf } from '../errors.ts'

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : ''
}

/** Is this the disk refusing more bytes: from Node, from SQLite, or in the words of LanceDB. */
export function isDiskFull(error: unknown): boolean {
  const code = codeOf(error)
  return (
    code === 'ENOSPC' ||
    code === 'EDQUOT' ||
    code === 'SQLITE_FULL' ||
    /no space left|disk is full|disk quota|os error 28\b/i.test(messageOf(error))
  )
}

/** SQLite cannot always tell a full disk from a broken one: less than this free, and it is full. */
const NEXT_TO_NOTHING = 1 << 20

function hasNoRoom(what: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(path.dirname(what))
    return bavail * bsize < NEXT_TO_NOTHING
  } catch {
    return false
  }
}

/**
 * The error to throw in place of `error`, which came while `what` (a path) was read or written.
 * Anything that is neither a full disk, a damaged file nor a refused permission comes back as it was.
 */
export function storeError(error: unknown, what: string): unknown {
  if (error instanceof IdiolectError) return error
  const code = codeOf(error)
  const message = messageOf(error)
  const couldBeFull =
    code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CANTOPEN') || /Unable to open connection/.test(message)
  if (isDiskFull(error) || (couldBeFull && hasNoRoom(what))) {
    return new IdiolectError(
      'DiskFull',
      `The disk that holds ${what} is full: ${message}`,
      'Free some space and try again; what was finished before is kept.',
      { cause: error },
    )
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return new IdiolectError(
      'LibraryUnreadable',
      `${what} is damaged or not a library of this app: ${message}`,
      'Put a copy of it back, or choose another data folder. It holds drafts, chats and choices too: if you move it away, keep it, with library.db-wal beside it.',
      { cause: error },
    )
  }
  if (
    code.startsWith('SQLITE_READONLY') ||
    code.startsWith('SQLITE_CANTOPEN') ||
    code.startsWith('SQLITE_IOERR') ||
    ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR'].includes(code) ||
    /Unable to open connection/.test(message)
  ) {
    return new IdiolectError(
      'DataFolderUnusable',
      `${what} cannot be read or written: ${message}`,
      'Check the permissions of the data folder, or choose another one.',
      { cause: error },
    )
  }
  return error
}
