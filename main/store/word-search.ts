/**
 * Search by words over the passages: SQLite's FTS5 with stems, so that "barometers" finds "barometer". For the library's
 * own search box, which looks at everything that is stored; what a prompt shows is found by main/retrieval, whose
 * frequencies know nothing of later pieces.
 */
import type { Database } from './database.ts'

export interface WordHit {
  passage: string
  document: string
  /** BM25 of SQLite, larger is better; a word in the title weighs three times. */
  score: number
}

export type Mark = [from: number, to: number]

export interface MarkedTexts {
  title: Mark[]
  text: Mark[]
}

export interface WordSearchInput {
  query: string
  /** Only these pieces. */
  documents?: readonly string[]
  limit: number
}

export interface WordSearch {
  /**
   * Best passages first. All words must be there, the last as the beginning of one; where few passages have all, those
   * with some follow. Words in quotes must stand together.
   */
  search(input: WordSearchInput): { hits: WordHit[]; total: number }
  /** Where the query's words stand in these texts, UTF-16 offsets. */
  marks(query: string, texts: readonly { title: string; text: string }[]): MarkedTexts[]
}

/** Fewer passages than this with all words: those with some are shown too. */
const FEW = 8
const TITLE_WEIGHT = 3
const TOKENIZER = 'porter unicode61 remove_diacritics 2'
const OPEN = '\u0002'
const CLOSE = '\u0003'

/** Scripts without spaces: there a word is part of a run, and is looked for as letters. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

interface Parts {
  /** FTS5 strings, quoted. */
  terms: string[]
  /** Looked for letter by letter. */
  letters: string[]
}

export function partsOf(query: string): Parts {
  const terms: string[] = []
  const letters: string[] = []
  for (const [, phrase, plain] of query.normalize('NFC').matchAll(/"([^"]+)"|([\p{L}\p{N}\p{M}'’_-]+)/gu)) {
    const words = ((phrase ?? plain ?? '').match(/[\p{L}\p{N}\p{M}_]+/gu) ?? []).join(' ')
    if (words === '') continue
    if (UNSPACED.test(words)) letters.push(words)
    else terms.push(`"${words}"`)
  }
  // What is still being typed.
  if (terms.length > 0 && letters.length === 0 && /[\p{L}\p{N}\p{M}]$/u.test(query)) terms.push(`${terms.pop()}*`)
  return { terms, letters }
}

export function createWordSearch(db: Database): WordSearch {
  const matching = (match: string, documents: readonly string[] | undefined, limit: number): WordHit[] =>
    db.all<WordHit>(
      `SELECT p.id AS passage, p.document, -bm25(passage_words, ${TITLE_WEIGHT}, 1) AS score
      FROM passage_words JOIN passages p ON p.rowid = passage_words.rowid
      WHERE passage_words MATCH ?1 AND (?2 IS NULL OR p.document IN (SELECT value FROM json_each(?2)))
      ORDER BY score DESC, p.rowid LIMIT ?3`,
      match,
      documents === undefined ? null : JSON.stringify(documents),
      limit,
    )
  const containing = (letters: string[], documents: readonly string[] | undefined, limit: number): WordHit[] =>
    db.all<WordHit>(
      `SELECT p.id AS passage, p.document, 1.0 AS score FROM passages p JOIN documents d ON d.id = p.document
      WHERE NOT EXISTS (SELECT 1 FROM json_each(?1) WHERE instr(p.text, value) = 0 AND instr(d.title, value) = 0)
        AND (?2 IS NULL OR p.document IN (SELECT value FROM json_each(?2)))
      ORDER BY d.ordered_at DESC, p.position LIMIT ?3`,
      JSON.stringify(letters),
      documents === undefined ? null : JSON.stringify(documents),
      limit,
    )

  return {
    search({ query, documents, limit }) {
      const { terms, letters } = partsOf(query)
      if (letters.length > 0) {
        const hits = containing([...letters, ...terms.map((term) => term.replace(/["*]/g, ''))], documents, limit)
        return { hits, total: hits.length }
      }
      if (terms.length === 0) return { hits: [], total: 0 }
      const all = matching(terms.join(' AND '), documents, limit)
      if (all.length >= FEW || terms.length === 1) return { hits: all, total: all.length }
      const seen = new Set(all.map(({ passage }) => passage))
      const some = matching(terms.join(' OR '), documents, limit).filter(({ passage }) => !seen.has(passage))
      const hits = [...all, ...some].slice(0, limit)
      return { hits, total: hits.length }
    },
    marks(query, texts) {
      const { terms, letters } = partsOf(query)
      const spelled = texts.map(({ title, text }) => ({
        title: letters.flatMap((word) => places(title, word)),
        text: letters.flatMap((word) => places(text, word)),
      }))
      if (terms.length === 0) return spelled
      // The same tokenizer in a table of its own: only it knows which words share a stem.
      db.run(`CREATE VIRTUAL TABLE IF NOT EXISTS temp.marking USING fts5(title, text, tokenize='${TOKENIZER}')`)
      db.run('DELETE FROM temp.marking')
      texts.forEach(({ title, text }, at) => {
        db.run('INSERT INTO temp.marking (rowid, title, text) VALUES (?, ?, ?)', at, plain(title), plain(text))
      })
      const rows = db.all<{ at: number; title: string; text: string }>(
        `SELECT rowid AS at, highlight(marking, 0, '${OPEN}', '${CLOSE}') AS title,
          highlight(marking, 1, '${OPEN}', '${CLOSE}') AS text FROM temp.marking WHERE marking MATCH ?`,
        terms.join(' OR '),
      )
      for (const { at, title, text } of rows) {
        spelled[at]?.title.push(...marksOf(title))
        spelled[at]?.text.push(...marksOf(text))
      }
      return spelled
    },
  }
}

/** The two signs stand in no text of ours; in a file they might. */
const plain = (text: string): string => text.replaceAll(OPEN, ' ').replaceAll(CLOSE, ' ')

function places(text: string, word: string): Mark[] {
  const found: Mark[] = []
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length))
    found.push([at, at + word.length])
  return found
}

/** Offsets in the text without the signs that `highlight` put in. */
function marksOf(highlighted: string): Mark[] {
  const marks: Mark[] = []
  let taken = 0
  let from = 0
  for (let at = 0; at < highlighted.length; at++) {
    const sign = highlighted[at]
    if (sign === OPEN) from = at - taken++
    else if (sign === CLOSE) marks.push([from, at - taken++])
  }
  return marks
}
