/**
 * Training runs: where each one's folder is and how far it came. The folder holds the facts; this is the list. It stands in
 * this data folder, wherever that stood when the run was begun: a copy must not read or train in what it was copied from.
 */
import path from 'node:path'
import type { TrainingState, TrainOptions } from '../../preload/contract.ts'
import type { Database } from './database.ts'

export interface RunRecord {
  id: string
  /** Absolute path of the run folder, `runs/<id>` in the data folder. */
  folder: string
  createdAt: string
  stage: TrainingState['stage']
  /** Id of the base model. */
  base: string
  /** Id of the voice it made, or null. */
  voice: string | null
  options: TrainOptions
}

export interface Runs {
  /** Newest first. */
  list(): RunRecord[]
  get(id: string): RunRecord | null
  put(run: RunRecord): void
  setStage(id: string, stage: RunRecord['stage'], voice?: string | null): void
  remove(id: string): boolean
}

interface Row extends Omit<RunRecord, 'createdAt' | 'options'> {
  created_at: string
  options: string
}

/** @param dataFolder absolute path */
export function createRuns(db: Database, dataFolder: string): Runs {
  const toRun = ({ created_at, options, ...rest }: Row): RunRecord => ({
    ...rest,
    folder: path.join(dataFolder, 'runs', rest.id),
    createdAt: created_at,
    options: JSON.parse(options) as TrainOptions,
  })
  return {
    list: () => db.all<Row>('SELECT * FROM runs ORDER BY created_at DESC, rowid DESC').map(toRun),
    get(id) {
      const row = db.get<Row>('SELECT * FROM runs WHERE id = ?', id)
      return row && toRun(row)
    },
    put(run) {
      db.run(
        `INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT(id) DO UPDATE SET folder = excluded.folder, created_at = excluded.created_at,
          stage = excluded.stage, base = excluded.base, voice = excluded.voice, options = excluded.options`,
        run.id,
        run.folder,
        run.createdAt,
        run.stage,
        run.base,
        run.voice,
        JSON.stringify(run.options),
      )
    },
    setStage(id, stage, voice) {
      if (voice === undefined) db.run('UPDATE runs SET stage = ? WHERE id = ?', stage, id)
      else db.run('UPDATE runs SET stage = ?, voice = ? WHERE id = ?', stage, voice, id)
    },
    remove: (id) => db.run('DELETE FROM runs WHERE id = ?', id) > 0,
  }
}
