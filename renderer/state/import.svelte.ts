import type { ContractError, ImportProgress, ImportReport, ImportState } from '../../preload/contract.ts'
import { type Dropped, pathsOrFiles, toGiven } from '../lib/dropped.ts'
import { newRequest } from '../lib/request.ts'
import { words } from '../words/words.ts'
import type { AppStore } from './app.svelte.ts'
import type { LibraryStore } from './library.svelte.ts'

/** One import: its progress, then its report. It is the host's: a window that is opened in its middle finds it. */
export class ImportStore {
  #app: AppStore
  #library: LibraryStore
  #request = $state<string | null>(null)
  /** The one whose end is on show. */
  #ended: string | null = null
  #progress = $state.raw<ImportProgress | null>(null)
  #report = $state.raw<ImportReport | null>(null)
  #error = $state.raw<ContractError | null>(null)
  #keeping = $state(false)
  #loaded = $state(false)

  constructor(app: AppStore, library: LibraryStore) {
    this.#app = app
    this.#library = library
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
    // A report of long ago is of interest while the first start lasts.
    if (state && (state.running || this.#app.welcome)) await this.#take(state)
    this.#loaded = true
  }

  async #take(state: ImportState): Promise<void> {
    if (state.running) {
      // What a watch reads by itself asks for no attention, and holds nothing up.
      if (state.by === 'watch') return
      this.#request = state.request
      this.#progress = state.progress
      this.#report = null
      this.#error = null
      return
    }
    const report = state.error ? null : state.report
    if (state.by === 'owner') await this.#end(state.request, report, state.error)
    else await this.#library.load()
  }

  /** The pieces before the report: whoever is told how many came in sees them, and never an empty library. */
  async #end(request: string, report: ImportReport | null, error: ContractError | null): Promise<void> {
    await this.#library.load()
    // Told twice, by the event and by the answer to the call; and another one may have begun since.
    if (this.#ended === request || (this.#request !== null && this.#request !== request)) return
    this.#ended = request
    this.#request = null
    this.#report = report
    this.#error = error
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

  /** Files and folders that were dropped: by their paths, or by what is in them where the window sees no paths. */
  async drop(dropped: Dropped[]): Promise<boolean> {
    const pathOf = this.#app.pathOf
    const { paths, files } = await pathsOrFiles(dropped, pathOf)
    if (files.length > 0) {
      this.#keeping = true
      const kept = await this.#app.attempt(async () => {
        const all: string[] = []
        for await (const batch of toGiven(files)) {
          all.push(...(await this.#app.call('library.keep', { files: batch })).paths)
        }
        return all
      })
      this.#keeping = false
      if (!kept) return false
      paths.push(...kept)
    }
    return this.run(paths)
  }

  async paste(title: string, text: string): Promise<boolean> {
    this.#error = null
    const piece = await this.#app.attempt(() => this.#app.call('library.paste', { title, text }))
    return piece !== null
  }

  async #during(request: string, call: (request: string) => Promise<ImportReport>): Promise<boolean> {
    this.#request = request
    this.#progress = null
    this.#report = null
    this.#error = null
    const report = await this.#app.attempt(() => call(request))
    await this.#end(request, report, this.#error)
    return report !== null
  }

  stop(): void {
    void this.#app.cancel(this.#request)
  }

  forget(): void {
    this.#report = null
    this.#error = null
  }
}
