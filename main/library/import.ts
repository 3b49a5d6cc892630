/**
 * The library's import: files in, pieces and passages in the store, vectors in LanceDB, questions where writing may
 * not be the owner's. It does not know what the pieces are used for, nor which model embeds. Each piece is committed
 * whole; whatever ends an import in the middle, the next one goes on.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { ImportProgress, ImportReport, SkippedFile } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'
import type { Embedder } from '../inference/types.ts'
import { because } from '../said.ts'
import type { KnownFile } from '../store/documents.ts'
import type { Store } from '../store/store.ts'
import { cancelled, reembed } from './embed.ts'
import { type PieceRead, READER_VERSION, type ReadResult } from './read.ts'
import { openReader, type Reader } from './reader.ts'
import { decideAll, decideOne, questions } from './whose.ts'

export interface ImportInput {
  store: Store
  /** Null: passages are kept without vectors; `reembed` computes them later. */
  embedder: Embedder | null
  /** Files and folders. */
  paths: string[]
  /** Id that the progress events bear. */
  request: string
  onProgress?: (progress: ImportProgress) => void
  signal?: AbortSignal
  /** How files are read; by default in a worker thread. */
  reader?: Reader
}

/**
 * Imports `paths`. Throws IdiolectError `NothingToImport` (a path is missing, no file, or none could be read; in the
 * last case `cause` is the report with every reason), `Cancelled`, or the store's.
 */
export async function importPaths(input: ImportInput): Promise<ImportReport> {
  const { store, embedder, request, signal } = input
  const progress = (stage: ImportProgress['stage'], done: number, total: number, current: string | null = null) =>
    input.onProgress?.({ request, stage, done, total, current })
  const report: ImportReport = { documents: 0, passages: 0, unchanged: 0, skipped: [], questions: [] }
  const reader = input.reader ?? openReader()
  let twins = 0
  try {
    progress('finding', 0, 0)
    const found = await reader.find(input.paths)
    forgetSkipped(store, input.paths)
    for (const file of found.skipped) skip(store, report, file)
    const known = store.documents.known()
    const files = found.files.map((file) => ({ path: file, known: known.get(file) ?? null }))
    let done = 0
    progress('reading', 0, files.length)
    if (files.length > 0) {
      for await (const result of reader.read(files)) {
        if (signal?.aborted) throw cancelled(`${done} of ${files.length} files were read`)
        twins += take(store, report, result, known)
        done++
        progress('reading', done, files.length, result.type === 'piece' ? result.piece.path : result.path)
      }
    }
  } finally {
    await reader.close()
    store.documents.order()
    decideAll(store)
  }
  if (report.documents + report.unchanged + twins === 0) throw nothingRead(input.paths, report)
  if (embedder) {
    await reembed(store, embedder, {
      signal,
      onProgress: (done, total, file) => progress('embedding', done, total, file),
    })
  }
  progress('indexing', 1, 1)
  report.questions = questions(store)
  return report
}

/** Puts one result into the store and the report; 1 when it was a copy of a piece that is there, else 0. */
function take(store: Store, report: ImportReport, result: ReadResult, known: Map<string, KnownFile>): number {
  if (result.type === 'skipped') {
    skip(store, report, { path: result.path, reason: result.reason, said: result.said })
    return 0
  }
  if (result.type === 'unchanged') {
    const id = known.get(result.path)?.id
    if (result.touched && id !== undefined) store.documents.touch(id, result.touched.mtime, result.touched.size)
    report.unchanged++
    return 0
  }
  const { piece } = result
  const present = store.documents.byPath(piece.path)
  const twin = store.documents.byHash(piece.hash)
  const isCopy = twin !== null && twin.path !== piece.path
  if (isCopy && existsSync(twin.path)) {
    if (present) store.documents.remove(present.id)
    skip(store, report, { path: piece.path, ...because('skip.twin', twin.path) })
    return 1
  }
  // A copy whose first file is gone was moved: it keeps its id, and what the owner decided on it.
  if (isCopy && present) store.documents.remove(present.id)
  const id = isCopy ? twin.id : (present?.id ?? freshId(store, piece.path))
  put(store, id, piece)
  report.documents++
  report.passages += piece.passages.length
  return 0
}

function put(store: Store, id: string, { passages, ...piece }: PieceRead): void {
  store.transaction(() => {
    store.documents.put(
      { id, ...piece, reader: READER_VERSION },
      // The content is part of a passage's id: a vector never belongs to words that are gone.
      passages.map((text, position) => ({ id: `${id}-${piece.hash.slice(0, 8)}-${position}`, position, text })),
    )
    decideOne(store, { id, path: piece.path, authors: piece.authors, draft: piece.draft })
  })
}

function freshId(store: Store, file: string): string {
  for (let attempt = 0; ; attempt++) {
    const id = createHash('sha256').update(`${file}\0${attempt}`).digest('hex').slice(0, 16)
    if (!store.documents.get(id)) return id
  }
}

function skip(store: Store, report: ImportReport, file: SkippedFile): void {
  store.skipped.put(file)
  report.skipped.push(file)
}

/** Files skipped earlier below these paths are looked at anew. */
function forgetSkipped(store: Store, paths: string[]): void {
  const roots = paths.map((root) => path.resolve(root))
  store.transaction(() => {
    for (const file of store.skipped.list()) {
      if (roots.some((root) => file.path === root || file.path.startsWith(root + path.sep)))
        store.skipped.remove(file.path)
    }
  })
}

function nothingRead(paths: string[], report: ImportReport): IdiolectError {
  const first = report.skipped[0]
  const more = report.skipped.length > 1 ? ` and ${report.skipped.length - 1} more` : ''
  return new IdiolectError(
    'NothingToImport',
    `None of the files in ${paths.join(', ')} could be read: ${first ? `${first.path}: ${first.reason}` : 'there are none'}${more}`,
    'Name a folder with Markdown, plain text, HTML or Word documents in it.',
    { cause: report },
  )
}
