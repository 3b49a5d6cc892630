/** What was measured of a voice or written with it, one report a kind, as JSON. */
import type { Database } from './database.ts'

export interface VoiceReports {
  /** Null when there is none. */
  get<T>(voice: string, kind: string): T | null
  /** In place of the one before. */
  put(voice: string, kind: string, report: unknown): void
}

export function createVoiceReports(db: Database): VoiceReports {
  return {
    get<T>(voice: string, kind: string) {
      const row = db.get<{ report: string }>(
        'SELECT report FROM voice_reports WHERE voice = ? AND kind = ?',
        voice,
        kind,
      )
      return row ? (JSON.parse(row.report) as T) : null
    },
    put(voice, kind, report) {
      db.run(
        `INSERT INTO voice_reports VALUES (?, ?, ?, ?)
        ON CONFLICT(voice, kind) DO UPDATE SET at = excluded.at, report = excluded.report`,
        voice,
        kind,
        new Date().toISOString(),
        JSON.stringify(report),
      )
    },
  }
}
