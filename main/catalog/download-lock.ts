/**
 * One download of a file at a time, over all processes: a lock file with its holder's number, whose time the holder sets
 * anew while it lives. The number alone would prove nothing: after a restart another process may bear it, in a container
 * always does, and on another machine says nothing at all. Nor does silence alone: a machine that slept was silent too.
 * So who is in doubt is watched. Such a file works on every disk that models may lie on, and nothing stays beside them.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { IdiolectError } from '../errors.ts'
import { throwIfCancelled } from './files.ts'

/** Milliseconds. */
const BEAT = 5000
/** A holder that has been silent for so long may be none. */
const SILENCE = 60_000
/** Between creating and writing the file is empty; one that stays empty belongs to nobody. */
const WRITING = 5000
/** Times that a holder in doubt is looked at in each of two beats. */
const LOOKS = 10

/** What this process holds. */
const held = new Set<string>()

export interface DownloadLock {
  /** Aborted, with IdiolectError `DownloadBusy`, when another process took the lock over, as after a long Ctrl-Z. */
  lost: AbortSignal
  release(): void
}

export interface LockOptions {
  signal?: AbortSignal
  /** Milliseconds between two signs of life; only tests need another. */
  beat?: number
}

/** A lock file as it stands. */
interface Standing {
  text: string
  pid: number
  /** Milliseconds since 1970. */
  at: number
}

/**
 * Takes the lock, also one that a process which died left behind; where that is not certain, only after it gave no sign
 * of life for two beats.
 * Errors: IdiolectError `DownloadBusy` naming the holder; `Cancelled`; the file system's.
 */
export async function lockDownload(target: string, { signal, beat = BEAT }: LockOptions = {}): Promise<DownloadLock> {
  const file = `${target}.lock`
  // Nobody else writes the same, so that everybody knows their own.
  const mine = `${process.pid}\n${hostname()}\n${randomUUID()}\n`
  for (let attempt = 0; ; attempt++) {
    throwIfCancelled(signal)
    try {
      writeFileSync(file, mine, { flag: 'wx' })
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const there = standing(file)
    if (attempt > 3) throw busy(target, there?.pid ?? 0)
    if (there === null) continue
    const state = stateOf(there)
    if (state === 'lives' || (state === 'doubt' && (await stirs(file, there, beat, signal))))
      throw busy(target, there.pid)
    // Another may have come first.
    if (isSame(standing(file), there)) rmSync(file, { force: true })
  }
  held.add(mine)
  const lost = new AbortController()
  const beating = setInterval(() => {
    const there = standing(file)
    if (there?.text === mine) refresh(file)
    // Where somebody only removed it, the download goes on all the same.
    else if (there !== null && there.pid > 0) lost.abort(busy(target, there.pid))
  }, beat).unref()
  return {
    lost: lost.signal,
    release() {
      clearInterval(beating)
      held.delete(mine)
      if (standing(file)?.text === mine) rmSync(file, { force: true })
    },
  }
}

/** Null where the file is gone, or cannot be read. */
function standing(file: string): Standing | null {
  try {
    const text = readFileSync(file, 'utf8')
    return { text, pid: Number(text.split('\n')[0]), at: statSync(file).mtimeMs }
  } catch {
    return null
  }
}

const isSame = (now: Standing | null, before: Standing): boolean => now?.text === before.text && now.at === before.at

function stateOf({ text, pid, at }: Standing): 'lives' | 'dead' | 'doubt' {
  // A time to come is of a clock that was set back since.
  const silence = Math.abs(Date.now() - at)
  if (!(pid > 0)) return silence < WRITING ? 'lives' : 'dead'
  if (held.has(text)) return 'lives'
  // Versions before this one wrote the number alone.
  const host = text.split('\n')[1] ?? hostname()
  if (host !== hostname() || pid === process.pid) return 'doubt'
  if (!processLives(pid)) return 'dead'
  return silence < SILENCE ? 'lives' : 'doubt'
}

/** Does its holder touch the lock within two beats? */
async function stirs(file: string, before: Standing, beat: number, signal: AbortSignal | undefined): Promise<boolean> {
  for (let look = 0; look < 2 * LOOKS; look++) {
    await setTimeout(beat / LOOKS)
    throwIfCancelled(signal)
    const now = standing(file)
    if (now === null) return false
    if (!isSame(now, before)) return true
  }
  return false
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
    // Somebody removed it meanwhile.
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
