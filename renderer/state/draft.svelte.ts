import type { Draft, DraftSpan, DraftSummary, DraftVersion } from '../../preload/contract.ts'
import { Autosave, type SaveState } from '../lib/draft/autosave.ts'
import { rememberWritten } from '../lib/draft/clipboard.ts'
import { toContractError } from '../lib/errors.ts'
import type { AppStore } from './app.svelte.ts'
import { DraftFiles } from './draft-files.svelte.ts'
import { GenerationChoice } from './generation.svelte.ts'

/** What the editor holds, as it is saved. */
export interface Written {
  text: string
  spans: DraftSpan[]
  /** Not given: too long to be told with every save. */
  history?: string | null
}

/** The editor on the draft at hand. */
export interface WrittenSource {
  /** `whole`: with the undo history, however long it is. */
  read(whole: boolean): Written
  length(): number
}

/** The drafts, the one at hand and how far it is saved. Knows texts and spans, and nothing of the editor. */
export class DraftStore {
  #app: AppStore
  #drafts = $state.raw<DraftSummary[]>([])
  #loaded = $state(false)
  #opened = $state.raw<Draft | null>(null)
  #summary = $state.raw<DraftSummary | null>(null)
  #saved = $state<SaveState>('saved')
  #conflict = $state.raw<{ mine: string; theirs: Draft } | null>(null)
  #removed = $state.raw<DraftSummary | null>(null)
  #revision = 0
  /** Counts the texts that were shown. Plain, since an effect's end still sees the runes as they were. */
  #serial = 0
  #newTitle: string | null = null
  #whole = false
  #source: WrittenSource | null = null
  #autosave: Autosave
  filter = $state('')
  /** Shows who wrote what. */
  writers = $state(false)
  /** Goes on by itself after a pause. */
  byItself = $state(false)
  focus = $state(false)
  panel = $state(false)
  choice: GenerationChoice
  files: DraftFiles

