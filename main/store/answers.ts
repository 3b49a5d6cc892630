/** What the owner answered to the import's questions, so that no question comes twice. */
import type { Database } from './database.ts'

export interface Answers {
  /** Question id -> whether these pieces are the owner's. */
  all(): Map<string, boolean>
  put(question: string, mine: boolean): void
  remove(question: string): void
}

export function createAnswers(db: Database): Answers {
  return {
    all() {
      const rows = db.all<{ question: string; mine: number }>('SELECT question, mine FROM answers')
      return new Map(rows.map((row) => [row.question, row.mine === 1]))
    },
    put(question, mine) {
      db.run(
        'INSERT INTO answers VALUES (?, ?, ?) ON CONFLICT(question) DO UPDATE SET mine = excluded.mine, at = excluded.at',
        question,
        mine ? 1 : 0,
        new Date().toISOString(),
      )
    },
    remove(question) {
      db.run('DELETE FROM answers WHERE question = ?', question)
    },
  }
}
