/** The folders of the library: those that were read, those that are watched, those that nothing is learned from. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { ExcludedFolder, Handlers, LibraryFolder } from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import { watchFolders } from '../../library/watch.ts'
import { decideAll, isBelow } from '../../library/whose.ts'
import type { Store } from '../../store/store.ts'
import type { AppContext } from '../context.ts'

type FolderCalls = 'library.folders' | 'library.watch' | 'library.exclude'

export interface LibraryFolders {
  /** Reads each watched folder once: what changed while the app was closed. */
  readAgain(): void
  handlers: Pick<Handlers, FolderCalls>
  close(): void
}

/** @param readAgain reads a watched folder that changed */
export function createLibraryFolders(
  context: AppContext,
  readAgain: (folder: string) => Promise<void>,
): LibraryFolders {
  const { store, options } = context
  const watching = watchFolders((folder) => void readAgain(folder))
  const follow = (): void => {
    if (options.host === 'terminal') return
    watching.set(
      store.folders
        .list()
        .filter(({ watched }) => watched)
        .map((folder) => folder.path),
    )
  }
  follow()
  return {
    close: () => watching.close(),
    readAgain() {
      if (options.host === 'terminal') return
      for (const { path: folder, watched } of store.folders.list()) {
        if (watched && existsSync(folder)) void readAgain(folder)
      }
    },
    handlers: {
      async 'library.folders'() {
        return { folders: foldersOf(store), excluded: excludedOf(store) }
      },
      async 'library.watch'({ folder, watched }) {
        if (!store.folders.list().some((one) => one.path === folder)) store.folders.add(folder)
        store.folders.watch(folder, watched)
        follow()
        // What changed while nobody watched.
        if (watched) void readAgain(folder)
        return foldersOf(store)
      },
      async 'library.exclude'({ folder, excluded }) {
        if (!path.isAbsolute(folder))
          throw new IdiolectError('BadFolder', `${folder} is no whole path`, 'Name the folder from the root on.')
        store.transaction(() => {
          if (excluded) store.folders.exclude(folder)
          else store.folders.include(folder)
          decideAll(store)
        })
        context.changed()
        return excludedOf(store)
      },
    },
  }
}

/** Folders that were named, and for a library from before they were noted the one that all pieces share. */
function foldersOf(store: Store): LibraryFolder[] {
  const files = store.documents.files().map((file) => file.path)
  const known = store.folders.list()
  const shared = known.length === 0 ? sharedFolder(files) : null
  const listed = shared === null ? known : [{ path: shared, readAt: null, watched: false }]
  return listed.map(({ path: folder, readAt, watched }) => ({
    path: folder,
    readAt,
    watched,
    there: existsSync(folder),
    pieces: files.filter((file) => isBelow(file, folder)).length,
  }))
}

function excludedOf(store: Store): ExcludedFolder[] {
  const files = store.documents.files()
  return store.folders
    .exclusions()
    .map(({ folder, at }) => ({ folder, at, pieces: files.filter((file) => isBelow(file.path, folder)).length }))
}

function sharedFolder(files: string[]): string | null {
  const [first, ...rest] = files
  if (first === undefined) return null
  let folder = path.dirname(first)
  while (!rest.every((file) => isBelow(file, folder))) {
    const parent = path.dirname(folder)
    // All that they share is the root: nothing that could be read again.
    if (path.dirname(parent) === parent) return null
    folder = parent
  }
  return folder
}