  constructor(app: AppStore) {
    this.#app = app
    this.files = new DraftFiles(app, this)
    this.choice = new GenerationChoice(app)
    this.#autosave = new Autosave({
      save: () => this.#save(),
      onstate: (state) => (this.#saved = state),
      // A long text takes its time to be carried over.
      wait: () => 600 + (this.#source?.length() ?? 0) / 2000,
    })
    app.on('stream', ({ request, index, text }) => rememberWritten(`${request} ${index}`, text))
    app.on('draft.changed', (event) => void this.#follow(event))
  }

  get drafts() {
    return this.#drafts
  }
  get loaded() {
    return this.#loaded
  }
  /** As it was read: what the editor begins with. Another object whenever the editor must begin anew. */
  get opened() {
    return this.#opened
  }
  /** The draft at hand as it is now, without its text. */
  get current() {
    return this.#summary
  }
  get saved() {
    return this.#saved
  }
  /** Another window wrote the same draft: both texts. */
  get conflict() {
    return this.#conflict
  }
  /** The draft that was removed last, while it can be brought back with one key. */
  get removed() {
    return this.#removed
  }

  async load(): Promise<void> {
    const text = this.filter.trim()
    const drafts = await this.#app.attempt(() => this.#app.call('draft.list', text ? { text } : {}))
    if (!drafts || text !== this.filter.trim()) return
    this.#drafts = drafts
    this.#loaded = true
  }

  async open(draft: string): Promise<void> {
    await this.flush()
    const opened = await this.#app.attempt(() => this.#app.call('draft.get', { draft }))
    if (opened) this.#show(opened)
  }

  /** Makes a draft and shows it; all of its text is the owner's unless `spans` say otherwise. */
  async create(given: { title?: string; text?: string; spans?: DraftSpan[] } = {}): Promise<boolean> {
    await this.flush()
    const created = await this.#app.attempt(() => this.#app.call('draft.create', given))
    if (created) this.#show(created)
    return created !== null
  }

  /** Shows a draft that the host has just given. */
  show(draft: Draft): void {
    this.#show(draft)
  }

  async close(): Promise<void> {
    await this.flush()
    this.focus = false
    this.#opened = null
    this.#serial += 1
    this.#summary = null
    await this.load()
  }

  /** The editor tells where its text is read. The result takes it back, and keeps what it held. */
  attach(source: WrittenSource): () => void {
    const opened = this.#opened
    const serial = this.#serial
    this.#source = source
    return () => {
      const written = source.read(true)
      // A save that goes on may still ask for what it held.
      if (this.#source === source) this.#source = { read: () => written, length: () => written.text.length }
      void this.flush()
      // The editor comes back to it with all its steps; unless another text has taken its place.
      if (opened && this.#serial === serial && this.#summary) {
        const { text, spans, history = null } = written
        this.#opened = { ...opened, ...this.#summary, text, spans, history, revision: this.#revision }
      }
    }
  }

  /** The text at hand has changed. */
  touch(): void {
    this.#autosave.touch()
  }

  /** Saves now, with all steps of undo. */
  flush(): Promise<void> {
    this.#whole = true
    return this.#autosave.flush()
  }

  rename(title: string): void {
    if (!this.#summary || title.trim() === this.#summary.title) return
    this.#newTitle = title.trim()
    this.#summary = { ...this.#summary, title: title.trim() }
    this.touch()
  }

  /** The host has told something new about the draft at hand. */
  note(summary: DraftSummary): void {
    if (this.#summary?.id === summary.id) this.#summary = { ...this.#summary, file: summary.file, learn: summary.learn }
  }

  async learn(learn: boolean): Promise<void> {
    const draft = this.#summary?.id
    if (!draft) return
    const summary = await this.#app.attempt(() => this.#app.call('draft.learn', { draft, learn }))
    if (summary) this.note(summary)
  }

  async remove(summary: DraftSummary): Promise<void> {
    if (this.#summary?.id === summary.id) await this.close()
    const done = await this.#app.attempt(() => this.#app.call('draft.remove', { draft: summary.id }))
    if (done) this.#removed = summary
    await this.load()
  }

  async restore(): Promise<void> {
    const draft = this.#removed?.id
    this.#removed = null
    if (draft) await this.#app.attempt(() => this.#app.call('draft.restore', { draft }))
    await this.load()
  }

  async versions(): Promise<DraftVersion[]> {
    const draft = this.#summary?.id
    if (!draft) return []
    await this.flush()
    return (await this.#app.attempt(() => this.#app.call('draft.versions', { draft }))) ?? []
  }

  async version(version: string): Promise<Draft | null> {
    const draft = this.#summary?.id
    return draft ? this.#app.attempt(() => this.#app.call('draft.version', { draft, version })) : null
  }

  /** The text of this window goes over the other's. */
  async keepMine(): Promise<void> {
    const theirs = this.#conflict?.theirs
    if (!theirs) return
    this.#revision = theirs.revision
    this.#conflict = null
    this.#autosave.reset()
    this.#autosave.touch()
    await this.flush()
  }

  /** The other window's text stands here too; this one's has been kept as a version. */
  takeTheirs(): void {
    if (this.#conflict) this.#show(this.#conflict.theirs)
  }

  #show(draft: Draft): void {
    this.#conflict = null
    this.#newTitle = null
    this.#revision = draft.revision
    this.#autosave.reset()
    this.#opened = draft
    this.#serial += 1
    this.#summary = draft
    this.#removed = null
  }

  async #save(): Promise<'saved' | 'failed' | 'refused'> {
    const draft = this.#summary?.id
    if (!draft || !this.#source) return 'saved'
    const written = this.#source.read(this.#whole)
    const title = this.#newTitle
    this.#whole = false
    this.#newTitle = null
    try {
      const given = { draft, revision: this.#revision, ...written, ...(title === null ? {} : { title }) }
      const { revision, at, title: shown, words } = await this.#app.call('draft.save', given)
      if (this.#summary?.id !== draft) return 'saved'
      this.#revision = revision
      this.#summary = { ...this.#summary, at, words, ...(this.#newTitle === null ? { title: shown } : {}) }
      return 'saved'
    } catch (error) {
      this.#newTitle ??= title
      return this.#refused(draft, written.text, error)
    }
  }

  async #refused(draft: string, mine: string, error: unknown): Promise<'saved' | 'failed' | 'refused'> {
    const known = toContractError(error)
    if (known.name !== 'DraftChanged') {
      // It is tried again by itself; a lost connection is told by the window.
      if (known.name !== 'NoConnection') this.#app.report(known)
      return 'failed'
    }
    try {
      this.#conflict = { mine, theirs: await this.#app.call('draft.get', { draft }) }
      return 'refused'
    } catch {
      return 'failed'
    }
  }

  /** Another window saved or removed a draft. */
  async #follow({ draft, revision, removed }: { draft: string; revision: number; removed: boolean }): Promise<void> {
    if (draft !== this.#summary?.id) {
      if (this.#loaded && !this.#summary) await this.load()
      return
    }
    // What is not saved here yet will be refused, and both texts shown.
    if (this.#autosave.behind || (!removed && revision <= this.#revision)) return
    if (removed) await this.close()
    else await this.open(draft)
  }
}
