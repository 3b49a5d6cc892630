import type { DocumentSummary, ImportQuestion, OpenedPiece } from '../../preload/contract.ts'
import type { AppStore, Space } from './app.svelte.ts'

/** The pieces, what is asked about them, and the piece that is open. */
export class LibraryStore {
  #app: AppStore
  #documents = $state.raw<DocumentSummary[]>([])
  #questions = $state.raw<ImportQuestion[]>([])
  #open = $state.raw<OpenedPiece | null>(null)
  #loaded = $state(false)
  #mark = $state<string | null>(null)
  #cameFrom = $state<Space | null>(null)
  #openings = $state(0)
  /** Counts what was asked for: an answer that comes late opens nothing. */
  #turn = 0

  constructor(app: AppStore) {
    this.#app = app
    app.on('import.state', ({ running }) => {
      if (!running) void this.#readAnew()
    })
  }

  /** Newest first. */
  get documents() {
    return this.#documents
  }
  get questions() {
    return this.#questions
  }
  get open() {
    return this.#open
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
  /** Counts what was opened: a piece that is opened again is shown from its place, one that is only read anew stays. */
  get openings() {
    return this.#openings
  }

  /** What a training would learn from, as far as it is listed: changed, a forecast is of another library. */
  learnable = $derived(`${this.#documents.length}/${this.#documents.filter(({ status }) => status === 'mine').length}`)
  byId = $derived(new Map(this.#documents.map((document) => [document.id, document])))

  async load(): Promise<void> {
    const [listed, questions] = await Promise.all([
      this.#app.attempt(
        () => this.#app.call('library.list', {}),
        () => void this.load(),
      ),
      this.#app.attempt(() => this.#app.call('library.questions', {})),
    ])
    if (listed) this.#documents = listed.documents
    if (questions) this.#questions = questions
    this.#loaded = true
  }

  /** Opens a piece; `mark` is a passage's text to show, `from` the space to offer a way back to. */
  async show(document: string, mark: string | null = null, from: Space | null = null): Promise<void> {
    await this.#show(document, () => mark, from)
  }

  /** Opens it at one of its passages. */
  async showPassage(document: string, passage: string): Promise<void> {
    await this.#show(document, ({ passages }) => passages.find(({ id }) => id === passage)?.text ?? null, null)
  }

  async #show(document: string, markIn: (piece: OpenedPiece) => string | null, from: Space | null): Promise<void> {
    const turn = ++this.#turn
    const space = this.#app.space
    const full = await this.#app.attempt(() => this.#app.call('library.open', { document }))
    // Another piece was asked for since, or its owner went elsewhere.
    if (!full || turn !== this.#turn || space !== this.#app.space) return
    this.#open = full
    this.#mark = markIn(full)
    this.#cameFrom = from
    this.#openings += 1
    this.#app.go('library')
  }

  close(): void {
    this.#turn += 1
    this.#putAway()
  }

  #putAway(): void {
    this.#open = null
    this.#mark = null
    this.#cameFrom = null
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
    if (this.#open?.id === document) this.#open = { ...this.#open, ...changed, decided: true }
  }

  /** @returns whether it was done */
  async setStatuses(documents: string[], status: 'mine' | 'excluded'): Promise<boolean> {
    const done = await this.#app.attempt(() => this.#app.call('library.setStatuses', { documents, status }))
    if (done) await this.#readAnew()
    return done !== null
  }

  async remove(document: string): Promise<void> {
    await this.removeMany([document])
  }

  async removeMany(documents: string[]): Promise<boolean> {
    const done = await this.#app.attempt(() => this.#app.call('library.removeMany', { documents }))
    if (!done) return false
    if (this.#open && documents.includes(this.#open.id)) this.#putAway()
    await this.load()
    return true
  }

  /** After a change that may concern any piece: the list, and the piece at hand with its place. */
  async #readAnew(): Promise<void> {
    await this.load()
    const open = this.#open
    if (!open) return
    if (!this.#documents.some(({ id }) => id === open.id)) return this.#putAway()
    const full = await this.#app.attempt(() => this.#app.call('library.open', { document: open.id }))
    if (full && this.#open?.id === open.id) this.#open = full
  }

  /** For those that change what pieces may be learned from. */
  changed(): Promise<void> {
    return this.#readAnew()
  }
}
