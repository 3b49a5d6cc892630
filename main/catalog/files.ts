/** Model files on disk: hashes, free space, and what went wrong in words. */
import { createHash } from 'node:crypto'
import { createReadStream, type Stats, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { IdiolectError, messageOf } from '../errors.ts'

/** Left free beside the model, so that the system and the state database go on working: 64 MiB. */
const margin = 64 * 1024 * 1024

export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`

/** What the system says of a path: its facts, null where nothing is there, or why it does not tell. */
export function factsOf(file: string): Stats | { unreadable: string } | null {
  try {
    return statSync(file, { throwIfNoEntry: false }) ?? null
  } catch (error) {
    return { unreadable: `${file} cannot be read: ${messageOf(error)}` }
  }
}

/**
 * sha256 of a file, lower-case hex.
 * Errors: the file system's; `Cancelled` by the signal.
 */
export async function sha256OfFile(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    throwIfCancelled(signal)
    hash.update(chunk as Buffer)
  }
  return hash.digest('hex')
}

export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled()
}

export function cancelled(): IdiolectError {
  return new IdiolectError('Cancelled', 'The download was cancelled.', 'Start it again: it goes on where it stopped.')
}

/** Errors: IdiolectError `DiskFull` when fewer bytes are free in the folder than are needed, with both numbers. */
export async function requireSpace(folder: string, needed: number): Promise<void> {
  let free: number
  try {
    const facts = await statfs(folder)
    free = facts.bavail * facts.bsize
  } catch {
    // Some network file systems do not tell; the write itself will.
    return
  }
  if (free >= needed + margin) return
  throw new IdiolectError(
    'DiskFull',
    `The model needs ${megabytes(needed + margin)} of free space in ${folder}, and ${megabytes(free)} are free.`,
    'Free some space, or use a data folder on another disk (--data).',
  )
}

/** The system's "no space left" as the error a user sees; anything else as it is. */
export function explainWriteError(error: unknown, folder: string): unknown {
  const code = (error as { code?: unknown } | null)?.code
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return new IdiolectError(
    'DiskFull',
    `The disk of ${folder} became full while a model was written; the unfinished file was removed.`,
    'Free some space, or use a data folder on another disk (--data), then start again.',
    { cause: error },
  )
}
