/** Files into which tags or a score were written, and where their originals are. */
import type { LabelOriginal, LabelTask } from '../../preload/contract.ts'
import type { Database } from './database.ts'
import type { LabelValue } from './label-choices.ts'

export interface StoredOriginal extends LabelOriginal {
  task: LabelTask
  /** sha256 of the file before and after, hex. */
  beforeHash: string
  writtenHash: string
  /** What the file said before. */
  file: LabelValue
  restored: boolean
}

export interface LabelOriginals {
  /** Those that can be put back, newest first. */
  list(task: LabelTask): StoredOriginal[]
  get(id: string): StoredOriginal | null
  put(original: StoredOriginal): void
  setRestored(id: string): void
}

interface Row extends LabelOriginal {
  task: LabelTask
  before_hash: string
  written_hash: string
  file: string
  restored: number
}

export function createLabelOriginals(db: Database): LabelOriginals {
  return {
    list: (task) =>
      db
        .all<Row>('SELECT * FROM label_originals WHERE task = ? AND restored = 0 ORDER BY at DESC, rowid DESC', task)
        .map(toOriginal),
    get(id) {
      const row = db.get<Row>('SELECT * FROM label_originals WHERE id = ?', id)
      return row && toOriginal(row)
    },
    put({ id, task, document, path, at, original, beforeHash, writtenHash, file, restored }) {
      db.run(
        'INSERT INTO label_originals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        id,
        task,
        document,
        path,
        at,
        original,
        beforeHash,
        writtenHash,
        JSON.stringify(file),
        restored ? 1 : 0,
      )
    },
    setRestored(id) {
      db.run('UPDATE label_originals SET restored = 1 WHERE id = ?', id)
    },
  }
}

function toOriginal({ before_hash, written_hash, file, restored, ...row }: Row): StoredOriginal {
  return {
    ...row,
    beforeHash: before_hash,
    writtenHash: written_hash,
    file: JSON.parse(file) as LabelValue,
    restored: restored === 1,
  }
}
