/** Tags and scores that their owner picked for single texts: the next training's examples. */
import type { LabelRecord } from '../../preload/contract.ts'
import type { Database } from './database.ts'

export interface Labels {
  /** Those that were picked, of one task, newest first. */
  picked(task: LabelRecord['task'], limit?: number): LabelRecord[]
  get(id: string): LabelRecord | null
  /** In place of what was picked for this very text before: two of one text would contradict each other. */
  put(record: LabelRecord): void
  remove(id: string): boolean
}

type Row = Omit<LabelRecord, 'offered' | 'picked'> & { offered: string; picked: string | null }

export function createLabels(db: Database): Labels {
  return {
    picked: (task, limit = 1000) =>
      db
        .all<Row>(
          'SELECT * FROM labels WHERE task = ? AND picked IS NOT NULL ORDER BY at DESC, rowid DESC LIMIT ?',
          task,
          limit,
        )
        .map(toRecord),
    get(id) {
      const row = db.get<Row>('SELECT * FROM labels WHERE id = ?', id)
      return row && toRecord(row)
    },
    put(record) {
      db.transaction(() => {
        db.run('DELETE FROM labels WHERE task = ? AND text = ?', record.task, record.text)
        db.run(
          'INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
          record.id,
          record.task,
          record.at,
          record.excerpt,
          record.text,
          JSON.stringify(record.offered),
          record.picked === null ? null : JSON.stringify(record.picked),
          record.voice,
        )
      })
    },
    remove: (id) => db.run('DELETE FROM labels WHERE id = ?', id) > 0,
  }
}

function toRecord(row: Row): LabelRecord {
  return {
    ...row,
    offered: JSON.parse(row.offered) as string[],
    picked: row.picked === null ? null : (JSON.parse(row.picked) as string[]),
  }
}
