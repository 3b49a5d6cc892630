import type { DocumentFull, DocumentSummary, ImportQuestion, PassageHit } from '../../preload/contract.ts'
import type { AppStore, Space } from './app.svelte.ts'

const PAGE = 500

/** The pieces, the search over their passages, and the piece that is open. */
export class LibraryStore {
  #app: AppStore
  #documents = $state.raw<DocumentSummary[]>([])
  #questions = $state.raw<ImportQuestion[]>([])
  #hits = $state.raw<PassageHit[] | null>(null)
  #open = $state.raw<DocumentFull | null>(null)
  #searching = $state(false)
  #loaded = $state(false)
  #mark = $state<string | null>(null)
  #cameFrom = $state<Space | null>(null)
  view = $state<'pieces' | 'search'>('pieces')
  filter = $state('')
  status = $state<DocumentSummary['status'] | 'all'>('all')
  query = $state('')

  constructor(app: AppStore) {
    this.#app = app
  }

  get documents() {
    return this.#documents
  }
  get questions() {
    return this.#questions
  }
  get hits() {
    return this.#hits
  }
  get open() {
    return this.#open
  }
  get searching() {
    return this.#searching
  }
  get loaded() {
    return this.#loaded
  }
  /** The passage to mark in the open piece. */
  get mark() {
    return this.#mark
  }
  get cameFrom() {
    return this.#cameFrom
  }

  shown = $derived.by(() => {
    const wanted = this.filter.trim().toLocaleLowerCase()
    return this.#documents.filter((document) => {
      if (this.status !== 'all' && document.status !== this.status) return false
      if (!wanted) return true
      return [document.title, ...document.tags].some((text) => text.toLocaleLowerCase().includes(wanted))
    })
  })

  async load(): Promise<void> {
    const [documents, questions] = await Promise.all([
      this.#app.attempt(
        () => this.#readAll(),
        () => void this.load(),
      ),
      this.#app.attempt(() => this.#app.call('library.questions', {})),
    ])
    if (documents) this.#documents = documents
    if (questions) this.#questions = questions
    this.#loaded = true
  }

  async #readAll(): Promise<DocumentSummary[]> {
    const all: DocumentSummary[] = []
    for (;;) {
      const { documents, total } = await this.#app.call('library.list', { limit: PAGE, offset: all.length })
      all.push(...documents)
      if (all.length >= total || documents.length === 0) return all
    }
  }

  /** Opens a piece; `mark` is a passage's text to show, `from` the space to offer a way back to. */
  async show(document: string, mark: string | null = null, from: Space | null = null): Promise<void> {
    const full = await this.#app.attempt(() => this.#app.call('library.get', { document }))
    if (!full) return
    this.#open = full
    this.#mark = mark
    this.#cameFrom = from
    this.#app.go('library')
  }

  close(): void {
    this.#open = null
    this.#mark = null
    this.#cameFrom = null
  }

  async search(): Promise<void> {
    const query = this.query.trim()
    if (!query) return
    this.#searching = true
    const found = await this.#app.attempt(
      () => this.#app.call('library.search', { query, k: 20 }),
      () => void this.search(),
    )
    this.#searching = false
    if (found) this.#hits = found.passages
  }

  async answer(question: string, mine: boolean): Promise<void> {
    const left = await this.#app.attempt(() => this.#app.call('library.answer', { question, mine }))
    if (!left) return
    this.#questions = left
    await this.load()
  }

  async setStatus(document: string, status: 'mine' | 'excluded'): Promise<void> {
    const changed = await this.#app.attempt(() => this.#app.call('library.setStatus', { document, status }))
    if (!changed) return
    this.#documents = this.#documents.map((known) => (known.id === document ? changed : known))
    if (this.#open?.id === document) this.#open = { ...this.#open, ...changed }
  }

  async remove(document: string): Promise<void> {
    const done = await this.#app.attempt(() => this.#app.call('library.remove', { document }))
    if (!done?.removed) return
    this.close()
    this.#hits = this.#hits?.filter((hit) => hit.document !== document) ?? null
    await this.load()
  }
}
