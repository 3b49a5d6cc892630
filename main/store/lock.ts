/**
 * A folder's lock, that of the data folder or of a benchmark's run: one process at a time. The lock itself is SQLite's exclusive lock on an empty file, which
 * the system lets go when its holder ends in whatever way; so there is no stale lock, and a reused pid fools nobody.
 * `lock.json` beside it only says who holds it, for the message.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import Libsql from 'libsql'
import { IdiolectError } from '../errors.ts'
import { storeError } from './errors.ts'
import { LOCK } from './own-folder.ts'

interface Holder {
  pid: number
  startedAt: string
}

export interface FolderLock {
  release(): void
}

/** What is locked, for the error. */
interface Locked {
  name: string
  what: string
  next: string
}

const DATA_FOLDER: Locked = {
  name: 'DataFolderBusy',
  what: 'The data folder',
  next: 'Close that window or end that process, or name another data folder.',
}

/** Takes the lock or throws IdiolectError, `DataFolderBusy` where nothing else is said, naming the holder's pid. */
export function lockFolder(folder: string, locked = DATA_FOLDER): FolderLock {
  const file = path.join(folder, LOCK)
  const note = path.join(folder, 'lock.json')
  let connection: Libsql.Database | null = null
  try {
    connection = new Libsql(file, { timeout: 200 })
    connection.exec('BEGIN EXCLUSIVE')
    const holder: Holder = { pid: process.pid, startedAt: processStart() }
    writeFileSync(`${note}.new`, `${JSON.stringify(holder)}\n`)
    renameSync(`${note}.new`, note)
  } catch (error) {
    connection?.close()
    if ((error as { code?: unknown }).code === 'SQLITE_BUSY') throw busy(folder, note, locked)
    throw storeError(error, folder)
  }
  const held = connection
  let released = false
  return {
    release() {
      if (released) return
      released = true
      rmSync(note, { force: true })
      if (held.inTransaction) held.exec('ROLLBACK')
      held.close()
    },
  }
}

function processStart(): string {
  return new Date(Date.now() - process.uptime() * 1000).toISOString()
}

function busy(folder: string, note: string, { name, what, next }: Locked): IdiolectError {
  let who = 'another process'
  try {
    const holder = JSON.parse(readFileSync(note, 'utf8')) as Partial<Holder>
    if (typeof holder.pid === 'number')
      who = `process ${holder.pid}, started ${holder.startedAt ?? 'at an unknown time'}`
  } catch {
    // The note is for the message only; the lock stands without it.
  }
  return new IdiolectError(name, `${what} ${folder} is in use by ${who}`, next)
}
