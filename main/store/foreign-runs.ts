/**
 * Runs of words that the assistant wrote in drafts that are deleted, as numbers (retrieval/shingles.ts) from which no text
 * can be read, each with when the first draft that had it was begun.
 */
import type { Database } from './database.ts'

export interface ForeignRuns {
  /** By run, milliseconds since 1970. A map of the caller's own. */
  all(): Map<number, number>
  add(runs: readonly number[], created: number): void
}

export function createForeignRuns(db: Database): ForeignRuns {
  return {
    all: () =>
      new Map(
        db
          .all<{ run: number; created: number }>('SELECT run, created FROM foreign_runs')
          .map(({ run, created }) => [run, created]),
      ),
    add(runs, created) {
      db.transaction(() => {
        for (const run of new Set(runs)) {
          db.run(
            `INSERT INTO foreign_runs VALUES (?, ?)
            ON CONFLICT(run) DO UPDATE SET created = min(created, excluded.created)`,
            run,
            created,
          )
        }
      })
    },
  }
}
