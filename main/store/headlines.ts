/** Headlines proposed, picked, edited and rejected: the next training's examples. */
import type { HeadlineRecord } from '../../preload/contract.ts'
import { type Database, NOW, type SqlValue } from './database.ts'

export interface Headlines {
  /** Newest first; `text` keeps those whose piece or candidates contain it. */
  list(limit?: number, text?: string): HeadlineRecord[]
  /** Of this very piece. */
  ofText(text: string): HeadlineRecord[]
  get(id: string): HeadlineRecord | null
  put(record: HeadlineRecord): void
  /** How many were picked, edited or written after this moment. */
  pickedSince(at: string): number
  remove(id: string): boolean
}

type Lists = 'candidates' | 'authors' | 'rejected'
type Row = Omit<HeadlineRecord, Lists | 'blindPick'> & Record<Lists, string> & { blind_pick: string | null }

const COLUMNS = 'id, at, excerpt, text, candidates, picked, edited, voice, authors, rejected, blind, blind_pick'
const NEWEST_FIRST = 'ORDER BY at DESC, rowid DESC'

export function createHeadlines(db: Database): Headlines {
  const all = (condition: string, ...values: SqlValue[]): HeadlineRecord[] =>
    db.all<Row>(`SELECT ${COLUMNS} FROM headlines ${condition}`, ...values).map(toRecord)
  return {
    list: (limit = 200, text = '') =>
      text === ''
        ? all(`${NEWEST_FIRST} LIMIT ?`, limit)
        : all(
            `WHERE instr(lower(text), lower(?1)) > 0 OR instr(lower(coalesce(edited, '')), lower(?1)) > 0 OR EXISTS
              (SELECT 1 FROM json_each(candidates) WHERE instr(lower(value), lower(?1)) > 0) ${NEWEST_FIRST} LIMIT ?2`,
            text,
            limit,
          ),
    ofText: (text) => all(`WHERE text = ? ${NEWEST_FIRST}`, text),
    get: (id) => all('WHERE id = ?', id)[0] ?? null,
    put(record) {
      db.run(
        `INSERT INTO headlines (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT(id) DO UPDATE SET at = excluded.at, excerpt = excluded.excerpt, text = excluded.text,
          candidates = excluded.candidates, picked = excluded.picked, edited = excluded.edited, voice = excluded.voice,
          authors = excluded.authors, rejected = excluded.rejected, blind = excluded.blind,
          blind_pick = excluded.blind_pick,
          picked_at = CASE WHEN excluded.picked IS headlines.picked AND excluded.edited IS headlines.edited
            THEN headlines.picked_at ELSE ${NOW} END`,
        record.id,
        record.at,
        record.excerpt,
        record.text,
        JSON.stringify(record.candidates),
        record.picked,
        record.edited,
        record.voice,
        JSON.stringify(record.authors),
        JSON.stringify(record.rejected),
        record.blind,
        record.blindPick,
      )
    },
    // Those of early versions are dated by the suggestion alone.
    pickedSince: (at) =>
      db.get<{ n: number }>(
        `SELECT count(*) AS n FROM headlines
        WHERE coalesce(picked_at, at) > ? AND coalesce(edited, picked, '') <> ''`,
        at,
      )?.n ?? 0,
    remove: (id) => db.run('DELETE FROM headlines WHERE id = ?', id) > 0,
  }
}

function toRecord({ candidates, authors, rejected, blind_pick, ...row }: Row): HeadlineRecord {
  return {
    ...row,
    candidates: JSON.parse(candidates) as string[],
    authors: JSON.parse(authors) as (string | null)[],
    rejected: JSON.parse(rejected) as string[],
    blindPick: blind_pick,
  }
}
