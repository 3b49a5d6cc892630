/** What the owner removed from the library while its file stood there: files and texts that no folder brings back. */
import type { Database } from './database.ts'

export interface Removed {
  /** @param hash sha256 of the file's bytes, hex */
  add(path: string, hash: string): void
  hasFile(path: string): boolean
  hasText(hash: string): boolean
  /** Every file noted. */
  files(): string[]
  /** The owner wants it back. */
  forget(path: string, hash: string): void
  /** The file is gone, or another piece stands in it; the text that was removed stays so. */
  forgetFile(path: string): void
}

export function createRemoved(db: Database): Removed {
  const has = (kind: string, value: string): boolean =>
    db.get('SELECT 1 FROM removed WHERE kind = ? AND value = ?', kind, value) !== null
  const add = (kind: string, value: string): void => {
    const at = new Date().toISOString()
    db.run('INSERT INTO removed VALUES (?, ?, ?) ON CONFLICT(kind, value) DO NOTHING', kind, value, at)
  }
  const forget = (kind: string, value: string): void => {
    db.run('DELETE FROM removed WHERE kind = ? AND value = ?', kind, value)
  }
  return {
    add(path, hash) {
      db.transaction(() => {
        add('file', path)
        add('text', hash)
      })
    },
    hasFile: (path) => has('file', path),
    hasText: (hash) => has('text', hash),
    files: () => db.all<{ value: string }>("SELECT value FROM removed WHERE kind = 'file'").map(({ value }) => value),
    forget(path, hash) {
      db.transaction(() => {
        forget('file', path)
        forget('text', hash)
      })
    },
    forgetFile: (path) => forget('file', path),
  }
}
