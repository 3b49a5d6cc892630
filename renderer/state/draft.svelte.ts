import type { Draft, DraftSpan, DraftSummary, DraftVersion, RemovedDraft } from '../../preload/contract.ts'
import { LONGEST, rememberWritten } from '../lib/draft/clipboard.ts'
import { toContractError } from '../lib/errors.ts'
import type { AppStore } from './app.svelte.ts'
import { DraftFiles } from './draft-files.svelte.ts'
import { DraftSaving, type WrittenSource } from './draft-saving.svelte.ts'
import { DraftSight } from './draft-sight.svelte.ts'
import { GenerationChoice, type SwitchedOn } from './generation.svelte.ts'

/** The drafts, the one at hand and how far it is saved. Knows texts and spans, and nothing of the editor. */
export class DraftStore {
  #app: AppStore
  #drafts = $state.raw<DraftSummary[]>([])
  #loaded = $state(false)
  #opened = $state.raw<Draft | null>(null)
  #summary = $state.raw<DraftSummary | null>(null)
  #removed = $state.raw<DraftSummary | null>(null)
  #gone = $state.raw<RemovedDraft[]>([])
  /** Counts the texts that were shown. Plain, since an effect's end still sees the runes as they were. */
  #serial = 0
  /** Counts what was asked for: an answer that comes late shows nothing. */
  #turn = 0
  filter = $state('')
  choice: GenerationChoice
  files: DraftFiles
  saving: DraftSaving
  /** How the page is looked at. */
  sight: DraftSight

  constructor(app: AppStore, voices: SwitchedOn) {
    this.#app = app
    this.files = new DraftFiles(app, this)
    this.choice = new GenerationChoice(app, voices, 'prose')
    this.sight = new DraftSight()
    this.saving = new DraftSaving(app, (draft, { at, words, title }, renamed) => {
      if (this.#summary?.id === draft) this.#summary = { ...this.#summary, at, words, ...(renamed ? {} : { title }) }
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
  /** The draft that was removed last, while it can be brought back with one key. */
  get removed() {
    return this.#removed
  }
  /** All that can be brought back. */
  get gone() {
    return this.#gone
  }

  async load(): Promise<void> {
    const text = this.filter.trim()
    const drafts = await this.#app.attempt(() => this.#app.call('draft.list', text ? { text } : {}))
    if (!drafts || text !== this.filter.trim()) return
    this.#drafts = drafts
    this.#loaded = true
    const gone = await this.#app.attempt(() => this.#app.call('draft.removed', {}))
    if (gone) this.#gone = gone
    this.saving.look()
  }

  async open(draft: string): Promise<void> {
    const turn = ++this.#turn
    await this.saving.flush()
    const opened = await this.#read(draft)
    // What was typed in the draft at hand while this one was read.
    await this.saving.flush()
    if (!opened || turn !== this.#turn) return
    const same = this.#summary?.id === opened.id
    // Both texts are shown already, or what was read is older than what has been saved since.
    if (same && (this.saving.conflict || this.saving.revision > opened.revision)) return
    this.#show(opened)
  }

  /** Makes a draft and shows it; all of its text is the owner's unless `spans` say otherwise. */
  async create(given: { title?: string; text?: string; spans?: DraftSpan[] } = {}): Promise<boolean> {
    const turn = ++this.#turn
    await this.saving.flush()
    const created = await this.#app.attempt(() => this.#app.call('draft.create', given))
    await this.saving.flush()
    if (created && turn === this.#turn) this.#show(created)
    return created !== null
  }

  /** Shows a draft that the host has just given. */
  async show(draft: Draft): Promise<void> {
    this.#turn += 1
    await this.saving.flush()
    this.#show(draft)
  }

  async close(): Promise<void> {
    this.#turn += 1
    await this.saving.flush()
    this.sight.focus = false
    this.sight.forget()
    this.saving.end()
    this.#opened = null
    this.#serial += 1
    this.#summary = null
    await this.load()
  }

  /** Has no draft been asked for in this window yet. */
  get fresh(): boolean {
    return this.#turn === 0
  }

  /** Back to the draft at which the window was left, if it is still there. */
  async goBack(): Promise<void> {
    const draft = this.sight.draft(this.#app.info?.dataFolder ?? '')
    await this.load()
    // Another one may have been asked for by name meanwhile.
    if (draft && this.fresh && this.#drafts.some(({ id }) => id === draft)) await this.open(draft)
  }

  /** The editor tells where its text is read. The result takes it back, and keeps what it held. */
  attach(source: WrittenSource): () => void {
    const opened = this.#opened
    const serial = this.#serial
    const detach = this.saving.attach(source)
    return () => {
      const { text, spans, history = null } = detach()
      // The editor comes back to it with all its steps; unless another text has taken its place.
      if (!opened || this.#serial !== serial || !this.#summary) return
      void this.saving.flush()
      this.#opened = { ...opened, ...this.#summary, text, spans, history, revision: this.saving.revision }
    }
  }

  /** The text at hand has changed. */
  touch(): void {
    this.saving.touch()
  }

  /** Saves now, with all steps of undo. */
  flush(): Promise<void> {
    return this.saving.flush()
  }

  /** Did the assistant write these words; null where the host can't be asked. */
  async isAssistants(text: string): Promise<boolean | null> {
    if (text.length > LONGEST) return false
    try {
      return (await this.#app.call('draft.whose', { text })).assistant
    } catch {
      return null
    }
  }

  rename(given: string): void {
    const title = given.trim()
    if (!this.#summary || title === this.#summary.title) return
    this.#summary = { ...this.#summary, title }
    this.saving.rename(title)
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
    if (done) {
      this.#removed = summary
      this.saving.forget(summary.id)
    }
    await this.load()
  }

  /** Without a name, the one that was removed last. */
  async restore(draft = this.#removed?.id): Promise<void> {
    if (draft === this.#removed?.id) this.#removed = null
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

  /** The other window's text stands here too; this one's is kept as a version. */
  async takeTheirs(): Promise<void> {
    const theirs = await this.saving.giveUp()
    if (theirs) this.#show(theirs)
  }

  #show(draft: Draft): void {
    this.#opened = this.saving.begin(draft)
    this.#serial += 1
    this.#summary = this.#opened
    this.#removed = null
    this.sight.remember(this.#app.info?.dataFolder ?? '', draft.id)
  }

  /** Its text is not lost where the host knows the draft no more: then it is a new one. */
  async #read(draft: string): Promise<Draft | null> {
    const kept = this.saving.kept.find((text) => text.draft === draft)
    try {
      return await this.#app.call('draft.get', { draft })
    } catch (error) {
      const known = toContractError(error)
      if (known.name !== 'UnknownDraft' || !kept) {
        this.#app.report(known)
        return null
      }
      const { title, named, text, spans } = kept
      const given = { text, spans, ...(named ? { title } : {}) }
      const created = await this.#app.attempt(() => this.#app.call('draft.create', given))
      if (created) this.saving.forget(draft)
      return created
    }
  }

  /** Another window saved or removed a draft. */
  async #follow({ draft, revision, removed }: { draft: string; revision: number; removed: boolean }): Promise<void> {
    if (draft !== this.#summary?.id) {
      if (this.#loaded && !this.#summary) await this.load()
      return
    }
    // What is not saved here yet will be refused, and both texts shown.
    if (this.saving.behind || (!removed && revision <= this.saving.revision)) return
    if (removed) await this.close()
    else await this.open(draft)
  }
}
