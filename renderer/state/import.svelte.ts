import type { ContractError, GivenFile, ImportProgress, ImportReport, ImportState } from '../../preload/contract.ts'
import { type Dropped, type NotGiven, pathsOrFiles, toGiven } from '../lib/dropped.ts'
import { inWords, isStopped, toContractError } from '../lib/errors.ts'
import { baseName } from '../lib/format.ts'
import { newRequest } from '../lib/request.ts'
import { localStore, readStored, type Store, writeStored } from '../lib/storage.ts'
import { words } from '../words/words.ts'
import type { AppStore } from './app.svelte.ts'
import type { LibraryStore } from './library.svelte.ts'

/** The last failed import that its owner was told of in this browser. */
const TOLD = 'idiolect-import-told'
/** The host refuses these for one file's sake, and the others of its batch with it. */
const OF_ONE_FILE = ['NotWriting', 'TooLarge']
/** So many of what was left out are named in a notice. */
const NAMED = 3

/** One import: its progress, then its report. It is the host's: a window that is opened in its middle finds it. */
export class ImportStore {
  #app: AppStore
  #library: LibraryStore
  #store: Store | null
  #request = $state<string | null>(null)
  /** The one whose end is on show. */
  #ended: string | null = null
  #progress = $state.raw<ImportProgress | null>(null)
  #report = $state.raw<ImportReport | null>(null)
  #error = $state.raw<ContractError | null>(null)
  #keeping = $state(false)
  /** Of what was dropped: what never reached the host, to stand in the report beside what it left out. */
  #left: NotGiven[] = []
  #loaded = $state(false)

