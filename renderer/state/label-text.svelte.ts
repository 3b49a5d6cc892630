import type { LabelTask, Source } from '../../preload/contract.ts'
import { newRequest } from '../lib/request.ts'
import { inOwnWords } from '../lib/said.ts'
import type { AppStore } from './app.svelte.ts'
import { GenerationChoice } from './generation.svelte.ts'

export interface Offer {
  label: string
  probability: number
  /** Thought up, and not among the owner's own. */
  fresh: boolean
}

interface Answer {
  id: string
  offers: Offer[]
  expected: number | null
  note: string | null
  sources: Source[]
}

const COUNT = 8

/** One pasted or opened text, its suggested tags or scores, and what its owner picks of them. */
export class LabelTextStore {
  readonly task: LabelTask
  #app: AppStore
  #request = $state<string | null>(null)
  #answer = $state.raw<Answer | null>(null)
  #picked = $state.raw<readonly string[]>([])
  #kept = $state(false)
  text = $state('')
  fresh = $state(false)
  choice: GenerationChoice

  constructor(app: AppStore, task: LabelTask) {
    this.#app = app
    this.task = task
    this.choice = new GenerationChoice(app)
  }

  get running() {
    return this.#request !== null
  }
  get picked() {
    return this.#picked
  }
  get kept() {
    return this.#kept
  }
  offers: Offer[] = $derived(this.#answer?.offers ?? [])
  sources: Source[] = $derived(this.#answer?.sources ?? [])
  expected: number | null = $derived(this.#answer?.expected ?? null)
  note: string | null = $derived(this.#answer?.note ?? null)

  async ask(): Promise<void> {
    if (this.#request || !this.text.trim()) return
    const request = newRequest()
    this.#request = request
    this.#answer = null
    this.#picked = []
    this.#kept = false
    const answer = await this.#app.attempt(
      () => (this.task === 'tag' ? this.#askTags(request) : this.#askScore(request)),
      () => void this.ask(),
    )
    if (this.#request !== request) return
    this.#request = null
    if (answer) this.#answer = answer
  }

  async #askTags(request: string): Promise<Answer> {
    const { text, fresh } = this
    const asked = { request, text, fresh, count: COUNT, ...this.choice.options }
    const { id, suggestions, sources } = await this.#app.call('tag.suggest', asked)
    const offers = suggestions.map(({ tag, probability, pieces }) => ({ label: tag, probability, fresh: pieces === 0 }))
    return { id, offers, expected: null, note: null, sources }
  }

  async #askScore(request: string): Promise<Answer> {
    const asked = { request, text: this.text, ...this.choice.options }
    const { id, distribution, expected, note, noteSaid, sources } = await this.#app.call('rate.suggest', asked)
    const offers = distribution.map(({ score, probability }) => ({ label: String(score), probability, fresh: false }))
    return { id, offers, expected, note: inOwnWords(note, noteSaid), sources }
  }

  /** Another text, of which nothing has been asked yet. */
  begin(text: string): void {
    this.stop()
    this.#request = null
    this.#answer = null
    this.#picked = []
    this.#kept = false
    this.text = text
  }

  stop(): void {
    void this.#app.cancel(this.#request)
  }

  /** Tags are put on and off; of scores there is one. */
  async pick(label: string): Promise<void> {
    const id = this.#answer?.id
    if (!id) return
    const on = this.#picked.includes(label)
    const picked =
      this.task === 'rate' ? [label] : on ? this.#picked.filter((other) => other !== label) : [...this.#picked, label]
    if (picked.length === 0) return
    const record = await this.#app.attempt(() =>
      this.task === 'tag'
        ? this.#app.call('tag.pick', { id, picked })
        : this.#app.call('rate.pick', { id, score: Number(label) }),
    )
    if (!record) return
    this.#picked = picked
    this.#kept = true
  }
}
