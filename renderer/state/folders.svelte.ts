import type { ExcludedFolder, LearnedBy, LibraryFolder, SkippedFile } from '../../preload/contract.ts'
import type { AppStore } from './app.svelte.ts'
import type { LibraryStore } from './library.svelte.ts'

/** Where the library comes from: folders, those that are left out of learning, files that were not read. */
export class FolderStore {
  #app: AppStore
  #library: LibraryStore
  #folders = $state.raw<LibraryFolder[]>([])
  #excluded = $state.raw<ExcludedFolder[]>([])
  #skipped = $state.raw<SkippedFile[]>([])

  constructor(app: AppStore, library: LibraryStore) {
    this.#app = app
    this.#library = library
    app.on('import.state', ({ running }) => {
      if (!running) void this.load()
    })
  }

  get folders() {
    return this.#folders
  }
  get excluded() {
    return this.#excluded
  }
  get skipped() {
    return this.#skipped
  }

  async load(): Promise<void> {
    const [found, skipped] = await Promise.all([
      this.#app.attempt(() => this.#app.call('library.folders', {})),
      this.#app.attempt(() => this.#app.call('library.skipped', {})),
    ])
    if (found) {
      this.#folders = found.folders
      this.#excluded = found.excluded
    }
    if (skipped) this.#skipped = skipped
  }

  async watch(folder: string, watched: boolean): Promise<void> {
    const folders = await this.#app.attempt(() => this.#app.call('library.watch', { folder, watched }))
    if (folders) this.#folders = folders
  }

  async exclude(folder: string, excluded: boolean): Promise<void> {
    const list = await this.#app.attempt(() => this.#app.call('library.exclude', { folder, excluded }))
    if (!list) return
    this.#excluded = list
    await this.#library.changed()
  }

  /** Voices that learned from any of these pieces. */
  async learned(documents: string[]): Promise<LearnedBy[]> {
    return (await this.#app.attempt(() => this.#app.call('library.learned', { documents }))) ?? []
  }

  /** Shows the file where the host can; else its path is copied. @returns what was done */
  async reveal(path: string): Promise<'shown' | 'copied' | null> {
    const done = await this.#app.attempt(() => this.#app.call('files.reveal', { path }))
    if (!done) return null
    if (done.shown) return 'shown'
    await this.#app.attempt(() => navigator.clipboard.writeText(path))
    return 'copied'
  }
}
