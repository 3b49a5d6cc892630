/** Watching folders for changes. Tells that something changed, a while after the last change; what, the reader finds. */
import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { isDataFolder } from '../store/own-folder.ts'
import { isIgnoredFolder } from './kinds.ts'

export interface Watching {
  /** From now on these folders and no others. */
  set(folders: readonly string[]): void
  close(): void
}

/** An editor writes several times when it saves; a copied folder comes file by file. */
const QUIET_MS = 2000
/** How often it is looked whether a folder is there: no watch tells of a drive that comes back. */
const LOOK_MS = 5000

interface Entry {
  watchers: FSWatcher[]
  timer: NodeJS.Timeout | null
  /** What the folder itself stands on: a drive mounted over it is another. Null: it is not there, or not watched. */
  device: number | null
}

/**
 * One watch a folder and each folder below it, since not every system can watch a tree. A folder that goes away is
 * waited for. One that cannot be watched is read by hand. Data folders are left out: each import writes into one, and
 * would be followed by another.
 * @param quiet milliseconds without a change before it is told @param look milliseconds between two looks
 */
export function watchFolders(changed: (folder: string) => void, quiet = QUIET_MS, look = LOOK_MS): Watching {
  const watched = new Map<string, Entry>()
  let looking: NodeJS.Timeout | null = null

  const begin = (folder: string): Entry => {
    const entry: Entry = { watchers: [], timer: null, device: deviceOf(folder) }
    watched.set(folder, entry)
    if (entry.device === null) return entry
    const touched = (): void => {
      if (entry.timer) clearTimeout(entry.timer)
      // New folders may have come: the watches are laid anew.
      entry.timer = setTimeout(() => anew(folder), quiet)
      entry.timer.unref()
    }
    for (const one of foldersBelow(folder)) {
      try {
        const watcher = watch(one, { persistent: false }, (_, name) => {
          // Some systems tell of a folder when something in it changes.
          if (name === null || !isDataFolder(path.join(one, name))) touched()
        })
        watcher.on('error', () => {
          watcher.close()
          if (one === folder) entry.device = null
        })
        entry.watchers.push(watcher)
      } catch {
        // Too many watches, or no right to: the others still tell.
      }
    }
    return entry
  }
  const end = (folder: string): void => {
    const entry = watched.get(folder)
    if (!entry) return
    watched.delete(folder)
    if (entry.timer) clearTimeout(entry.timer)
    for (const watcher of entry.watchers) watcher.close()
  }
  /** Tells only of what is there: a folder that went away has nothing to be read. */
  const anew = (folder: string): void => {
    end(folder)
    if (begin(folder).device !== null) changed(folder)
  }
  const lookAt = async (folder: string, entry: Entry): Promise<void> => {
    const device = await stat(folder).then(
      ({ dev }) => dev,
      () => null,
    )
    // A change that is about to be told lays the watches anew by itself.
    if (watched.get(folder) === entry && entry.timer === null && device !== entry.device) anew(folder)
  }
  const lookAround = (): void => {
    looking = setTimeout(async () => {
      await Promise.all([...watched].map(([folder, entry]) => lookAt(folder, entry)))
      if (looking !== null) lookAround()
    }, look)
    looking.unref()
  }
  const stopLooking = (): void => {
    if (looking !== null) clearTimeout(looking)
    looking = null
  }
  return {
    set(folders) {
      for (const folder of [...watched.keys()]) if (!folders.includes(folder)) end(folder)
      for (const folder of folders) if (!watched.has(folder)) begin(folder)
      if (watched.size === 0) stopLooking()
      else if (looking === null) lookAround()
    },
    close() {
      stopLooking()
      for (const folder of [...watched.keys()]) end(folder)
    },
  }
}

/** Null of what is not there, or cannot be reached. */
function deviceOf(folder: string): number | null {
  try {
    return statSync(folder).dev
  } catch {
    return null
  }
}

function* foldersBelow(folder: string): Generator<string> {
  if (isDataFolder(folder)) return
  yield folder
  let entries: { name: string; isDirectory(): boolean }[]
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch {
    return
  }
  for (const entry of entries) {
    if (entry.isDirectory() && !isIgnoredFolder(entry.name)) yield* foldersBelow(path.join(folder, entry.name))
  }
}
