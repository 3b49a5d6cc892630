import type { DocumentFull, HeadlineRecord, HeadlineResult, Source } from '../../preload/contract.ts'
import { newRequest } from '../lib/request.ts'
import type { AppStore } from './app.svelte.ts'
import { GenerationChoice } from './generation.svelte.ts'

const COUNT = 4

/** The piece at hand, the candidates as they stream in, and earlier headlines. */
export class HeadlineStore {
  #app: AppStore
  #request = $state<string | null>(null)
  #streamed = $state.raw<string[]>([])
  #result = $state.raw<HeadlineResult | null>(null)
  #history = $state.raw<HeadlineRecord[]>([])
  #picked = $state<string | null>(null)
  #edited = $state<string | null>(null)
  #title = $state<string | null>(null)
  text = $state('')
  choice: GenerationChoice

  constructor(app: AppStore) {
    this.#app = app
    this.choice = new GenerationChoice(app)
    app.on('stream', ({ request, index, text }) => {
      if (request !== this.#request) return
      const streamed = [...this.#streamed]
      while (streamed.length <= index) streamed.push('')
      streamed[index] += text
      this.#streamed = streamed
    })
  }

  get running() {
    return this.#request !== null
  }
  get result() {
    return this.#result
  }
  get history() {
    return this.#history
  }
  /** The candidate that was chosen, as it was written. */
  get picked() {
    return this.#picked
  }
  /** What the owner made of the chosen one, or null. */
  get edited() {
    return this.#edited
  }
  /** The title of the library's piece that is at hand, or null for pasted text. */
  get title() {
    return this.#title
  }
  candidates: string[] = $derived(this.#result ? this.#result.candidates.map(({ text }) => text) : this.#streamed)
  sources: Source[] = $derived(this.#result?.sources ?? [])

  async load(): Promise<void> {
    const history = await this.#app.attempt(() => this.#app.call('headline.list', {}))
    if (history) this.#history = history
  }

  take(document: DocumentFull): void {
    this.clear()
    this.text = document.text
    this.#title = document.title
  }

  clear(): void {
    this.stop()
    this.#request = null
    this.text = ''
    this.#title = null
    this.#streamed = []
    this.#result = null
    this.#picked = null
    this.#edited = null
  }

  async write(): Promise<void> {
    const text = this.text.trim()
    if (!text || this.#request) return
    const request = newRequest()
    this.#request = request
    this.#streamed = []
    this.#result = null
    this.#picked = null
    this.#edited = null
    const result = await this.#app.attempt(
      () => this.#app.call('headline.write', { request, text, count: COUNT, ...this.choice.options }),
      () => void this.write(),
    )
    // A stop or a new piece may have come meanwhile: then this answer is not wanted any more.
    if (this.#request !== request) return
    this.#request = null
    if (!result) return
    this.#result = result
    await this.load()
  }

  stop(): void {
    void this.#app.cancel(this.#request)
  }

  async pick(candidate: string, edited?: string): Promise<void> {
    const id = this.#result?.id
    if (!id) return
    const record = await this.#app.attempt(() => this.#app.call('headline.pick', { id, picked: candidate, edited }))
    if (!record) return
    this.#picked = candidate
    this.#edited = record.edited
    this.#history = this.#history.map((known) => (known.id === id ? record : known))
  }

  /** Brings an earlier piece back with its candidates. */
  again(record: HeadlineRecord): void {
    this.clear()
    this.text = record.text
    const candidates = record.candidates.map((text, index) => ({ text, score: 0, index }))
    this.#result = { id: record.id, candidates, sources: [], voice: record.voice }
    this.#picked = record.picked
    this.#edited = record.edited
  }
}
