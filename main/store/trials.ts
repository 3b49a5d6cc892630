/** Blind trials: pairs of texts for one opening, and which of them the owner took for their own hand. */
import type { TrainingTask } from '../../preload/contract.ts'
import type { Database } from './database.ts'

export interface TrialRecord {
  id: string
  voice: string
  at: string
  document: string
  title: string
  date: string | null
  task: TrainingTask
  /** What was to be gone on with or headlined. */
  opening: string
  /** In the order they are shown. */
  options: { by: 'voice' | 'base' | 'own'; text: string }[]
  /** Index of the option that was picked; -1: none of them; null: not judged yet. */
  picked: number | null
}

export interface Trials {
  /** Of one voice, oldest first. */
  list(voice: string): TrialRecord[]
  get(id: string): TrialRecord | null
  /** What was shown in the newest ones, of every voice. */
  options(limit: number): TrialRecord['options']
  add(trial: TrialRecord): void
  judge(id: string, picked: number): void
  /** Those that nobody judged. */
  removeOpen(voice: string): void
}

type Row = Omit<TrialRecord, 'options'> & { options: string }

const COLUMNS = 'id, voice, at, document, title, date, task, opening, options, picked'

export function createTrials(db: Database): Trials {
  return {
    list: (voice) =>
      db.all<Row>(`SELECT ${COLUMNS} FROM trials WHERE voice = ? ORDER BY at, rowid`, voice).map(toRecord),
    get(id) {
      const row = db.get<Row>(`SELECT ${COLUMNS} FROM trials WHERE id = ?`, id)
      return row && toRecord(row)
    },
    options: (limit) =>
      db
        .all<Row>(`SELECT ${COLUMNS} FROM trials ORDER BY at DESC, rowid DESC LIMIT ?`, limit)
        .flatMap((row) => toRecord(row).options),
    add({ id, voice, at, document, title, date, task, opening, options, picked }) {
      db.run(
        `INSERT INTO trials (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        voice,
        at,
        document,
        title,
        date,
        task,
        opening,
        JSON.stringify(options),
        picked,
      )
    },
    judge(id, picked) {
      db.run('UPDATE trials SET picked = ?, picked_at = ? WHERE id = ?', picked, new Date().toISOString(), id)
    },
    removeOpen(voice) {
      db.run('DELETE FROM trials WHERE voice = ? AND picked IS NULL', voice)
    },
  }
}

function toRecord(row: Row): TrialRecord {
  return { ...row, options: JSON.parse(row.options) as TrialRecord['options'] }
}
