/** Imports, one after another: what runs can be asked for, so that a window that was opened anew goes on showing it. */
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type { Handlers, ImportReport, ImportState } from '../../../preload/contract.ts'
import { IdiolectError, toContractError } from '../../errors.ts'
import { isFolder } from '../../library/find.ts'
import { importPaths } from '../../library/import.ts'
import { isBelow } from '../../library/whose.ts'
import type { AppContext } from '../context.ts'
import { typedPath } from '../typed-path.ts'
import type { Indexing } from './indexing.ts'

const PENDING = 'import.pending'
/** Starts that went on with it and have not ended it, nor been closed. */
const TRIES = 'import.tries'
/** A file may end the process that reads it: then the next start must not. */
const MOST_TRIES = 2
const LAST = 'import.last'
/** An import has begun in an empty library: the first start lasts until the owner leaves it. */
const BEGUN = 'start.begun'
const LEFT = 'start.left'

/** Whether the first start's view is still to be shown. */
export function isFirstStart({ store }: Pick<AppContext, 'store'>): boolean {
  if (store.settings.get<boolean>(LEFT)) return false
  if (store.settings.get<boolean>(BEGUN)) return true
  return store.documents.count() === 0 && store.voices.list().length === 0
}

export function leaveFirstStart(context: AppContext): void {
  context.store.settings.set(LEFT, true)
  context.store.settings.remove(LAST)
  context.changed()
}

export interface Imports {
  handlers: Pick<Handlers, 'library.import' | 'library.importing'>
  /** What the owner wants read. */
  run(request: string, paths: string[]): Promise<ImportReport>
  /** Goes on with what the app's end broke off; returns at once. */
  goOn(): void
  /** For a watched folder: quietly, and only when nothing else is read. */
  readAgain(folder: string): Promise<void>
}

export function createImports(context: AppContext, indexing: Indexing): Imports {
  const { store, events, requests } = context
  let state: ImportState | null = null
  let turn: Promise<unknown> = Promise.resolve()
  /** Watched folders that are being read; `again`: what changed meanwhile may have come too late for its list. */
  const watched = new Map<string, { again: boolean }>()
  const lasting = context.options.host !== 'terminal'
  const tell = (change: Partial<ImportState>): void => {
    if (state === null) return
    state = { ...state, ...change }
    if (!('progress' in change)) events.emit('import.state', state)
  }

  const read = async (request: string, paths: string[], signal: AbortSignal): Promise<ImportReport> => {
    // Vectors come after: words are found at once, and an import need not wait for a model.
    const report = await importPaths({
      store,
      embedder: null,
      paths,
      request,
      signal,
      onProgress: (progress) => {
        tell({ progress })
        events.emit('import.progress', progress)
      },
    })
    for (const folder of paths.filter(isFolder)) store.folders.read(path.resolve(folder))
    if (context.options.host === 'terminal') await indexing.now(request, signal)
    else indexing.begin()
    return report
  }

  /** Written down at once: a kill at any moment loses nothing of what was asked for. */
  const begun = (paths: string[], by: ImportState['by']): void => {
    if (by !== 'owner' || !lasting) return
    if (store.documents.count() === 0) store.settings.set(BEGUN, true)
    store.settings.set(PENDING, paths)
  }
  const ended = (by: ImportState['by']): void => {
    // Where the app is being closed, nobody meant the import to end.
    if (by !== 'owner' || !lasting) return
    store.settings.remove(TRIES)
    if (requests.closed) return
    store.settings.remove(PENDING)
    if (isFirstStart(context)) store.settings.set(LAST, state)
  }

  const run = (request: string, paths: string[], by: ImportState['by']): Promise<ImportReport> =>
    requests.run(request, (signal) => {
      const mine = turn.then(async () => {
        state = { request, paths, by, running: true, progress: null, report: null, error: null }
        tell({})
        try {
          remember(context, paths)
          begun(paths, by)
          signal.throwIfAborted()
          const report = await read(request, paths, signal)
          tell({ running: false, report })
          return report
        } catch (error) {
          tell({ running: false, error: toContractError(error), report: reportIn(error) })
          throw error
        } finally {
          ended(by)
          context.changed()
        }
      })
      turn = mine.catch(() => {})
      return mine
    })

  return {
    handlers: {
      'library.import': ({ request, paths }) =>
        run(
          request,
          paths.map((one) => typedPath(one)),
          'owner',
        ),
      async 'library.importing'() {
        return state ?? store.settings.get<ImportState>(LAST)
      },
    },
    run: (request, paths) => run(request, paths, 'owner'),
    goOn() {
      const paths = store.settings.get<string[]>(PENDING)
      if (!lasting || !paths) return
      const tries = store.settings.get<number>(TRIES) ?? 0
      if (tries >= MOST_TRIES) {
        store.settings.remove(PENDING)
        store.settings.remove(TRIES)
        const error = new IdiolectError(
          'ImportFailed',
          `the import of ${paths.join(', ')} was broken off at each of the last starts, and is not gone on with`,
          'Import its folders or files one by one, to find the one that cannot be read.',
        )
        const ended = { running: false, progress: null, report: null, error: toContractError(error) }
        state = { request: `given up ${randomUUID()}`, paths, by: 'owner', ...ended }
        store.settings.set(LAST, state)
        return
      }
      store.settings.set(TRIES, tries + 1)
      // How it ends is in its state, which every window asks for.
      run(`goes on ${randomUUID()}`, paths, 'owner').catch(() => {})
    },
    async readAgain(folder) {
      const running = watched.get(folder)
      if (running) {
        running.again = true
        return
      }
      const reading = { again: true }
      watched.set(folder, reading)
      while (reading.again && !requests.closed) {
        reading.again = false
        // What goes wrong is told by the event; a watch must not end the app.
        await run(`watch ${folder}`, [folder], 'watch').catch(() => {})
      }
      watched.delete(folder)
    },
  }
}

/** Folders that the owner named are remembered, unless they stand in one that is. */
function remember({ store }: AppContext, paths: string[]): void {
  // An empty path is no folder, though it resolves to one.
  const named = paths.filter((one) => one.trim() !== '')
  for (const folder of named.map((one) => path.resolve(one)).filter(isFolder)) {
    const known = store.folders.list()
    if (!known.some((one) => isBelow(folder, one.path))) store.folders.add(folder)
  }
}

/** A file that could not be read has its reason in the report, also where nothing else was read. */
function reportIn(error: unknown): ImportReport | null {
  const cause = error instanceof IdiolectError ? error.cause : null
  return typeof cause === 'object' && cause !== null && 'skipped' in cause ? (cause as ImportReport) : null
}
