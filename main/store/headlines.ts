/** Headlines proposed, picked and edited: the next training's examples. */
import type { HeadlineRecord } from '../../preload/contract.ts'
import type { Database } from './database.ts'

export interface Headlines {
  /** Newest first. */
  list(limit?: number): HeadlineRecord[]
  get(id: string): HeadlineRecord | null
  put(record: HeadlineRecord): void
  remove(id: string): boolean
}

type Row = Omit<HeadlineRecord, 'candidates'> & { candidates: string }

export function createHeadlines(db: Database): Headlines {
  return {
    list: (limit = 200) =>
      db.all<Row>('SELECT * FROM headlines ORDER BY at DESC, rowid DESC LIMIT ?', limit).map(toRecord),
    get(id) {
      const row = db.get<Row>('SELECT * FROM headlines WHERE id = ?', id)
      return row && toRecord(row)
    },
    put(record) {
      db.run(
        `INSERT INTO headlines VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT(id) DO UPDATE SET at = excluded.at, excerpt = excluded.excerpt, text = excluded.text,
          candidates = excluded.candidates, picked = excluded.picked, edited = excluded.edited, voice = excluded.voice`,
        record.id,
        record.at,
        record.excerpt,
        record.text,
        JSON.stringify(record.candidates),
        record.picked,
        record.edited,
        record.voice,
      )
    },
    remove: (id) => db.run('DELETE FROM headlines WHERE id = ?', id) > 0,
  }
}

function toRecord(row: Row): HeadlineRecord {
  return { ...row, candidates: JSON.parse(row.candidates) as string[] }
}
