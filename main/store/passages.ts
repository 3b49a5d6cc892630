/** Passages: the texts that search finds. Their vectors lie in LanceDB (vectors.ts); `embedded` says which have one. */
import type { DocumentSummary } from '../../preload/contract.ts'
import type { Database } from './database.ts'

export interface NewPassage {
  id: string
  /** 0-based place in the piece. */
  position: number
  text: string
}

/** A passage with what search needs of its document. */
export interface PassageFacts extends NewPassage {
  document: string
  path: string
  title: string
  date: string | null
  kind: DocumentSummary['kind']
  status: DocumentSummary['status']
  /** Milliseconds since 1970; see StoredDocument. */
  orderedAt: number
}

export interface Passages {
  count(): number
  ofDocument(document: string): NewPassage[]
  /** These, in no order; those that are gone are left out. */
  get(ids: readonly string[]): PassageFacts[]
  /** All, oldest piece first, then by place in the piece. */
  all(): PassageFacts[]
  /** Up to `limit` passages that have no vector yet, in the same order. */
  pending(limit: number): PassageFacts[]
  pendingCount(): number
  embeddedCount(): number
  markEmbedded(ids: string[]): void
  /** No passage has a vector any more. */
  forgetVectors(): void
  ids(): Set<string>
}

const FACTS = `SELECT p.id, p.document, p.position, p.text, d.path, d.title, d.date, d.kind, d.status,
  d.ordered_at AS orderedAt FROM passages p JOIN documents d ON d.id = p.document`
const ORDER = 'ORDER BY d.ordered_at, d.path, p.position'

export function createPassages(db: Database): Passages {
  const count = (where: string) => db.get<{ n: number }>(`SELECT count(*) AS n FROM passages WHERE ${where}`)?.n ?? 0
  return {
    count: () => count('1'),
    ofDocument: (document) =>
      db.all<NewPassage>('SELECT id, position, text FROM passages WHERE document = ? ORDER BY position', document),
    get: (ids) => db.all<PassageFacts>(`${FACTS} WHERE p.id IN (SELECT value FROM json_each(?))`, JSON.stringify(ids)),
    all: () => db.all<PassageFacts>(`${FACTS} ${ORDER}`),
    pending: (limit) => db.all<PassageFacts>(`${FACTS} WHERE p.embedded = 0 ${ORDER} LIMIT ?`, limit),
    pendingCount: () => count('embedded = 0'),
    embeddedCount: () => count('embedded = 1'),
    markEmbedded(ids) {
      db.transaction(() => {
        for (const id of ids) db.run('UPDATE passages SET embedded = 1 WHERE id = ?', id)
      })
    },
    forgetVectors() {
      db.run('UPDATE passages SET embedded = 0 WHERE embedded = 1')
    },
    ids: () => new Set(db.all<{ id: string }>('SELECT id FROM passages').map((row) => row.id)),
  }
}
