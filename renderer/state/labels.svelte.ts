import type {
  DocumentFull,
  LabelDecision,
  LabelJob,
  LabelList,
  LabelPreview,
  LabelRow,
  LabelScope,
  LabelTask,
  LabelWritten,
  ScopeForecast,
  Source,
} from '../../preload/contract.ts'
import {
  chipsOf,
  countStates,
  disagreeing,
  isDecided,
  nextOpen,
  pickedAtFirst,
  sameTag,
  toggled,
} from '../lib/labels.ts'
import { newRequest } from '../lib/request.ts'
import type { AppStore } from './app.svelte.ts'

export type LabelView = 'pieces' | 'disagreements' | 'text'

const NOTHING: LabelList = {
  rows: [],
  job: null,
  vocabulary: [],
  scale: [1, 2, 3, 4, 5],
  scaleNote: null,
  pieces: 0,
  labelled: 0,
  originals: [],
}

/** One table of suggestions, of tags or of scores: its rows, the job that makes them, and what is decided. */
export class LabelStore {
  readonly task: LabelTask
  #app: AppStore
  #list = $state.raw<LabelList>(NOTHING)
  #rows = $state.raw<LabelRow[]>([])
  #job = $state.raw<LabelJob | null>(null)
  #forecast = $state.raw<ScopeForecast | null>(null)
  #picks = $state.raw<ReadonlyMap<string, readonly string[]>>(new Map())
  #done = $state.raw<readonly (readonly string[])[]>([])
  #side = $state.raw<{ piece: DocumentFull; sources: Source[] } | null>(null)
  #current = $state<string | null>(null)
  #loaded = $state(false)
  #asked = 0
  view = $state<LabelView>('pieces')
  show = $state<'all' | 'open' | 'decided'>('all')
  numbers = $state(false)
  /** The sheet of keys is open. */
  help = $state(false)
  which = $state<LabelScope['which']>('without')
  folder = $state('')
  text = $state('')

  constructor(app: AppStore, task: LabelTask) {
    this.#app = app
    this.task = task
    app.on('labels.job', (job) => {
      if (job.task !== task) return
      const ended = this.#job?.state !== 'done' && job.state === 'done'
      this.#job = job
      if (ended) void this.load()
    })
    app.on('labels.row', ({ task: of, row }) => {
      if (of === task) this.#take([row])
    })
  }

