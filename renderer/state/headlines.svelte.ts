import type { HeadlineFacts, HeadlineRecord, HeadlineResult, HeadlineRival, Source } from '../../preload/contract.ts'
import { newRequest } from '../lib/request.ts'
import { words } from '../words/words.ts'
import type { AppStore } from './app.svelte.ts'
import { GenerationChoice, type SwitchedOn } from './generation.svelte.ts'

const COUNT = 4

/** One place among the candidates: text that streams in, or a headline that is there. */
export interface Place {
  text: string
  done: boolean
}

/** The piece at hand, its candidates as they stream in, what was made of them, and earlier headlines. */
export class HeadlineStore {
  #app: AppStore
  #request = $state<string | null>(null)
  #stopped: string | null = null
  /** Candidates of the present call, by their places; those of earlier calls stand in the record. */
  #streamed = $state.raw<Place[]>([])
  #record = $state.raw<HeadlineRecord | null>(null)
  #before = $state.raw<string[]>([])
  #sources = $state.raw<Source[]>([])
  #history = $state.raw<HeadlineRecord[]>([])
  #loaded = $state(false)
  #removed = $state.raw<HeadlineRecord | null>(null)
  #facts = $state.raw<HeadlineFacts | null>(null)
  #title = $state<string | null>(null)
  /** The piece that the candidates are for. */
  #piece = $state('')
  text = $state('')
  filter = $state('')
  /** The other author of a blind trial: a voice's id or null for the base; undefined: no trial. */
  rival = $state<string | null | undefined>(undefined)
  choice: GenerationChoice

