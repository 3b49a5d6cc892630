import type { ModelInfo, ModelProgress } from '../../preload/contract.ts'
import { newRequest } from '../lib/request.ts'
import type { AppStore } from './app.svelte.ts'

/** The catalog and the user's own files, and what is being fetched. */
export class ModelStore {
  #app: AppStore
  #models = $state.raw<ModelInfo[]>([])
  #fetching = $state.raw<Record<string, { request: string; progress: ModelProgress | null }>>({})
  #adding = $state.raw<{ request: string; progress: ModelProgress | null } | null>(null)

  constructor(app: AppStore) {
    this.#app = app
    app.on('models.progress', (progress) => {
      const known = this.#fetching[progress.model]
      if (known?.request === progress.request) {
        this.#fetching = { ...this.#fetching, [progress.model]: { ...known, progress } }
      } else if (this.#adding?.request === progress.request) this.#adding = { ...this.#adding, progress }
    })
  }

  get models() {
    return this.#models
  }
  get fetching() {
    return this.#fetching
  }
  get adding() {
    return this.#adding
  }
  /** What a first start fetches: the smallest model of the catalog that voices can be trained on. */
  starter: ModelInfo | null = $derived(
    this.#models
      .filter((model) => model.role === 'chat' && model.origin === 'catalog')
      .sort((a, b) => Number(b.trainable) - Number(a.trainable) || a.bytes - b.bytes)[0] ?? null,
  )

  async load(): Promise<void> {
    const models = await this.#app.attempt(
      () => this.#app.call('models.list', {}),
      () => void this.load(),
    )
    if (models) this.#models = models
  }

  async get(model: string): Promise<boolean> {
    if (this.#fetching[model]) return false
    const request = newRequest()
    this.#fetching = { ...this.#fetching, [model]: { request, progress: null } }
    const got = await this.#app.attempt(
      () => this.#app.call('models.get', { request, model }),
      () => void this.get(model),
    )
    const { [model]: _, ...others } = this.#fetching
    this.#fetching = others
    await Promise.all([this.load(), this.#app.refresh()])
    return got !== null
  }

  cancel(model: string): void {
    void this.#app.cancel(this.#fetching[model]?.request ?? null)
  }

  async add(file: string, as: 'chat' | 'embedder'): Promise<boolean> {
    const request = newRequest()
    this.#adding = { request, progress: null }
    const added = await this.#app.attempt(() => this.#app.call('models.add', { request, file, as }))
    this.#adding = null
    await Promise.all([this.load(), this.#app.refresh()])
    return added !== null
  }

  async use(model: string): Promise<void> {
    await this.#app.attempt(() => this.#app.call('models.use', { model }))
    await Promise.all([this.load(), this.#app.refresh()])
  }

  async remove(model: string): Promise<void> {
    await this.#app.attempt(() => this.#app.call('models.remove', { model }))
    await Promise.all([this.load(), this.#app.refresh()])
  }
}
/** Fraction done 0..1 of a download, or null before its size is known. */
export function fractionOf(progress: ModelProgress | null): number | null {
  return progress && progress.totalBytes > 0 ? Math.min(1, progress.receivedBytes / progress.totalBytes) : null
}
