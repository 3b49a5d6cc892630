/** The library: pieces, what an import did and asks, search. */

export interface DocumentSummary {
  id: string
  path: string
  title: string
  /** ISO date, or null when neither front matter nor file name gave one (then the file's own time is used for order). */
  date: string | null
  tags: string[]
  /** The owner's own score, as found (usually 1..5), or null. */
  rating: number | null
  words: number
  kind: 'markdown' | 'text' | 'html'
  /** `mine` trains; `asked` waits for an answer to a question; `excluded` is kept for reading only. */
  status: 'mine' | 'asked' | 'excluded'
  author: string | null
  draft: boolean
}

export interface DocumentFull extends DocumentSummary {
  /** Plain text of the body, paragraphs separated by a blank line. */
  text: string
}

export interface SkippedFile {
  path: string
  reason: string
}

export interface ImportReport {
  /** Pieces read anew or changed in this import. */
  documents: number
  passages: number
  unchanged: number
  skipped: SkippedFile[]
  /** What was set aside and is asked about. */
  questions: ImportQuestion[]
}

/** A group of pieces that may not be the owner's finished writing. */
export interface ImportQuestion {
  id: string
  kind: 'author' | 'draft'
  /** The author's name for `author`, else null. */
  author: string | null
  documents: number
  /** Titles of the first few. */
  examples: string[]
}

export interface ImportProgress {
  request: string
  stage: 'finding' | 'reading' | 'embedding' | 'indexing'
  done: number
  total: number
  /** File at hand, for a line of text. */
  current: string | null
}

export interface PassageHit {
  passage: string
  document: string
  path: string
  title: string
  date: string | null
  text: string
  /** Fused reciprocal rank score, larger is better. */
  score: number
  /** 1-based ranks in the two lists, null where absent: why this passage was found. */
  bm25Rank: number | null
  vectorRank: number | null
}

export interface LibraryCalls {
  'library.import': { in: { request: string; paths: string[] }; out: ImportReport }
  'library.list': {
    in: { text?: string; tag?: string; status?: DocumentSummary['status']; limit?: number; offset?: number }
    out: { documents: DocumentSummary[]; total: number }
  }
  'library.get': { in: { document: string }; out: DocumentFull }
  'library.search': { in: { query: string; k?: number; before?: string }; out: { passages: PassageHit[] } }
  'library.questions': { in: Record<string, never>; out: ImportQuestion[] }
  /** `mine: true`: these are mine and finished, learn from them; false: keep for reading only. */
  'library.answer': { in: { question: string; mine: boolean }; out: ImportQuestion[] }
  'library.setStatus': { in: { document: string; status: 'mine' | 'excluded' }; out: DocumentSummary }
  'library.remove': { in: { document: string }; out: { removed: boolean } }
}

export const LIBRARY_CALLS = [
  'library.import',
  'library.list',
  'library.get',
  'library.search',
  'library.questions',
  'library.answer',
  'library.setStatus',
  'library.remove',
] as const satisfies readonly (keyof LibraryCalls)[]
