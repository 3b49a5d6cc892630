/** Files that an import could not read, with the reason. */
import type { SkippedFile } from '../../preload/contract.ts'
import type { Database } from './database.ts'

export interface Skipped {
  list(): SkippedFile[]
  put(file: SkippedFile): void
  /** The file was read after all, or is gone. */
  remove(path: string): void
}

export function createSkipped(db: Database): Skipped {
  return {
    list: () => db.all<SkippedFile>('SELECT path, reason FROM skipped ORDER BY path'),
    put({ path, reason }) {
      db.run('INSERT INTO skipped VALUES (?, ?) ON CONFLICT(path) DO UPDATE SET reason = excluded.reason', path, reason)
    },
    remove(path) {
      db.run('DELETE FROM skipped WHERE path = ?', path)
    },
  }
}
