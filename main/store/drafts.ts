/**
 * Drafts, their versions, and what each last wrote to or read from which file. Texts are kept as JSON strings: SQLite's
 * end at a zero byte, and know no half of a character, and spans count on every one.
 */
import type { DraftSpan, DraftVersion } from '../../preload/contract.ts'
import { type Database, NOW } from './database.ts'

export interface StoredSummary {
  id: string
  title: string
  /** Did the owner give the title. */
  named: boolean
  created: string
  at: string
  words: number
  file: string | null
  learn: boolean
  /** When it was removed; null while it is there. */
  removed: string | null
}

export interface StoredDraft extends StoredSummary {
  /** Front matter of the Markdown that it was imported from, with its `---` lines. */
  matter: string | null
  text: string
  spans: DraftSpan[]
  history: string | null
  revision: number
}

export interface StoredVersion extends Omit<DraftVersion, 'version'> {
  id: string
  title: string
  /** Characters of the text. */
  size: number
}

export interface VersionText extends StoredVersion {
  text: string
  spans: DraftSpan[]
}

export interface Drafts {
  /** Last changed first, whatever the clock said; the removed ones among them. */
  list(): StoredSummary[]
  get(id: string): StoredDraft | null
  /** Those in which the assistant wrote, the removed ones among them. */
  shared(): Pick<StoredDraft, 'created' | 'text' | 'spans'>[]
  /** Those that may be learnt from. */
  learnt(): StoredDraft[]
  /** How many of these are so since after this moment. */
  learntSince(at: string): number
  /** Creates or replaces; versions and files stay. */
  put(draft: StoredDraft): void
  remove(id: string): boolean
  /** In the order in which they were kept. */
  versions(draft: string): StoredVersion[]
  version(draft: string, id: string): VersionText | null
  addVersion(draft: string, version: VersionText): void
  removeVersion(id: string): void
  /** sha256 of the file as this draft last wrote or read it, or null. */
  fileHash(draft: string, file: string): string | null
  setFileHash(draft: string, file: string, hash: string): void
}

type SummaryRow = Omit<StoredSummary, 'named' | 'learn'> & { named: number; learn: number }
type Row = SummaryRow & Omit<StoredDraft, keyof StoredSummary | 'spans'> & { spans: string }

const SUMMARY = 'id, title, named, created, at, words, file, learn, removed'
const ALL = `${SUMMARY}, matter, text, spans, history, revision`
const VERSION = 'id, at, why, title, words, size'

export function createDrafts(db: Database): Drafts {
  return {
    list: () => db.all<SummaryRow>(`SELECT ${SUMMARY} FROM drafts ORDER BY turn DESC`).map(toSummary),
    shared: () =>
      db
        .all<Pick<Row, 'created' | 'text' | 'spans'>>(
          `SELECT created, text, spans FROM drafts WHERE spans LIKE '%"assistant"%'`,
        )
        .map((row) => ({ ...row, text: JSON.parse(row.text) as string, spans: JSON.parse(row.spans) as DraftSpan[] })),
    learnt: () =>
      db.all<Row>(`SELECT ${ALL} FROM drafts WHERE learn = 1 AND removed IS NULL ORDER BY created, id`).map(toDraft),
    learntSince: (at) =>
      db.get<{ n: number }>('SELECT count(*) AS n FROM drafts WHERE learn = 1 AND removed IS NULL AND learn_at > ?', at)
        ?.n ?? 0,
    get(id) {
      const row = db.get<Row>(`SELECT ${ALL} FROM drafts WHERE id = ?`, id)
      return row && toDraft(row)
    },
    put(draft) {
      db.run(
        `INSERT INTO drafts (${SUMMARY}, matter, text, spans, history, revision, turn)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(turn), 0) + 1 FROM drafts))
        ON CONFLICT(id) DO UPDATE SET title = excluded.title, named = excluded.named, at = excluded.at,
          words = excluded.words, file = excluded.file, learn = excluded.learn, removed = excluded.removed,
          matter = excluded.matter, text = excluded.text, spans = excluded.spans, history = excluded.history,
          revision = excluded.revision,
          learn_at = CASE WHEN excluded.learn = drafts.learn THEN drafts.learn_at ELSE ${NOW} END,
          turn = CASE WHEN excluded.revision = drafts.revision THEN drafts.turn ELSE excluded.turn END`,
        draft.id,
        draft.title,
        draft.named ? 1 : 0,
        draft.created,
        draft.at,
        draft.words,
        draft.file,
        draft.learn ? 1 : 0,
        draft.removed,
        draft.matter,
        JSON.stringify(draft.text),
        JSON.stringify(draft.spans),
        draft.history,
        draft.revision,
      )
    },
    remove: (id) => db.run('DELETE FROM drafts WHERE id = ?', id) > 0,
    versions: (draft) =>
      db.all<StoredVersion>(`SELECT ${VERSION} FROM draft_versions WHERE draft = ? ORDER BY rowid`, draft),
    version(draft, id) {
      const row = db.get<StoredVersion & { text: string; spans: string }>(
        `SELECT ${VERSION}, text, spans FROM draft_versions WHERE draft = ? AND id = ?`,
        draft,
        id,
      )
      return row && { ...row, text: JSON.parse(row.text) as string, spans: JSON.parse(row.spans) as DraftSpan[] }
    },
    addVersion(draft, { id, at, why, title, words, size, text, spans }) {
      db.run(
        `INSERT INTO draft_versions (draft, ${VERSION}, text, spans) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        draft,
        id,
        at,
        why,
        title,
        words,
        size,
        JSON.stringify(text),
        JSON.stringify(spans),
      )
    },
    removeVersion(id) {
      db.run('DELETE FROM draft_versions WHERE id = ?', id)
    },
    fileHash(draft, file) {
      return (
        db.get<{ hash: string }>('SELECT hash FROM draft_files WHERE draft = ? AND file = ?', draft, file)?.hash ?? null
      )
    },
    setFileHash(draft, file, hash) {
      db.run(
        'INSERT INTO draft_files VALUES (?, ?, ?) ON CONFLICT(draft, file) DO UPDATE SET hash = excluded.hash',
        draft,
        file,
        hash,
      )
    },
  }
}

function toSummary({ id, title, named, created, at, words, file, learn, removed }: SummaryRow): StoredSummary {
  return { id, title, named: named === 1, created, at, words, file, learn: learn === 1, removed }
}

function toDraft(row: Row): StoredDraft {
  const { matter, history, revision } = row
  const [text, spans] = [JSON.parse(row.text) as string, JSON.parse(row.spans) as DraftSpan[]]
  return { ...toSummary(row), matter, text, spans, history, revision }
}
