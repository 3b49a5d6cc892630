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
import { asDecided, asUndecided, knownTag, nextOpen, sameTag } from '../lib/labels.ts'
import { newRequest } from '../lib/request.ts'
import { Turns } from '../lib/turns.ts'
import type { AppStore } from './app.svelte.ts'
import { LabelRows } from './label-rows.svelte.ts'

const NOTHING: LabelList = {
  rows: [],
  job: null,
  vocabulary: [],
  scale: [1, 2, 3, 4, 5],
  scaleNote: null,
  pieces: 0,
  labelled: 0,
  unwritten: [],
  originals: [],
}

/** Later than whatever the host has counted: what it was not told yet is the latest. */
const UNTOLD = 2 ** 40

function without(documents: readonly string[], those: readonly string[]): string[] {
  const left = new Set(those)
  return documents.filter((document) => !left.has(document))
}

/** One table of suggestions, of tags or of scores: the job that makes them, what is decided, and what goes into files. */
export class LabelStore extends LabelRows {
  #app: AppStore
  #list = $state.raw<LabelList>(NOTHING)
  #job = $state.raw<LabelJob | null>(null)
  #forecast = $state.raw<ScopeForecast | null>(null)
  #side = $state.raw<{ piece: DocumentFull; sources: Source[] } | null>(null)
  /** The piece that was asked for to stand beside the table: an answer for another one comes too late. */
  #beside: string | null = null
  #loaded = $state(false)
  #asked = 0
  #turns = new Turns()
  #untold = UNTOLD
  /** Suggestions were asked for just now: the keys may be the table's. */
  begun = $state(false)
  numbers = $state(false)
  /** The sheet of keys is open. */
  help = $state(false)
  which = $state<LabelScope['which']>('without')
  folder = $state('')
  text = $state('')

