/** Documents: the pieces in the library, with their text and what decides whose they are. */
import type { DocumentFull, DocumentSummary } from '../../preload/contract.ts'
import type { Database, SqlValue } from './database.ts'
import { keepChoices } from './label-choices.ts'
import type { NewPassage } from './passages.ts'

export interface StoredDocument extends DocumentFull {
  /** sha256 of the file's bytes, hex. */
  hash: string
  /** Bytes. */
  size: number
  /** Milliseconds since 1970. */
  mtime: number
  /** Milliseconds since 1970, by which pieces stand in order: the date, else a place on the day of the file's mtime. */
  orderedAt: number
  /** Every author named, as written; `author` is the first. */
  authors: string[]
  /** Id of the question this piece waits for, or null. */
  question: string | null
  /** The owner set the status of this very piece: no rule changes it. */
  decided: boolean
  /** Version of the reader that read it. */
  reader: number
}

/** What the importer hands over; status and the rest are the store's. */
export type NewDocument = Omit<StoredDocument, 'author' | 'question' | 'decided' | 'status' | 'orderedAt'>

/** What tells an unchanged file without reading it. */
export interface KnownFile {
  id: string
  mtime: number
  size: number
  hash: string
  reader: number
}

export interface DocumentFilter {
  /** Words to be found in title, path or text. */
  text?: string
  tag?: string
  status?: DocumentSummary['status']
  limit?: number
  offset?: number
}

/** The facts that decide a status (see main/library/whose.ts). */
export type Claim = Pick<
  StoredDocument,
  'id' | 'path' | 'title' | 'authors' | 'draft' | 'status' | 'question' | 'decided'
>

export interface Documents {
  get(id: string): StoredDocument | null
  byPath(path: string): StoredDocument | null
  /** The first document with this content. */
  byHash(hash: string): StoredDocument | null
  /** Newest first. */
  list(filter?: DocumentFilter): { documents: DocumentSummary[]; total: number }
  /** The owner's own pieces, oldest first. */
  mine(): StoredDocument[]
  /** Title of the owner's oldest piece whose hash begins with one of these 16 hex digits, or null. */
  mineAmong(beginnings: readonly string[]): string | null
  count(): number
  /** Every file, without its text. */
  files(): { id: string; path: string; mtime: number; size: number; hash: string }[]
  /** By path. */
  known(): Map<string, KnownFile>
  /** Writes a piece and its passages, all or nothing; older passages of it go. A new piece waits as `asked`. */
  put(document: NewDocument, passages: NewPassage[]): void
  /** The file was touched but says the same. */
  touch(id: string, mtime: number, size: number): void
  /** The app itself changed the file's front matter: its text is what it was, its bytes are these. */
  rewritten(id: string, file: Pick<StoredDocument, 'hash' | 'mtime' | 'size'>): void
  /** The piece is known under another path from now on. */
  move(id: string, path: string): void
  claims(): Claim[]
  setClaim(id: string, status: DocumentSummary['status'], question: string | null): void
  /** The owner's own decision on one piece; null when there is no such piece. */
  setStatus(id: string, status: 'mine' | 'excluded'): DocumentSummary | null
  /** Gives undated pieces their places: the day of the file's mtime, within a day by path, a second apart. */
  order(): void
  /** Forgets piece and passages; the vectors are removed by the caller (`removeDocument` of the store). */
  remove(id: string): boolean
}

const SUMMARY = 'id, path, title, date, tags, rating, words, kind, status, authors, draft'
const DAY = 86_400_000

interface SummaryRow extends Omit<DocumentSummary, 'tags' | 'author' | 'draft'> {
  tags: string
  authors: string
  draft: number
}

interface Row extends SummaryRow {
  hash: string
  size: number
  mtime: number
  ordered_at: number
  question: string | null
  decided: number
  reader: number
  text: string
}

