/**
 * The library's import: files in, pieces and passages in the store, vectors in LanceDB, questions where writing may
 * not be the owner's. It does not know what the pieces are used for, nor which model embeds. Each piece is committed
 * whole; whatever ends an import in the middle, the next one goes on.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { ImportProgress, ImportReport } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'
import type { Embedder } from '../inference/types.ts'
import type { Store } from '../store/store.ts'
import { cancelled, reembed } from './embed.ts'
import { type FileToRead, openReader, type Reader } from './reader.ts'
import { createTaker, skip } from './take.ts'
import { decideAll, isBelow, questions } from './whose.ts'

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
  let passedOver = 0
  // A parser that takes minutes over one file must not hold up whoever stops it.
  const stop = (): void => void reader.close()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    progress('finding', 0, 0)
    const found = await reader.find(input.paths)
    forgetSkipped(store, input.paths)
    forgetRemovedFiles(store, input.paths)
    for (const file of found.skipped) skip(store, report, file)
    const known = store.documents.known()
    const files = found.files.map((file) => ({ path: file, known: known.get(file) ?? null }))
    const taker = createTaker({ store, report, known, named: new Set(input.paths.map((one) => path.resolve(one))) })
    let done = 0
    progress('reading', 0, files.length)
    /** @returns the files that are to be read once more */
    const readAll = async (batch: FileToRead[], last: boolean): Promise<FileToRead[]> => {
      const later: FileToRead[] = []
      let index = 0
      if (batch.length === 0) return later
      for await (const result of reader.read(batch)) {
        if (signal?.aborted) throw cancelled(`${done} of ${files.length} files were read`)
        const file = batch[index++]
        if (!taker.take(result, last) && file) {
          later.push(file)
          continue
        }
        done++
        progress('reading', done, files.length, result.type === 'piece' ? result.piece.path : result.path)
      }
      return later
    }
    await readAll(await readAll(files, false), true)
    passedOver = taker.passedOver
  } catch (error) {
    // The reader that was closed says so in its own words.
    const told = error instanceof IdiolectError && error.name === 'Cancelled'
    throw signal?.aborted && !told ? cancelled('what was read is kept') : error
  } finally {
    signal?.removeEventListener('abort', stop)
    await reader.close()
    store.documents.order()
    decideAll(store)
  }
  if (report.documents + report.unchanged + passedOver === 0) throw nothingRead(input.paths, report)
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

/**
 * A file of a removed piece that is gone itself holds no place for ever: another text that is written there later is read.
 * The text that was removed stays so wherever it turns up.
 */
function forgetRemovedFiles(store: Store, paths: string[]): void {
  const roots = paths.map((root) => path.resolve(root))
  store.transaction(() => {
    for (const file of store.removed.files()) {
      if (roots.some((root) => isBelow(file, root)) && !existsSync(file)) store.removed.forgetFile(file)
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
