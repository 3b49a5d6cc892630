/** The library: pieces, what an import did and asks, search, and what a task would be shown. */
import type { ContractError } from './app.ts'
import type { Said } from './said.ts'
import type { TrainingTask } from './training.ts'

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
  kind: 'markdown' | 'text' | 'html' | 'docx'
  /** `mine` trains; `asked` waits for an answer to a question; `excluded` is kept for reading only. */
  status: 'mine' | 'asked' | 'excluded'
  author: string | null
  draft: boolean
}

export interface DocumentFull extends DocumentSummary {
  /** Plain text of the body, paragraphs separated by a blank line. */
  text: string
}

/** A piece as it is read in the window: with its file as it stands now. */
export interface OpenedPiece extends DocumentFull {
  authors: string[]
  /** The owner decided on this very piece: no rule changes its status. */
  decided: boolean
  /** The folder whose exclusion keeps it from being learned from, or null. */
  excludedBy: string | null
  /** How the file stands to what was read from it. */
  file: FileState
  /** The file is the app's own, of a pasted or dropped text: it is deleted with the piece. */
  kept: boolean
  /** A Markdown file's own text, without front matter; null where it is no Markdown, or not what was read. */
  source: string | null
  /** As search and prompts know it. */
  passages: { id: string; text: string }[]
  /** Voices that learned from it, as far as that was noted. */
  learned: LearnedBy[]
}

export type FileState = 'same' | 'changed' | 'gone' | 'unreadable'

export interface LearnedBy {
  voice: string
  name: string
  /** Of the pieces asked about. */
  pieces: number
}

/** Text with places in it, UTF-16 offsets. */
export interface MarkedText {
  text: string
  marks: [from: number, to: number][]
}

/** A piece that a search found, by its best passage. */
export interface FoundPiece {
  document: string
  passage: string
  title: MarkedText
  /** The part of the passage around the words found, or its beginning. */
  excerpt: MarkedText
  /** Other passages of the piece that were found. */
  more: number
  /** 1-based ranks of the passage in the two lists, null where absent: by words, by meaning. */
  wordRank: number | null
  meaningRank: number | null
  /** Cosine of the query and the passage, -1..1. */
  similarity: number | null
}

export interface LibraryFolder {
  path: string
  /** When it was last read to its end; null: never, or before this was noted. */
  readAt: string | null
  /** Read again by itself when its files change. */
  watched: boolean
  /** Is it there on disk. */
  there: boolean
  pieces: number
}

/** A folder that nothing is learned from. */
export interface ExcludedFolder {
  folder: string
  at: string
  pieces: number
}

/** The import at hand, or the last one since the app was opened. */
export interface ImportState {
  request: string
  paths: string[]
  by: 'owner' | 'watch'
  running: boolean
  progress: ImportProgress | null
  report: ImportReport | null
  error: ContractError | null
}

/** Why passages are searched by words alone. */
export type NoMeaning =
  | { why: 'noModel' }
  /** Passages whose meaning is still to be weighed. */
  | { why: 'pending'; left: number }

export type RecallTask = TrainingTask | 'chat'

/** What a task's retrieval found, best first, and why. */
export interface RecallHit {
  document: string
  title: string
  path: string
  date: string | null
  excerpt: MarkedText
  /** Fused reciprocal rank. */
  score: number
  bm25Rank: number | null
  bm25Score: number | null
  vectorRank: number | null
  similarity: number | null
  /** Is it in the prompt. */
  shown: boolean
}

export interface RecallResult {
  hits: RecallHit[]
  /** Pieces that were found and left out because they are the text itself. */
  own: string[]
  /** Why meaning took no part; null when it did. */
  note: NoMeaning | null
  /** The very text that the model is given; null without a base. */
  prompt: { text: string; tokens: number; context: number } | null
}

export interface SkippedFile {
  path: string
  reason: string
  said?: Said | null
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
  /** BM25's own score, and the cosine of query and passage; null where absent. */
  bm25Score: number | null
  similarity: number | null
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
  'library.open': { in: { document: string }; out: OpenedPiece }
  /** By words, at once; with `meaning` by both, which may wait for a model. Only among `documents`, where given. */
  'library.find': {
    in: { query: string; meaning?: boolean; documents?: string[]; limit?: number }
    out: { pieces: FoundPiece[]; note: NoMeaning | null }
  }
  'library.setStatuses': { in: { documents: string[]; status: 'mine' | 'excluded' }; out: { changed: number } }
  'library.removeMany': { in: { documents: string[] }; out: { removed: number } }
  /** Voices that learned from any of these. */
  'library.learned': { in: { documents: string[] }; out: LearnedBy[] }
  'library.folders': { in: Record<string, never>; out: { folders: LibraryFolder[]; excluded: ExcludedFolder[] } }
  'library.watch': { in: { folder: string; watched: boolean }; out: LibraryFolder[] }
  /** Nothing in the folder is learned from, now and after later imports; `excluded: false` takes that back. */
  'library.exclude': { in: { folder: string; excluded: boolean }; out: ExcludedFolder[] }
  /** Which files are not as they were read. */
  'library.check': { in: Record<string, never>; out: { changed: string[]; gone: string[] } }
  'library.skipped': { in: Record<string, never>; out: SkippedFile[] }
  'library.importing': { in: Record<string, never>; out: ImportState | null }
  'library.recall': {
    in: { request: string; task: RecallTask; text: string; before?: string; profile?: boolean }
    out: RecallResult
  }
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
  'library.open',
  'library.find',
  'library.setStatuses',
  'library.removeMany',
  'library.learned',
  'library.folders',
  'library.watch',
  'library.exclude',
  'library.check',
  'library.skipped',
  'library.importing',
  'library.recall',
] as const satisfies readonly (keyof LibraryCalls)[]
