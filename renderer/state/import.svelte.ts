import type { ImportProgress, ImportReport } from '../../preload/contract.ts'
import { newRequest } from '../lib/request.ts'
import type { AppStore } from './app.svelte.ts'
import type { LibraryStore } from './library.svelte.ts'

/** One import: its progress, then its report. */
export class ImportStore {
  #app: AppStore
  #library: LibraryStore
  #request = $state<string | null>(null)
  #progress = $state.raw<ImportProgress | null>(null)
  #report = $state.raw<ImportReport | null>(null)

  constructor(app: AppStore, library: LibraryStore) {
    this.#app = app
    this.#library = library
    app.on('import.progress', (progress) => {
      if (progress.request === this.#request) this.#progress = progress
    })
  }

  get running() {
    return this.#request !== null
  }
  get progress() {
    return this.#progress
  }
  get report() {
    return this.#report
  }

  /** Resolves true when the import ended well. */
  async run(paths: string[]): Promise<boolean> {
    if (this.#request || paths.length === 0) return false
    const request = newRequest()
    this.#request = request
    this.#progress = null
    this.#report = null
    const report = await this.#app.attempt(
      () => this.#app.call('library.import', { request, paths }),
      () => void this.run(paths),
    )
    this.#request = null
    if (report) this.#report = report
    await this.#library.load()
    return report !== null
  }

  stop(): void {
    void this.#app.cancel(this.#request)
  }

  forget(): void {
    this.#report = null
  }
}
