/**
 * What the owner decided of a piece's tags and score in the app, in place of what its file says. The documents' own
 * columns hold what counts; here stands what the file said then, so that a file whose tags change later wins, and that a
 * decision can be taken back.
 */
import type { LabelTask } from '../../preload/contract.ts'
import type { Database } from './database.ts'

/** Tags of a tag choice, the score of a rating; null: none. */
export type LabelValue = string[] | number | null

export interface LabelChoice {
  value: LabelValue
  /** What the file said when it was chosen. */
  file: LabelValue
  at: string
}

export interface LabelChoices {
  get(document: string, task: LabelTask): LabelChoice | null
  /** Pieces whose files say something else than what was chosen, the latest choice first. */
  unwritten(task: LabelTask): string[]
  /** How many were chosen after this moment, of the owner's own pieces. */
  since(at: string): number
  /** The piece has this from now on; what its file says stays known. False: there is no such piece. */
  choose(document: string, task: LabelTask, value: LabelValue): boolean
  /** The piece has again what its file says. */
  forget(document: string, task: LabelTask): void
  /** Another piece has the same choices, where its file says what they were made of. */
  copy(from: string, to: string): void
  /** The file says something else by the app's own writing: the choice stays. */
  fileSays(document: string, task: LabelTask, file: LabelValue): void
}

interface Row {
  value: string
  file: string
  at: string
}

const COLUMN = { tag: 'tags', rate: 'rating' } as const
const same = (a: LabelValue, b: LabelValue): boolean => JSON.stringify(a) === JSON.stringify(b)

export function createLabelChoices(db: Database, changed: () => void): LabelChoices {
  const get: LabelChoices['get'] = (document, task) => readChoice(db, document, task)
  const set = (document: string, task: LabelTask, value: LabelValue): void => {
    const written = task === 'tag' ? JSON.stringify(value ?? []) : (value as number | null)
    db.run(`UPDATE documents SET ${COLUMN[task]} = ? WHERE id = ?`, written, document)
    changed()
  }
  return {
    get,
    unwritten: (task) =>
      db
        .all<{ document: string }>(
          'SELECT document FROM label_choices WHERE task = ? AND value <> file ORDER BY at DESC, rowid DESC',
          task,
        )
        .map(({ document }) => document),
    since: (at) =>
      db.get<{ n: number }>(
        `SELECT count(*) AS n FROM label_choices c JOIN documents d ON d.id = c.document
        WHERE d.status = 'mine' AND c.at > ?`,
        at,
      )?.n ?? 0,
    choose(document, task, value) {
      const now = columnOf(db, document, task)
      if (now === undefined) return false
      db.transaction(() => {
        const file = get(document, task)?.file ?? now
        putChoice(db, document, task, value, file)
        set(document, task, value)
      })
      return true
    },
    forget(document, task) {
      db.transaction(() => {
        const choice = get(document, task)
        if (!choice) return
        db.run('DELETE FROM label_choices WHERE document = ? AND task = ?', document, task)
        set(document, task, choice.file)
      })
    },
    copy(from, to) {
      db.transaction(() => {
        db.run(
          'INSERT OR REPLACE INTO label_choices SELECT ?, task, value, file, at FROM label_choices WHERE document = ?',
          to,
          from,
        )
        keepChoices(db, to)
      })
      changed()
    },
    fileSays(document, task, file) {
      db.run('UPDATE label_choices SET file = ? WHERE document = ? AND task = ?', JSON.stringify(file), document, task)
    },
  }
}

function readChoice(db: Database, document: string, task: LabelTask): LabelChoice | null {
  const row = db.get<Row>('SELECT value, file, at FROM label_choices WHERE document = ? AND task = ?', document, task)
  return row && { value: JSON.parse(row.value) as LabelValue, file: JSON.parse(row.file) as LabelValue, at: row.at }
}

function putChoice(db: Database, document: string, task: LabelTask, value: LabelValue, file: LabelValue): void {
  db.run(
    `INSERT INTO label_choices VALUES (?, ?, ?, ?, ?)
    ON CONFLICT(document, task) DO UPDATE SET value = excluded.value, at = excluded.at`,
    document,
    task,
    JSON.stringify(value),
    JSON.stringify(file),
    new Date().toISOString(),
  )
}

function columnOf(db: Database, document: string, task: LabelTask): LabelValue | undefined {
  const row = db.get<{ tags: string; rating: number | null }>(
    'SELECT tags, rating FROM documents WHERE id = ?',
    document,
  )
  if (!row) return undefined
  return task === 'tag' ? (JSON.parse(row.tags) as string[]) : row.rating
}

/**
 * A piece's file was read again, and its own tags and score stand in its columns: the owner's choice is laid over them
 * again where the file still says what it said then; where it says something else, its author changed it there, and the
 * choice is over.
 */
export function keepChoices(db: Database, document: string): void {
  for (const task of ['tag', 'rate'] as const) {
    const choice = readChoice(db, document, task)
    if (!choice) continue
    const file = columnOf(db, document, task) ?? null
    if (!same(file, choice.file)) {
      db.run('DELETE FROM label_choices WHERE document = ? AND task = ?', document, task)
      continue
    }
    const written = task === 'tag' ? JSON.stringify(choice.value ?? []) : (choice.value as number | null)
    db.run(`UPDATE documents SET ${COLUMN[task]} = ? WHERE id = ?`, written, document)
  }
}