/** `changed` is called after every change that search or history would see. */
export function createDocuments(db: Database, changed: () => void): Documents {
  const one = (row: Row | null) => row && toDocument(row)
  const documents: Documents = {
    get: (id) => one(db.get<Row>('SELECT * FROM documents WHERE id = ?', id)),
    byPath: (path) => one(db.get<Row>('SELECT * FROM documents WHERE path = ?', path)),
    byHash: (hash) => one(db.get<Row>('SELECT * FROM documents WHERE hash = ? ORDER BY rowid', hash)),
    list: (filter = {}) => list(db, filter),
    mine: () => db.all<Row>("SELECT * FROM documents WHERE status = 'mine' ORDER BY ordered_at, path").map(toDocument),
    mineAmong(beginnings) {
      const among = 'substr(hash, 1, 16) IN (SELECT value FROM json_each(?))'
      const found = db.get<{ title: string }>(
        `SELECT title FROM documents WHERE status = 'mine' AND ${among} ORDER BY ordered_at, path LIMIT 1`,
        JSON.stringify(beginnings),
      )
      return found?.title ?? null
    },
    count: () => db.get<{ n: number }>('SELECT count(*) AS n FROM documents')?.n ?? 0,
    files: () => db.all('SELECT id, path, mtime, size, hash FROM documents ORDER BY path'),
    known() {
      const rows = db.all<KnownFile & { path: string }>('SELECT path, id, mtime, size, hash, reader FROM documents')
      return new Map(rows.map(({ path, ...file }) => [path, file]))
    },
    put(document, passages) {
      db.transaction(() => {
        write(db, document)
        keepChoices(db, document.id)
        db.run('DELETE FROM passages WHERE document = ?', document.id)
        for (const passage of passages) {
          db.run(
            'INSERT INTO passages (id, document, position, text) VALUES (?, ?, ?, ?)',
            passage.id,
            document.id,
            passage.position,
            passage.text,
          )
        }
      })
      changed()
    },
    touch(id, mtime, size) {
      db.run('UPDATE documents SET mtime = ?, size = ? WHERE id = ?', mtime, size, id)
    },
    rewritten(id, { hash, mtime, size }) {
      db.run('UPDATE documents SET hash = ?, mtime = ?, size = ? WHERE id = ?', hash, mtime, size, id)
    },
    move(id, path) {
      db.run('UPDATE documents SET path = ? WHERE id = ?', path, id)
      changed()
    },
    claims: () =>
      db
        .all<Row>(
          'SELECT id, path, title, authors, draft, status, question, decided FROM documents ORDER BY ordered_at, path',
        )
        .map((row) => ({
          id: row.id,
          path: row.path,
          title: row.title,
          authors: JSON.parse(row.authors) as string[],
          draft: row.draft === 1,
          status: row.status,
          question: row.question,
          decided: row.decided === 1,
        })),
    setClaim(id, status, question) {
      db.run('UPDATE documents SET status = ?, question = ? WHERE id = ?', status, question, id)
      changed()
    },
    setStatus(id, status) {
      db.run('UPDATE documents SET status = ?, question = NULL, decided = 1 WHERE id = ?', status, id)
      changed()
      const row = db.get<SummaryRow>(`SELECT ${SUMMARY} FROM documents WHERE id = ?`, id)
      return row && toSummary(row)
    },
    order() {
      db.run(
        `UPDATE documents SET ordered_at = day * ${DAY} + 1000 * place FROM (
          SELECT id AS undated, mtime / ${DAY} AS day,
            row_number() OVER (PARTITION BY mtime / ${DAY} ORDER BY path) - 1 AS place
          FROM documents WHERE date IS NULL
        ) WHERE id = undated`,
      )
      changed()
    },
    remove(id) {
      const removed = db.run('DELETE FROM documents WHERE id = ?', id) > 0
      if (removed) changed()
      return removed
    },
  }
  return documents
}

function list(db: Database, filter: DocumentFilter): { documents: DocumentSummary[]; total: number } {
  const where: string[] = ['1']
  const values: SqlValue[] = []
  for (const word of (filter.text ?? '').split(/\s+/).filter(Boolean)) {
    // LIKE folds the case of ASCII only; lower() adds nothing, so a capital umlaut must be typed as one.
    const pattern = `%${word.replace(/[\\%_]/g, '\\$&')}%`
    where.push("(title LIKE ? ESCAPE '\\' OR path LIKE ? ESCAPE '\\' OR text LIKE ? ESCAPE '\\')")
    values.push(pattern, pattern, pattern)
  }
  if (filter.tag !== undefined) {
    where.push('EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)')
    values.push(filter.tag)
  }
  if (filter.status !== undefined) {
    where.push('status = ?')
    values.push(filter.status)
  }
  const condition = where.join(' AND ')
  const rows = db.all<SummaryRow>(
    `SELECT ${SUMMARY} FROM documents WHERE ${condition} ORDER BY ordered_at DESC, path DESC LIMIT ? OFFSET ?`,
    ...values,
    filter.limit ?? -1,
    filter.offset ?? 0,
  )
  const total = db.get<{ n: number }>(`SELECT count(*) AS n FROM documents WHERE ${condition}`, ...values)?.n ?? 0
  return { documents: rows.map(toSummary), total }
}

function write(db: Database, document: NewDocument): void {
  const orderedAt = document.date === null ? document.mtime : Date.parse(document.date)
  db.run(
    `INSERT INTO documents (id, path, hash, size, mtime, title, date, ordered_at, tags, rating, words, kind, status,
      authors, draft, text, reader) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'asked', ?, ?, ?, ?)
    ON CONFLICT(id) DO UPDATE SET path = excluded.path, hash = excluded.hash, size = excluded.size,
      mtime = excluded.mtime, title = excluded.title, date = excluded.date, ordered_at = excluded.ordered_at,
      tags = excluded.tags, rating = excluded.rating, words = excluded.words, kind = excluded.kind,
      authors = excluded.authors, draft = excluded.draft, text = excluded.text, reader = excluded.reader`,
    document.id,
    document.path,
    document.hash,
    document.size,
    document.mtime,
    document.title,
    document.date,
    orderedAt,
    JSON.stringify(document.tags),
    document.rating,
    document.words,
    document.kind,
    JSON.stringify(document.authors),
    document.draft ? 1 : 0,
    document.text,
    document.reader,
  )
}

function toSummary({ authors, ...row }: SummaryRow): DocumentSummary {
  const names = JSON.parse(authors) as string[]
  return { ...row, tags: JSON.parse(row.tags) as string[], author: names[0] ?? null, draft: row.draft === 1 }
}

function toDocument(row: Row): StoredDocument {
  const { id, path, title, date, tags, rating, words, kind, status, authors, draft } = row
  return {
    ...toSummary({ id, path, title, date, tags, rating, words, kind, status, authors, draft }),
    text: row.text,
    hash: row.hash,
    size: row.size,
    mtime: row.mtime,
    orderedAt: row.ordered_at,
    authors: JSON.parse(authors) as string[],
    question: row.question,
    decided: row.decided === 1,
    reader: row.reader,
  }
}