  get list() {
    return this.#list
  }
  get job() {
    return this.#job
  }
  get forecast() {
    return this.#forecast
  }
  get loaded() {
    return this.#loaded
  }
  get side() {
    return this.#side
  }
  get canUndo() {
    return this.#done.length > 0
  }
  counts = $derived(countStates(this.#rows))
  /** In the table, in its order. */
  rows: LabelRow[] = $derived.by(() => {
    if (this.view === 'disagreements') return disagreeing(this.#rows)
    if (this.show === 'all') return this.#rows
    return this.#rows.filter((row) => isDecided(row) === (this.show === 'decided'))
  })
  at: number = $derived(
    Math.max(
      0,
      this.rows.findIndex(({ document }) => document === this.#current),
    ),
  )
  current: LabelRow | null = $derived(this.rows[this.at] ?? null)
  writable: LabelRow[] = $derived(this.#rows.filter(({ state }) => state === 'accepted'))
  all: LabelRow[] = $derived(this.#rows)

  get scope(): LabelScope {
    return {
      which: this.which,
      ...(this.folder === '' ? {} : { folder: this.folder }),
      ...(this.text.trim() === '' ? {} : { text: this.text }),
    }
  }

  async load(): Promise<void> {
    const { task } = this
    const list = await this.#app.attempt(
      () => this.#app.call('labels.list', { task }),
      () => void this.load(),
    )
    if (list) {
      this.#list = list
      this.#rows = list.rows
      this.#job = list.job
    }
    this.#loaded = true
    await this.foresee()
  }

  /** What the scope at hand holds; the last question's answer counts. */
  async foresee(): Promise<void> {
    const asked = ++this.#asked
    const { task, scope } = this
    const forecast = await this.#app.attempt(() => this.#app.call('labels.scope', { task, scope }))
    if (forecast && asked === this.#asked) this.#forecast = forecast
  }

  async queue(scope: LabelScope = this.scope): Promise<void> {
    const call = this.task === 'tag' ? 'tag.queue' : 'rate.queue'
    const job = await this.#app.attempt(() => this.#app.call(call, { request: newRequest(), scope }))
    if (!job) return
    this.#job = job
    await this.load()
  }

  async pause(paused: boolean): Promise<void> {
    const job = await this.#app.attempt(() => this.#app.call('labels.pause', { task: this.task, paused }))
    if (job) this.#job = job
  }

  async stop(): Promise<void> {
    await this.#app.cancel(this.#job?.request ?? null)
    await this.load()
  }

  choose(document: string): void {
    this.#current = document
    if (this.#side && this.#side.piece.id !== document) void this.open()
  }

  move(by: number): void {
    const row = this.rows[Math.min(Math.max(0, this.at + by), this.rows.length - 1)]
    if (row) this.choose(row.document)
  }

  picked(row: LabelRow): readonly string[] {
    return this.#picks.get(row.document) ?? pickedAtFirst(row)
  }

  toggle(row: LabelRow, tag: string): void {
    if (row.state === 'written') return
    this.#picks = new Map(this.#picks).set(row.document, toggled(this.picked(row), tag))
  }

  /** The nth chip of the row at hand. */
  toggleAt(place: number): void {
    const row = this.current
    const chip = row && chipsOf(row, this.picked(row))[place - 1]
    if (row && chip) this.toggle(row, chip.tag)
  }

  /** In the spelling that is in use already, where there is one. */
  addTag(row: LabelRow, written: string): void {
    const tag = written.replace(/\s+/g, ' ').trim()
    if (tag === '') return
    const known = this.#list.vocabulary.find((entry) => sameTag(entry.tag, tag))?.tag ?? tag
    if (!this.picked(row).some((other) => sameTag(other, known))) this.toggle(row, known)
  }

  /** What is on of the row at hand, or this score; then on to the next. */
  async accept(row: LabelRow | null = this.current, score: number | null = null): Promise<void> {
    if (!row || row.state === 'written' || (this.task === 'tag' && row.state === 'waiting')) return
    const picked = this.task === 'tag' ? [...this.picked(row)] : [String(score ?? row.likeliest ?? '')]
    if (this.task === 'rate' && picked[0] === '') return
    await this.decide([{ document: row.document, picked }])
  }

  async decide(decisions: LabelDecision[]): Promise<boolean> {
    const { task } = this
    const from = this.at
    const result = await this.#app.attempt(() => this.#app.call('labels.accept', { task, decisions }))
    if (!result) return false
    this.#after(result.rows, decisions, from)
    return true
  }

  async skip(row: LabelRow | null = this.current): Promise<void> {
    if (!row || row.state === 'accepted' || row.state === 'written') return
    const { task } = this
    const from = this.at
    const documents = [row.document]
    const result = await this.#app.attempt(() => this.#app.call('labels.skip', { task, documents }))
    if (result) this.#after(result.rows, [{ document: row.document }], from)
  }

  #after(rows: LabelRow[], decided: { document: string }[], from: number): void {
    const next = decided.length === 1 ? this.rows[nextOpen(this.rows, from)]?.document : null
    this.#done = [...this.#done, decided.map(({ document }) => document)]
    this.#forget(decided.map(({ document }) => document))
    this.#take(rows)
    if (next) this.choose(next)
  }

  /** Takes the last decision of this sitting back. */
  async undo(): Promise<void> {
    const documents = this.#done.at(-1)
    if (!documents) return
    const { task } = this
    const result = await this.#app.attempt(() => this.#app.call('labels.undo', { task, documents: [...documents] }))
    this.#done = this.#done.slice(0, -1)
    if (!result) return
    this.#forget(documents)
    this.#rows = this.#rows.filter(({ document }) => !result.gone.includes(document))
    this.#take(result.rows)
    if (documents.length === 1 && documents[0]) this.choose(documents[0])
  }

  #forget(documents: readonly string[]): void {
    const picks = new Map(this.#picks)
    for (const document of documents) picks.delete(document)
    this.#picks = picks
  }

  #take(rows: readonly LabelRow[]): void {
    const own = new Map(rows.map((row) => [row.document, row]))
    const known = this.#rows.map((row) => own.get(row.document) ?? row)
    const there = new Set(this.#rows.map(({ document }) => document))
    this.#rows = [...known, ...rows.filter(({ document }) => !there.has(document))]
  }

  async open(): Promise<void> {
    const row = this.current
    if (!row) return
    const { task } = this
    const { document } = row
    const read = await this.#app.attempt(() =>
      Promise.all([this.#app.call('library.get', { document }), this.#app.call('labels.sources', { task, document })]),
    )
    if (read) this.#side = { piece: read[0], sources: read[1].sources }
  }

  close(): void {
    this.#side = null
  }

  async clear(): Promise<void> {
    await this.#app.attempt(() => this.#app.call('labels.clear', { task: this.task }))
    this.#done = []
    await this.load()
  }

  async preview(): Promise<LabelPreview[]> {
    const documents = this.writable.map(({ document }) => document)
    const result = await this.#app.attempt(() => this.#app.call('labels.preview', { task: this.task, documents }))
    return result?.files ?? []
  }

  async write(files: readonly LabelPreview[]): Promise<LabelWritten[]> {
    const asked = files.map(({ document, hash }) => ({ document, hash }))
    const result = await this.#app.attempt(() => this.#app.call('labels.write', { task: this.task, files: asked }))
    await this.load()
    return result?.written ?? []
  }

  async restore(id: string): Promise<void> {
    await this.#app.attempt(() => this.#app.call('labels.restore', { id }))
    await this.load()
  }
}
