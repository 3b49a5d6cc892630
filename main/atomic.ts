/** Files that are there whole or not at all: written beside their place, flushed, then renamed. */
import { closeSync, fchmodSync, fstatSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import { IdiolectError, messageOf } from './errors.ts'
import { english, say } from './said.ts'

/** Writes all of `data` at the file's present end. */
export type Append = (data: Uint8Array) => void

/** Where `file` is written before its rename. One name a file: what a kill leaves behind, the next write replaces. */
export function draftOf(file: string): string {
  return `${file}.idiolect-part`
}

/**
 * Creates or replaces `file` with what `fill` appends. When `fill` throws or the disk is full, nothing of it stays and
 * the old file stands. A file that is replaced keeps its permissions; one that nobody may write is not replaced.
 * Throws IdiolectError `CannotWrite` naming the file and the system's reason.
 */
export function writeAtomically(file: string, fill: (append: Append) => void): void {
  const draft = draftOf(file)
  const system = <T>(act: () => T): T => {
    try {
      return act()
    } catch (error) {
      throw new IdiolectError(
        'CannotWrite',
        `${file} cannot be written: ${messageOf(error)}`,
        'Free some space on the disk, or choose another place.',
        { cause: error },
      )
    }
  }
  const mode = system(() => statSync(file, { throwIfNoEntry: false })?.mode)
  if (mode !== undefined && isReadOnly(mode)) throw readOnly(file)
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
    syncFolder(path.dirname(file))
  } catch (error) {
    if (open) closeSync(fd)
    rmSync(draft, { force: true })
    throw error
  }
}

/** May nobody write a file of this mode? It was made so on purpose, and a rename would pass that by. */
export function isReadOnly(mode: number): boolean {
  return (mode & 0o222) === 0
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

/** Makes the rename itself outlive a power cut; Windows neither allows nor needs it. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** A JSON value as a whole file, a key a line. Errors as `writeAtomically`. */
export function writeJson(file: string, value: unknown): void {
  writeAtomically(file, (append) => append(Buffer.from(`${JSON.stringify(value, null, 1)}\n`)))
}
