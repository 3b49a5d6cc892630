/** Models that the user added from files. The catalog's own models are not in here. */
import type { ModelInfo } from '../../preload/contract.ts'
import type { Database } from './database.ts'

export interface ModelRecord {
  id: string
  /** Absolute path of the GGUF. */
  path: string
  role: ModelInfo['role']
  addedAt: string
  /** What probing the file told, as the catalog wrote it. */
  facts: Record<string, unknown>
}

export interface Models {
  list(): ModelRecord[]
  get(id: string): ModelRecord | null
  put(model: ModelRecord): void
  remove(id: string): boolean
}

interface Row extends Omit<ModelRecord, 'addedAt' | 'facts'> {
  added_at: string
  facts: string
}

export function createModels(db: Database): Models {
  return {
    list: () => db.all<Row>('SELECT * FROM models ORDER BY rowid').map(toModel),
    get(id) {
      const row = db.get<Row>('SELECT * FROM models WHERE id = ?', id)
      return row && toModel(row)
    },
    put(model) {
      db.run(
        `INSERT INTO models VALUES (?, ?, ?, ?, ?)
        ON CONFLICT(id) DO UPDATE SET path = excluded.path, role = excluded.role, added_at = excluded.added_at,
          facts = excluded.facts`,
        model.id,
        model.path,
        model.role,
        model.addedAt,
        JSON.stringify(model.facts),
      )
    },
    remove: (id) => db.run('DELETE FROM models WHERE id = ?', id) > 0,
  }
}

function toModel({ added_at, facts, ...rest }: Row): ModelRecord {
  return { ...rest, addedAt: added_at, facts: JSON.parse(facts) as Record<string, unknown> }
}
