import type { Learned, TrialItem, VoiceTest, VoiceTestProgress, VoiceTests } from '../../preload/contract.ts'
import { newRequest } from '../lib/request.ts'
import type { AppStore } from './app.svelte.ts'

export const VOICE_TABS = ['proof', 'learned', 'blind', 'samples', 'effects', 'numbers'] as const
export type VoiceTab = (typeof VOICE_TABS)[number]

/** The page of one voice: what it learnt from, and the tests that it was put to. Tests go on when the page is left. */
export class VoicePageStore {
  #app: AppStore
  #voice = $state<string | null>(null)
  #learned = $state.raw<Learned | null>(null)
  #tests = $state.raw<VoiceTests | null>(null)
  #working = $state.raw<VoiceTestProgress | null>(null)
  #at = $state(0)
  tab = $state<VoiceTab>('proof')

  constructor(app: AppStore) {
    this.#app = app
    app.on('voices.progress', (progress) => {
      if (progress.voice !== this.#voice) return
      this.#working = progress.over ? null : progress
      // An item is kept as soon as it is written: it may be judged while the next ones come.
      if (progress.over || progress.test === 'trial') void this.#reload(progress.voice)
    })
  }

  get learned() {
    return this.#learned
  }
  get tests() {
    return this.#tests
  }
  /** What is being made for this voice now. */
  get working() {
    return this.#working
  }
  /** The item that is asked, or was judged last. */
  get at() {
    return this.#at
  }
  item: TrialItem | null = $derived(this.#tests?.trial.items[this.#at] ?? null)

  async open(voice: string): Promise<void> {
    this.#voice = voice
    this.#learned = null
    this.#tests = null
    this.#working = null
    const read = await this.#app.attempt(() =>
      Promise.all([this.#app.call('voices.learned', { voice }), this.#app.call('voices.tests', { voice })]),
    )
    if (this.#voice !== voice || !read) return
    this.#learned = read[0]
    this.#show(read[1])
    this.#at = this.#firstOpen()
  }

  async #reload(voice: string): Promise<void> {
    const tests = await this.#app.attempt(() => this.#app.call('voices.tests', { voice }))
    if (!tests || this.#voice !== voice) return
    const waited = this.item === null
    this.#show(tests)
    if (waited) this.#at = this.#firstOpen()
  }

  #show(tests: VoiceTests): void {
    this.#tests = tests
    this.#working = tests.working
  }

  #firstOpen(): number {
    const items = this.#tests?.trial.items ?? []
    const open = items.findIndex(({ picked }) => picked === null)
    return open < 0 ? Math.max(0, items.length - 1) : open
  }

  /** Begins a test; the window goes on meanwhile. */
  async run(test: VoiceTest, options: { own?: boolean } = {}): Promise<void> {
    const voice = this.#voice
    if (!voice || this.#working) return
    const request = newRequest()
    this.#working = { voice, request, test, made: 0, of: 1, over: false }
    const call = (): Promise<unknown> =>
      test === 'trial'
        ? this.#app.call('voices.trial', { request, voice, ...options })
        : test === 'samples'
          ? this.#app.call('voices.samples', { request, voice })
          : this.#app.call('voices.check', { request, voice })
    await this.#app.attempt(call)
    if (this.#voice === voice) await this.#reload(voice)
  }

  stop(): void {
    void this.#app.cancel(this.#working?.request ?? null)
  }

  /** @param picked -1: none of them */
  async judge(picked: number): Promise<void> {
    const { item } = this
    if (!item || item.picked !== null) return
    const trial = await this.#app.attempt(() => this.#app.call('voices.judge', { item: item.id, picked }))
    if (trial && this.#tests) this.#tests = { ...this.#tests, trial }
  }

  go(at: number): void {
    const last = (this.#tests?.trial.items.length ?? 1) - 1
    this.#at = Math.max(0, Math.min(last, at))
  }
}
