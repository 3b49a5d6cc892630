/**
 * One download of a file at a time, over all processes: a lock file with its holder's number, whose time the holder sets
 * anew while it lives. The number alone would prove nothing: after a restart another process may bear it, and in a
 * container always does. Such a file works on every disk that models may lie on, and nothing stays beside them.
 */
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { IdiolectError } from '../errors.ts'

/** Milliseconds. */
const BEAT = 5000
/** A holder that has been silent for so long is none. */
const SILENCE = 60_000
/** Between creating and writing the file is empty; one that stays empty belongs to nobody. */
const WRITING = 5000

const held = new Set<string>()

/**
 * Takes the lock, also one that a process which died left behind.
 * Errors: IdiolectError `DownloadBusy` naming the holder; the file system's.
 * @returns lets it go
 */
export function lockDownload(target: string): () => void {
  const file = `${target}.lock`
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = holderOf(file)
    if (attempt > 3 || holder?.lives) throw busy(target, holder?.pid ?? 0)
    if (holder !== null) rmSync(file, { force: true })
  }
  held.add(file)
  const beat = setInterval(() => refresh(file), BEAT).unref()
  return () => {
    clearInterval(beat)
    held.delete(file)
    rmSync(file, { force: true })
  }
}

/** Null where the file is gone, or cannot be read. */
function holderOf(file: string): { pid: number; lives: boolean } | null {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    // A time to come is of a clock that was set back since.
    const silence = Math.abs(Date.now() - statSync(file).mtimeMs)
    if (!(pid > 0)) return { pid: 0, lives: silence < WRITING }
    if (pid === process.pid) return { pid, lives: held.has(file) }
    return { pid, lives: silence < SILENCE && processLives(pid) }
  } catch {
    return null
  }
}

function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function refresh(file: string): void {
  try {
    utimesSync(file, new Date(), new Date())
  } catch {
    // Somebody removed it: the download goes on all the same.
  }
}

function busy(target: string, pid: number): IdiolectError {
  const who = pid > 0 ? `process ${pid}` : 'another process'
  return new IdiolectError(
    'DownloadBusy',
    `${path.basename(target)} is being fetched already (by ${who}).`,
    'Wait for it to end, then try again.',
  )
}
