/** Files that an import could not read, with the reason. */
import type { Said, SkippedFile } from '../../preload/contract.ts'
import type { Database } from './database.ts'

export interface Skipped {
  list(): SkippedFile[]
  put(file: SkippedFile): void
  /** The file was read after all, or is gone. */
  remove(path: string): void
}

export function createSkipped(db: Database): Skipped {
  return {
    list: () =>
      db
        .all<{ path: string; reason: string; said: string | null }>(
          'SELECT path, reason, said FROM skipped ORDER BY path',
        )
        .map(({ said, ...file }) => (said === null ? file : { ...file, said: JSON.parse(said) as Said })),
    put({ path, reason, said }) {
      db.run(
        `INSERT INTO skipped (path, reason, said) VALUES (?, ?, ?)
          ON CONFLICT(path) DO UPDATE SET reason = excluded.reason, said = excluded.said`,
        path,
        reason,
        said ? JSON.stringify(said) : null,
      )
    },
    remove(path) {
      db.run('DELETE FROM skipped WHERE path = ?', path)
    },
  }
}