  constructor(app: AppStore, library: LibraryStore, store: Store | null = localStore()) {
    this.#app = app
    this.#library = library
    this.#store = store
    app.on('import.progress', (progress) => {
      if (progress.request === this.#request) this.#progress = progress
    })
    app.on('import.state', (state) => void this.#take(state))
  }

  get running() {
    return this.#request !== null || this.#keeping
  }
  get progress() {
    return this.#progress
  }
  get report() {
    return this.#report
  }
  /** Why the last import ended early, until the next one. */
  get error() {
    return this.#error
  }

  /** Whether it is known what goes on at the host. */
  get loaded() {
    return this.#loaded
  }

  async load(): Promise<void> {
    const state = await this.#app.attempt(() => this.#app.call('library.importing', {}))
    // A report of long ago is of interest while the first start lasts; a failure until it was told, since the app goes
    // on by itself with what its end broke off, and may be done with that before there is a window.
    if (state && (state.running || this.#app.welcome || state.error)) await this.#take(state)
    this.#loaded = true
  }

  async #take(state: ImportState): Promise<void> {
    if (state.running) {
      // What a watch reads by itself asks for no attention, and holds nothing up.
      if (state.by === 'watch') return
      // Where the connection was lost, it seemed to have ended.
      if (this.#ended === state.request) this.#ended = null
      this.#request = state.request
      this.#progress = state.progress
      this.#report = null
      this.#error = null
      return
    }
    // What a watch read is listed by the library itself, at its end.
    if (state.by === 'owner') await this.#end(state.request, state.error ? null : state.report, state.error)
  }

  /** The pieces before the report: whoever is told how many came in sees them, and never an empty library. */
  async #end(request: string, report: ImportReport | null, error: ContractError | null): Promise<void> {
    await this.#library.load()
    // Told twice, by the event and by the answer to the call; and another one may have begun since.
    if (this.#ended === request || (this.#request !== null && this.#request !== request)) return
    this.#ended = request
    this.#request = null
    const left = this.#left.map(({ path, why }) => ({ path, reason: sentences(why) }))
    this.#left = []
    this.#report = report && { ...report, skipped: [...left, ...report.skipped] }
    this.#error = error
    if (error && !isStopped(error) && readStored(this.#store, TOLD) !== request) this.#tell(request, error)
  }

  /** Whoever asked for it, in this window or before it was there. */
  #tell(request: string, error: ContractError): void {
    this.#app.report(error)
    if (error.name !== 'NoConnection') writeStored(this.#store, TOLD, request)
  }

  /** One import at a time: whoever brings more meanwhile is told so. */
  refusesMore(): boolean {
    if (this.running) this.#app.report({ name: 'StillReading', message: words.welcome.stillReading, next: null })
    return this.running
  }

  /** Resolves true when the import ended well. */
  async run(paths: string[]): Promise<boolean> {
    if (paths.length === 0 || this.refusesMore()) return false
    return this.#during(newRequest(), (request) => this.#app.call('library.import', { request, paths }))
  }

  /**
   * Files and folders that were dropped: by their paths, or by what is in them where the window sees no paths. What
   * cannot be given to the host is told, and all else is read.
   */
  async drop(dropped: Dropped[]): Promise<boolean> {
    this.#keeping = true
    this.#error = null
    const paths: string[] = []
    const left: NotGiven[] = []
    let failed: ContractError | null = null
    try {
      const given = await pathsOrFiles(dropped, this.#app.pathOf)
      paths.push(...given.paths)
      left.push(...given.left)
      for await (const batch of toGiven(given.files, left)) paths.push(...(await this.#keep(batch, left)))
    } catch (error) {
      failed = toContractError(error)
    } finally {
      this.#keeping = false
    }
    const nothing = { name: 'NothingToImport', message: words.welcome.nothing, next: null }
    const told = failed ?? leftOut(left, paths.length === 0) ?? (paths.length === 0 ? nothing : null)
    if (told) this.#app.report(told)
    if (paths.length === 0) {
      this.#error = told
      return false
    }
    this.#left = left
    return this.run(paths)
  }

  /** @returns the paths of what the host keeps; a file that it does not take is left out alone */
  async #keep(batch: GivenFile[], left: NotGiven[]): Promise<string[]> {
    try {
      return (await this.#app.call('library.keep', { files: batch })).paths
    } catch (error) {
      const why = toContractError(error)
      const [only] = batch
      if (!only || !OF_ONE_FILE.includes(why.name)) throw error
      if (batch.length === 1) {
        left.push({ path: only.name, why })
        return []
      }
      const kept: string[] = []
      for (const file of batch) kept.push(...(await this.#keep([file], left)))
      return kept
    }
  }

  /** @param date the day it was written, `2024-05-17`; empty: not said */
  async paste({ title, date, text }: { title: string; date: string; text: string }): Promise<boolean> {
    this.#error = null
    const piece = await this.#app.attempt(() =>
      this.#app.call('library.paste', { title, ...(date ? { date } : {}), text }),
    )
    return piece !== null
  }

  async #during(request: string, call: (request: string) => Promise<ImportReport>): Promise<boolean> {
    this.#request = request
    this.#progress = null
    this.#report = null
    this.#error = null
    try {
      const report = await call(request)
      await this.#end(request, report, null)
      return true
    } catch (error) {
      await this.#end(request, null, toContractError(error))
      return false
    }
  }

  stop(): void {
    void this.#app.cancel(this.#request)
  }

  /** Its report was read. */
  forget(): void {
    this.#report = null
  }
}

function sentences(error: ContractError): string {
  const { message, next } = inWords(error)
  return [message, next].filter(Boolean).join(' ')
}

/** What was left out of a drop, as a notice tells it. @param all nothing else was dropped */
function leftOut(left: readonly NotGiven[], all: boolean): ContractError | null {
  const [first] = left
  if (!first) return null
  if (all && left.length === 1) return first.why
  const named = left.slice(0, NAMED).map(({ path, why }) => `${baseName(path)}: ${inWords(why).message}`)
  return {
    name: 'LeftOut',
    message: words.dropped.left(left.length, named.join(' '), left.length - named.length),
    next: first.why.next,
  }
}
