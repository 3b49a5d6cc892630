/** Named values, kept as JSON. */
import type { Database } from './database.ts'

export interface SettingsTable {
  /** Null when the key was never set. The caller names the type it wrote. */
  get<T>(key: string): T | null
  set(key: string, value: unknown): void
  remove(key: string): void
}

export function createSettings(db: Database): SettingsTable {
  return {
    get<T>(key: string) {
      const row = db.get<{ value: string }>('SELECT value FROM settings WHERE key = ?', key)
      return row ? (JSON.parse(row.value) as T) : null
    },
    set(key, value) {
      db.run(
        'INSERT INTO settings VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value',
        key,
        JSON.stringify(value),
      )
    },
    remove(key) {
      db.run('DELETE FROM settings WHERE key = ?', key)
    },
  }
}
