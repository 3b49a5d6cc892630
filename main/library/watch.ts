/** Watching folders for changes. Tells that something changed, a while after the last change; what, the reader finds. */
import { type FSWatcher, readdirSync, watch } from 'node:fs'
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

/**
 * One watch a folder and each folder below it, since not every system can watch a tree. A folder that cannot be watched
 * is read by hand. Data folders are left out: each import writes into one, and would be followed by another.
 */
export function watchFolders(changed: (folder: string) => void, quiet = QUIET_MS): Watching {
  const watched = new Map<string, { watchers: FSWatcher[]; timer: NodeJS.Timeout | null }>()

  const begin = (folder: string): void => {
    const entry: { watchers: FSWatcher[]; timer: NodeJS.Timeout | null } = { watchers: [], timer: null }
    watched.set(folder, entry)
    const touched = (): void => {
      if (entry.timer) clearTimeout(entry.timer)
      entry.timer = setTimeout(() => {
        entry.timer = null
        // New folders may have come: the watches are laid anew.
        end(folder)
        begin(folder)
        changed(folder)
      }, quiet)
      entry.timer.unref()
    }
    for (const one of foldersBelow(folder)) {
      try {
        const watcher = watch(one, { persistent: false }, (_, name) => {
          // Some systems tell of a folder when something in it changes.
          if (name === null || !isDataFolder(path.join(one, name))) touched()
        })
        watcher.on('error', () => watcher.close())
        entry.watchers.push(watcher)
      } catch {
        // Too many watches, or no right to: the others still tell.
      }
    }
  }
  const end = (folder: string): void => {
    const entry = watched.get(folder)
    if (!entry) return
    watched.delete(folder)
    if (entry.timer) clearTimeout(entry.timer)
    for (const watcher of entry.watchers) watcher.close()
  }
  return {
    set(folders) {
      for (const folder of [...watched.keys()]) if (!folders.includes(folder)) end(folder)
      for (const folder of folders) if (!watched.has(folder)) begin(folder)
    },
    close() {
      for (const folder of [...watched.keys()]) end(folder)
    },
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
