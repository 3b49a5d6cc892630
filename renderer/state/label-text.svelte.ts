import type { LabelPick, LabelRecord, LabelTask, Source } from '../../preload/contract.ts'
import { sameTag } from '../lib/labels.ts'
import { newRequest } from '../lib/request.ts'
import { inOwnWords } from '../lib/said.ts'
import { Turns } from '../lib/turns.ts'
import type { AppStore } from './app.svelte.ts'
import { GenerationChoice, type SwitchedOn } from './generation.svelte.ts'

export interface Offer {
  label: string
  /** Null: the owner wrote it. */
  probability: number | null
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
  /** What the host was told of the picked, and has kept. */
  #told = $state.raw<readonly string[]>([])
  #turns = new Turns()
  /** What was picked for this and other texts, newest first; null: not read yet. */
  #picks = $state.raw<readonly LabelPick[] | null>(null)
  /** Removed last, and still to be had back. */
  #removed = $state.raw<LabelPick | null>(null)
  text = $state('')
  fresh = $state(false)
  choice: GenerationChoice

  constructor(app: AppStore, voices: SwitchedOn, task: LabelTask) {
    this.#app = app
    this.task = task
    this.choice = new GenerationChoice(app, voices, task)
  }

  get running() {
    return this.#request !== null
  }
  get picked() {
    return this.#picked
  }
  get kept() {
    return this.#told.length > 0
  }
  get picks() {
    return this.#picks
  }
  get removed() {
    return this.#removed
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
    this.#told = []
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
    this.#told = []
    this.text = text
  }

  stop(): void {
    void this.#app.cancel(this.#request)
  }

  /** Tags are put on and off; of scores there is one, or none. */
  async pick(label: string): Promise<void> {
    const answer = this.#answer
    if (!answer) return
    const others = this.task === 'rate' ? [] : this.#picked.filter((other) => other !== label)
    const picked = this.#picked.includes(label) ? others : [...others, label]
    this.#picked = picked
    const record = await this.#turns.take(() => this.#app.attempt(() => this.#tell(answer.id, picked)))
    void this.loadPicks()
    if (this.#answer?.id !== answer.id) return
    if (record) this.#told = picked
    else this.#picked = this.#told
  }

  async loadPicks(): Promise<void> {
    const found = await this.#app.attempt(() => this.#app.call('labels.picks', { task: this.task }))
    if (found) this.#picks = found.picks
  }

  /** Nothing is learnt from it any more. */
  async forget(pick: LabelPick): Promise<void> {
    const done = await this.#turns.take(() => this.#app.attempt(() => this.#app.call('labels.forget', { id: pick.id })))
    if (!done) return
    this.#removed = pick
    this.#show(pick.id, [])
    await this.loadPicks()
  }

  async bringBack(): Promise<void> {
    const pick = this.#removed
    if (!pick) return
    const back = await this.#turns.take(() => this.#app.attempt(() => this.#tell(pick.id, pick.picked)))
    if (!back) return
    this.#removed = null
    this.#show(pick.id, pick.picked)
    await this.loadPicks()
  }

  /** Where this very text stands beside the list. */
  #show(id: string, picked: readonly string[]): void {
    if (this.#answer?.id !== id) return
    this.#picked = picked
    this.#told = picked
  }

  /** A tag that was not suggested, or one that was. */
  add(tag: string): void {
    const answer = this.#answer
    if (!answer || tag === '') return
    const known = answer.offers.find(({ label }) => sameTag(label, tag))?.label
    if (known === undefined)
      this.#answer = { ...answer, offers: [...answer.offers, { label: tag, probability: null, fresh: false }] }
    const label = known ?? tag
    if (!this.#picked.includes(label)) void this.pick(label)
  }

  #tell(id: string, picked: readonly string[]): Promise<LabelRecord> {
    if (this.task === 'tag') return this.#app.call('tag.pick', { id, picked: [...picked] })
    const [score] = picked
    return this.#app.call('rate.pick', { id, score: score === undefined ? null : Number(score) })
  }
}
