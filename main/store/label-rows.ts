/** Pieces that wait for suggested tags or scores, those that have them, and what their owner decided: a queue on disk. */
import type { LabelState, LabelTask, Said } from '../../preload/contract.ts'
import type { Database } from './database.ts'
import type { LabelValue } from './label-choices.ts'

export interface LabelBefore {
  /** Null: the row was made by the decision. */
  state: LabelState | null
  /** An earlier choice of the owner's that the decision replaced; null: none. */
  choice: { value: LabelValue } | null
  /** What the piece had. */
  tags: string[]
  rating: number | null
  /** Ascends with the owner's decisions; those of older data folders have none, and are not undone. */
  step?: number
}

/** @typeParam R what a suggestion is; the caller names the type it wrote */
export interface StoredLabelRow<R = unknown> {
  task: LabelTask
  document: string
  position: number
  state: LabelState
  /** What undo goes back to; null: nothing was decided. */
  before: LabelBefore | null
  result: R | null
  picked: string[] | null
  error: string | null
  /** The error for a window of another language. */
  said: Said | null
}

export interface LabelRows {
  list<R>(task: LabelTask): StoredLabelRow<R>[]
  get<R>(task: LabelTask, document: string): StoredLabelRow<R> | null
  /** The first that waits, or null. */
  next(task: LabelTask): string | null
  count(task: LabelTask, state: LabelState): number
  put(row: Omit<StoredLabelRow, 'position'>): void
  remove(task: LabelTask, document: string): boolean
  /** @returns how many waited */
  removeWaiting(task: LabelTask): number
}

type Row = Omit<StoredLabelRow, 'result' | 'picked' | 'before' | 'said'> & {
  before: string | null
  result: string | null
  picked: string | null
  said: string | null
}

export function createLabelRows(db: Database): LabelRows {
  return {
    list: <R>(task: LabelTask) =>
      db.all<Row>('SELECT * FROM label_rows WHERE task = ? ORDER BY position, rowid', task).map((row) => toRow<R>(row)),
    get<R>(task: LabelTask, document: string) {
      const row = db.get<Row>('SELECT * FROM label_rows WHERE task = ? AND document = ?', task, document)
      return row && toRow<R>(row)
    },
    next: (task) =>
      db.get<{ document: string }>(
        "SELECT document FROM label_rows WHERE task = ? AND state = 'waiting' ORDER BY position, rowid LIMIT 1",
        task,
      )?.document ?? null,
    count: (task, state) =>
      db.get<{ n: number }>('SELECT count(*) AS n FROM label_rows WHERE task = ? AND state = ?', task, state)?.n ?? 0,
    put({ task, document, state, before, result, picked, error, said }) {
      db.run(
        `INSERT INTO label_rows
        VALUES (?1, ?2, (SELECT coalesce(max(position), 0) + 1 FROM label_rows WHERE task = ?1), ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT(task, document) DO UPDATE SET state = excluded.state, before = excluded.before,
          result = excluded.result, picked = excluded.picked, error = excluded.error, said = excluded.said`,
        task,
        document,
        state,
        before === null ? null : JSON.stringify(before),
        result === null ? null : JSON.stringify(result),
        picked === null ? null : JSON.stringify(picked),
        error,
        said === null ? null : JSON.stringify(said),
      )
    },
    remove: (task, document) => db.run('DELETE FROM label_rows WHERE task = ? AND document = ?', task, document) > 0,
    removeWaiting: (task) => db.run("DELETE FROM label_rows WHERE task = ? AND state = 'waiting'", task),
  }
}

function toRow<R>(row: Row): StoredLabelRow<R> {
  return {
    ...row,
    before: row.before === null ? null : (JSON.parse(row.before) as LabelBefore),
    result: row.result === null ? null : (JSON.parse(row.result) as R),
    picked: row.picked === null ? null : (JSON.parse(row.picked) as string[]),
    said: row.said === null ? null : (JSON.parse(row.said) as Said),
  }
}
