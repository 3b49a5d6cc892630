import type { TaskAdapter, TaskText, TrainingState } from '../../preload/contract.ts'
import type { AppStore } from './app.svelte.ts'

/** Adapters of the tasks themselves, over which voices may be trained. */
export class TaskAdapterStore {
  #app: AppStore
  #adapters = $state.raw<TaskAdapter[]>([])
  #loaded = $state(false)
  /** What the next one is trained on. */
  sample = $state(true)
  texts = $state<TaskText[]>([])
  name = $state('')

  constructor(app: AppStore) {
    this.#app = app
    app.on('train.state', ({ stage, taskAdapter }) => {
      if (stage === 'done' && taskAdapter) void this.load()
    })
  }

  get adapters() {
    return this.#adapters
  }
  /** Whether they were ever read. */
  get loaded() {
    return this.#loaded
  }
  usable = $derived(this.#adapters.filter(({ usable }) => usable))

  async load(): Promise<void> {
    const adapters = await this.#app.attempt(() => this.#app.call('task.list', {}))
    if (!adapters) return
    this.#adapters = adapters
    this.#loaded = true
  }

  /** A folder of texts to train on, once. */
  add(path: string): void {
    if (!this.texts.some((text) => text.path === path)) this.texts.push({ path, author: '', licence: '' })
  }

  train(): Promise<TrainingState | null> {
    const { sample, texts, name } = this
    return this.#app.attempt(() =>
      this.#app.call('task.train', { sample, texts, ...(name.trim() ? { name: name.trim() } : {}) }),
    )
  }

  async remove(taskAdapter: string): Promise<void> {
    await this.#app.attempt(() => this.#app.call('task.remove', { taskAdapter }))
    await this.load()
  }

  export(taskAdapter: string, file: string): Promise<{ file: string; bytes: number } | null> {
    return this.#app.attempt(() => this.#app.call('task.export', { taskAdapter, file }))
  }

  async import(file: string): Promise<boolean> {
    const added = await this.#app.attempt(() => this.#app.call('task.import', { file }))
    await this.load()
    return added !== null
  }
}
