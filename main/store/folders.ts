/** Folders that the library was read from, and folders that nothing is learned from. */
import type { Database } from './database.ts'

export interface FolderRecord {
  /** Absolute. */
  path: string
  addedAt: string
  /** When it was last read to its end; null: never. */
  readAt: string | null
  watched: boolean
}

export interface Exclusion {
  folder: string
  at: string
}

export interface Folders {
  /** By path. */
  list(): FolderRecord[]
  /** A folder that is known keeps its day and its watch. */
  add(path: string): void
  read(path: string): void
  watch(path: string, watched: boolean): boolean
  forget(path: string): boolean
  /** By folder. */
  exclusions(): Exclusion[]
  exclude(folder: string): void
  include(folder: string): boolean
}

interface Row {
  path: string
  added_at: string
  read_at: string | null
  watched: number
}

export function createFolders(db: Database): Folders {
  const now = (): string => new Date().toISOString()
  return {
    list: () =>
      db.all<Row>('SELECT * FROM folders ORDER BY path').map(({ path, added_at, read_at, watched }) => ({
        path,
        addedAt: added_at,
        readAt: read_at,
        watched: watched === 1,
      })),
    add(path) {
      db.run('INSERT INTO folders (path, added_at) VALUES (?, ?) ON CONFLICT(path) DO NOTHING', path, now())
    },
    read(path) {
      db.run('UPDATE folders SET read_at = ? WHERE path = ?', now(), path)
    },
    watch: (path, watched) => db.run('UPDATE folders SET watched = ? WHERE path = ?', watched ? 1 : 0, path) > 0,
    forget: (path) => db.run('DELETE FROM folders WHERE path = ?', path) > 0,
    exclusions: () => db.all<Exclusion>('SELECT folder, at FROM exclusions ORDER BY folder'),
    exclude(folder) {
      db.run('INSERT INTO exclusions VALUES (?, ?) ON CONFLICT(folder) DO NOTHING', folder, now())
    },
    include: (folder) => db.run('DELETE FROM exclusions WHERE folder = ?', folder) > 0,
  }
}
