/** Files that are there whole or not at all: written beside their place, flushed, then renamed. */
import {
  chmodSync,
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { IdiolectError, messageOf } from './errors.ts'
import { english, say } from './said.ts'

/** Writes all of `data` at the file's present end. */
export type Append = (data: Uint8Array) => void

/** Where `file` is written before its rename. One name a file: what a kill leaves behind, the next write replaces. */
export function draftOf(file: string): string {
  return `${file}.idiolect-part`
}

export interface WriteOptions {
  /** A file of the user's own: one that nobody may write was made so on purpose, and is not replaced. */
  ofUser?: boolean
}

/**
 * Creates or replaces `file` with what `fill` appends. When `fill` throws or the disk is full, nothing of it stays and
 * the old file stands. A file that is replaced keeps its permissions; one of the app's own that came back read-only from
 * a backup can be written again. Throws IdiolectError `CannotWrite` naming the file and the system's reason.
 */
export function writeAtomically(
  file: string,
  fill: (append: Append) => void,
  { ofUser = false }: WriteOptions = {},
): void {
  const draft = draftOf(file)
  const system = <T>(act: () => T): T => {
    try {
      return act()
    } catch (error) {
      throw cannotWrite(file, error)
    }
  }
  const there = system(() => statSync(file, { throwIfNoEntry: false })?.mode)
  if (there !== undefined && ofUser && isReadOnly(there)) throw readOnly(file)
  const mode = there !== undefined && isReadOnly(there) ? madeWritable(file, there) : there
  // What a kill left behind has permissions of its own.
  system(() => rmSync(draft, { force: true }))
  const fd = system(() => openSync(draft, 'w', mode))
  let open = true
  try {
    if (mode !== undefined) system(() => keepMode(fd, mode))
    fill((data) =>
      system(() => {
        for (let done = 0; done < data.byteLength; ) done += writeSync(fd, data, done, data.byteLength - done)
      }),
    )
    system(() => fsyncSync(fd))
    closeSync(fd)
    open = false
    system(() => renameSync(draft, file))
    system(() => syncFolder(path.dirname(file)))
  } catch (error) {
    if (open) closeSync(fd)
    rmSync(draft, { force: true })
    throw error
  }
}

/** May nobody write a file of this mode? A rename would pass that by. */
export function isReadOnly(mode: number): boolean {
  return (mode & 0o222) === 0
}

/** @returns the mode from now on. On Windows nothing is renamed over a file that is read-only. */
function madeWritable(file: string, mode: number): number {
  const writable = mode | 0o200
  try {
    chmodSync(file, writable & 0o7777)
  } catch {
    // Elsewhere it is replaced all the same, where its folder may be written.
  }
  return writable
}

/** Past the process's own mask; left alone where it is so already, since not every file system lets it be set. */
function keepMode(fd: number, mode: number): void {
  const wanted = mode & 0o7777
  if ((fstatSync(fd).mode & 0o7777) !== wanted) fchmodSync(fd, wanted)
}

function readOnly(file: string): IdiolectError {
  const said = say('write.not', file, say('write.readOnly'))
  return new IdiolectError('CannotWrite', english(said), 'Let it be written to, or choose another place.', { said })
}

/** Codes of systems and disks that flush no folders. */
const CANNOT_SYNC = ['EINVAL', 'ENOTSUP', 'EACCES', 'EPERM', 'EISDIR']

/** Makes the rename itself outlive a power cut; Windows neither allows nor needs it, and some network disks refuse it. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  let fd: number | null = null
  try {
    fd = openSync(folder, 'r')
    fsyncSync(fd)
  } catch (error) {
    if (!CANNOT_SYNC.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    if (fd !== null) closeSync(fd)
  }
}

/** That `place`, a file or a folder, cannot be written, with the system's reason. */
export function cannotWrite(place: string, error: unknown): IdiolectError {
  const folder = path.dirname(place)
  if ((error as { code?: unknown }).code === 'ENOENT' && !existsSync(folder)) {
    const said = say('write.noFolder', place, folder)
    return new IdiolectError('CannotWrite', english(said), 'Make the folder, or choose another place.', {
      said,
      cause: error,
    })
  }
  return new IdiolectError(
    'CannotWrite',
    `${place} cannot be written: ${messageOf(error)}`,
    'Free some space on the disk, or choose another place.',
    { cause: error },
  )
}

/** Makes the folder, and those that it stands in. Errors: IdiolectError `CannotWrite`. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw cannotWrite(folder, error)
  }
}

/** A JSON value as a whole file, a key a line. Errors as `writeAtomically`. */
export function writeJson(file: string, value: unknown): void {
  writeAtomically(file, (append) => append(Buffer.from(`${JSON.stringify(value, null, 1)}\n`)))
}