  constructor(app: AppStore, voices: SwitchedOn) {
    this.#app = app
    this.choice = new GenerationChoice(app, voices, 'headline')
    app.on('stream', ({ request, index, text }) => {
      if (request === this.#request) this.#place(index, (place) => ({ ...place, text: place.text + text }))
    })
    app.on('headline.candidate', ({ request, id, index, candidate }) => {
      if (request !== this.#request) return
      this.#place(index, () => ({ text: candidate ?? '', done: candidate !== null }))
      if (candidate !== null) this.#record = withCandidate(this.#record ?? emptyRecord(id), candidate)
    })
  }

  get running() {
    return this.#request !== null
  }
  /** As it is kept; null until the first candidate is there. */
  get record() {
    return this.#record
  }
  get history() {
    return this.#history
  }
  /** Whether earlier headlines were ever read. */
  get loaded() {
    return this.#loaded
  }
  /** The one that was removed last, which can be brought back. */
  get removed() {
    return this.#removed
  }
  get facts() {
    return this.#facts
  }
  /** The title of the library's piece or the file that is at hand, or null for pasted text. */
  get title() {
    return this.#title
  }
  get sources() {
    return this.#sources
  }
  rejected = $derived(new Set(this.#record?.rejected ?? []))
  candidates: Place[] = $derived([
    ...this.#before.map((text) => ({ text, done: true })),
    ...this.#streamed.filter(({ text }) => text !== ''),
  ])
  /** More can be written: the candidates are of the text that stands in the form. */
  more = $derived(this.#record !== null && this.text.trim() === this.#piece)

  async load(): Promise<void> {
    const text = this.filter.trim()
    const [history, facts] = await Promise.all([
      this.#app.attempt(() => this.#app.call('headline.list', text ? { text } : {})),
      this.#app.attempt(() => this.#app.call('headline.facts', {})),
    ])
    if (history && text === this.filter.trim()) {
      this.#history = history
      this.#loaded = true
    }
    if (facts) this.#facts = facts
  }

  /** A piece of the library, or a file's. */
  take({ text, title }: { text: string; title: string | null }): void {
    this.clear()
    this.text = text
    this.#title = title
  }

  clear(): void {
    this.stop()
    this.#request = null
    this.text = ''
    this.#title = null
    this.#show(null)
  }

  /** Who wrote a candidate: a voice's name is the window's to find; undefined where it is not known or not told. */
  authorOf(candidate: string): string | null | undefined {
    return this.#record?.authors[this.#record.candidates.indexOf(candidate)]
  }

  async write(more = false): Promise<void> {
    const text = this.text.trim()
    if (!text || this.#request) return
    const request = newRequest()
    const id = more ? this.#record?.id : undefined
    if (id === undefined) this.#show(null)
    this.#piece = text
    this.#request = request
    const against: HeadlineRival | undefined =
      this.rival === undefined ? undefined : { voice: this.rival, scale: this.choice.scale }
    const options = { id, count: COUNT, against, seed: Math.floor(Math.random() * 2 ** 31), ...this.choice.options }
    const result = await this.#app.attempt(
      () => this.#app.call('headline.write', { request, text, ...options }),
      () => void this.write(more),
    )
    await this.load()
    // A new piece may have come meanwhile: then this answer is not wanted any more.
    if (this.#request !== request) return
    this.#request = null
    if (result) this.#take(result, this.#stopped === request)
    else this.#streamed = []
  }

  stop(): void {
    this.#stopped = this.#request
    void this.#app.cancel(this.#request)
  }

  /** @param picked null takes the choice back */
  async pick(picked: string | null, edited?: string): Promise<void> {
    await this.#change((id) => this.#app.call('headline.pick', { id, picked, edited }))
  }

  async reject(candidate: string, rejected = true): Promise<void> {
    await this.#change((id) => this.#app.call('headline.reject', { id, candidate, rejected }))
  }

  async reveal(): Promise<void> {
    await this.#change((id) => this.#app.call('headline.reveal', { id }))
  }

  async remove(record: HeadlineRecord): Promise<void> {
    const { id } = record
    const done = await this.#app.attempt(() => this.#app.call('headline.remove', { id }))
    if (done) this.#removed = record
    if (done && this.#record?.id === id) this.#show(null)
    await this.load()
  }

  async bringBack(): Promise<void> {
    const id = this.#removed?.id
    if (id === undefined) return
    this.#removed = null
    await this.#app.attempt(() => this.#app.call('headline.bringBack', { id }))
    await this.load()
  }

  /** Brings an earlier piece back with its candidates. */
  again(record: HeadlineRecord): void {
    this.clear()
    this.text = this.#piece = record.text
    this.#show(record)
  }

  #take({ id, sources, candidates }: HeadlineResult, stopped: boolean): void {
    this.#sources = sources
    const record = this.#history.find((known) => known.id === id) ?? this.#record
    // That nothing new came is no wonder where it was stopped.
    if (candidates.length === 0 && !stopped) {
      const { onlyKnown, nothingNew } = words.headlines
      this.#app.report({ name: 'NothingNew', message: record ? nothingNew : onlyKnown, next: null })
    }
    this.#show(record, sources)
  }

  #show(record: HeadlineRecord | null, sources: Source[] = []): void {
    this.#record = record
    this.#before = record?.candidates ?? []
    this.#streamed = []
    this.#sources = sources
  }

  #place(index: number, change: (place: Place) => Place): void {
    const streamed = [...this.#streamed]
    while (streamed.length <= index) streamed.push({ text: '', done: false })
    streamed[index] = change(streamed[index] as Place)
    this.#streamed = streamed
  }

  async #change(call: (id: string) => Promise<HeadlineRecord>): Promise<void> {
    const id = this.#record?.id
    if (!id) return
    const record = await this.#app.attempt(() => call(id))
    if (!record) return
    if (this.#record?.id === id) this.#record = record
    await this.load()
  }
}

/** What is known of a record while its first candidates stream in. */
function emptyRecord(id: string): HeadlineRecord {
  const nothing = { picked: null, edited: null, voice: null, blind: null, blindPick: null }
  return { ...nothing, id, at: '', excerpt: '', text: '', candidates: [], authors: [], rejected: [] }
}

function withCandidate(record: HeadlineRecord, candidate: string): HeadlineRecord {
  if (record.candidates.includes(candidate)) return record
  return { ...record, candidates: [...record.candidates, candidate] }
}
