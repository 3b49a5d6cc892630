import type { RecallResult, RecallTask } from '../../preload/contract.ts'
import { newRequest } from '../lib/request.ts'
import type { AppStore } from './app.svelte.ts'

/** The recall test: a text, a task, and what the task would be shown. */
export class RecallStore {
  #app: AppStore
  #request = $state<string | null>(null)
  #result = $state.raw<RecallResult | null>(null)
  text = $state('')
  task = $state<RecallTask>('chat')
  before = $state('')

  constructor(app: AppStore) {
    this.#app = app
  }

  get running() {
    return this.#request !== null
  }
  get result() {
    return this.#result
  }

  async run(): Promise<void> {
    const text = this.text.trim()
    if (this.#request || text === '') return
    const request = newRequest()
    this.#request = request
    const { task, before } = this
    const result = await this.#app.attempt(
      () => this.#app.call('library.recall', { request, task, text, ...(before ? { before } : {}) }),
      () => void this.run(),
    )
    this.#request = null
    if (result) this.#result = result
  }

  stop(): void {
    void this.#app.cancel(this.#request)
  }
}