  constructor(app: AppStore, task: LabelTask) {
    super(task)
    this.#app = app
    app.on('labels.job', (job) => {
      if (job.task !== task) return
      const ended = this.#job?.state !== 'done' && job.state === 'done'
      this.#job = job
      if (ended) void this.load()
    })
    app.on('labels.row', ({ task: of, row }) => {
      if (of === task) this.arrived(row)
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
    return this.last.length > 0
  }
  /** Pieces whose accepted tags or score are not in their files: those of the table, and those cleared from it. */
  writable: string[] = $derived.by(() => {
    const accepted = this.all.filter(({ state }) => state === 'accepted').map(({ document }) => document)
    return [...accepted, ...without(this.#list.unwritten, accepted)]
  })

  get scope(): LabelScope {
    return {
      which: this.which,
      ...(this.folder === '' ? {} : { folder: this.folder }),
      ...(this.text.trim() === '' ? {} : { text: this.text }),
    }
  }

  async load(): Promise<void> {
    const { task } = this
    const list = await this.#turns.take(() =>
      this.#app.attempt(
        () => this.#app.call('labels.list', { task }),
        () => void this.load(),
      ),
    )
    if (list) {
      this.#list = list
      this.replace(list.rows)
      this.#job = list.job
    }
    this.#loaded = true
    await this.foresee()
  }

  /** What the scope at hand holds; the last question's answer counts. */
  async foresee(): Promise<ScopeForecast | null> {
    const asked = ++this.#asked
    const { task, scope } = this
    const forecast = await this.#app.attempt(() => this.#app.call('labels.scope', { task, scope }))
    if (forecast && asked === this.#asked) this.#forecast = forecast
    return forecast
  }

  /** Pieces to begin with by hand, as they are now: what is decided about them takes them out of the scope. */
  async firstPieces(): Promise<ScopeForecast['some']> {
    return (this.#forecast ?? (await this.foresee()))?.some ?? []
  }

  async queue(scope: LabelScope = this.scope): Promise<void> {
    const call = this.task === 'tag' ? 'tag.queue' : 'rate.queue'
    const job = await this.#app.attempt(() => this.#app.call(call, { request: newRequest(), scope }))
    if (!job) return
    this.#job = job
    this.begun = true
    await this.load()
  }

  async pause(paused: boolean): Promise<void> {
    const job = await this.#app.attempt(() => this.#app.call('labels.pause', { task: this.task, paused }))
    if (job) this.#job = job
  }

  async stop(): Promise<void> {
    await this.#app.attempt(() => this.#app.call('labels.stop', { task: this.task }))
    await this.load()
  }

  override choose(document: string): void {
    super.choose(document)
    if (this.#beside !== null && this.#beside !== document) void this.open()
  }

  /** In the spelling that is in use already, where there is one. */
  addTag(row: LabelRow, written: string): void {
    const known = knownTag(this.#list.vocabulary, written)
    if (known !== '' && !this.picked(row).some((other) => sameTag(other, known))) this.toggle(row, known)
  }

  /** What is on of the row at hand, or this score; then on to the next. */
  async accept(row: LabelRow | null = this.current, score: number | null = null): Promise<void> {
    if (!row || row.state === 'written' || (this.task === 'tag' && row.state === 'waiting')) return
    const picked = this.task === 'tag' ? [...this.picked(row)] : [String(score ?? row.likeliest ?? '')]
    if (this.task === 'rate' && picked[0] === '') return
    await this.decide([{ document: row.document, picked }])
  }

  /** Shown at once, so that the next key is the next row's, and told to the host in its turn. */
  async decide(decisions: LabelDecision[]): Promise<boolean> {
    const { task } = this
    const picked = new Map(decisions.map((decision) => [decision.document, decision.picked]))
    return this.#decided([...picked.keys()], picked, () => this.#app.call('labels.accept', { task, decisions }))
  }

  async skip(row: LabelRow | null = this.current): Promise<void> {
    if (!row || row.state === 'accepted' || row.state === 'written') return
    const { task } = this
    const documents = [row.document]
    await this.#decided(documents, new Map(), () => this.#app.call('labels.skip', { task, documents }))
  }

  /** @param picked by piece; what is not in it is skipped */
  async #decided(
    documents: string[],
    picked: ReadonlyMap<string, string[]>,
    call: () => Promise<{ rows: LabelRow[] }>,
  ): Promise<boolean> {
    const [only] = documents
    const from = documents.length === 1 ? this.rows.findIndex(({ document }) => document === only) : -1
    const next = from < 0 ? undefined : this.rows[nextOpen(this.rows, from)]
    const step = this.#untold++
    const answered = this.expect(documents, (row) => asDecided(row, this.task, picked.get(row.document) ?? null, step))
    if (next) this.choose(next.document)
    const result = await this.#turns.take(() => this.#app.attempt(call))
    answered(result?.rows ?? null)
    return result !== null
  }

  /** Takes the last decision back, of whichever sitting. */
  async undo(): Promise<void> {
    const { task, last: documents } = this
    const [only] = documents
    if (only === undefined) return
    const answered = this.expect(documents, asUndecided)
    if (documents.length === 1) this.choose(only)
    const result = await this.#turns.take(() =>
      this.#app.attempt(() => this.#app.call('labels.undo', { task, documents })),
    )
    answered(result?.rows ?? null, result?.gone)
    if (result) this.#list = { ...this.#list, unwritten: without(this.#list.unwritten, documents) }
  }

  async open(): Promise<void> {
    const row = this.current
    if (!row) return
    const { task } = this
    const { document } = row
    this.#beside = document
    const read = await this.#app.attempt(() =>
      Promise.all([this.#app.call('library.get', { document }), this.#app.call('labels.sources', { task, document })]),
    )
    if (this.#beside !== document) return
    if (read) this.#side = { piece: read[0], sources: read[1].sources }
    else this.#beside = this.#side?.piece.id ?? null
  }

  close(): void {
    this.#beside = null
    this.#side = null
  }

  async clear(): Promise<void> {
    await this.#turns.take(() => this.#app.attempt(() => this.#app.call('labels.clear', { task: this.task })))
    await this.load()
  }

  async preview(): Promise<LabelPreview[]> {
    const documents = this.writable
    const { task } = this
    const result = await this.#turns.take(() =>
      this.#app.attempt(() => this.#app.call('labels.preview', { task, documents })),
    )
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
