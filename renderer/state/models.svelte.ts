import type { ContractError, ModelForecast, ModelForecasts, ModelInfo, ModelProgress } from '../../preload/contract.ts'
import { toContractError } from '../lib/errors.ts'
import { newRequest } from '../lib/request.ts'
import type { AppStore } from './app.svelte.ts'

/** Stages in which a download goes on. */
const GOING: readonly ModelProgress['stage'][] = ['downloading', 'verifying', 'trying']

/** The catalog and the user's own files, what is being fetched, and what each would be like here. */
export class ModelStore {
  #app: AppStore
  #models = $state.raw<ModelInfo[]>([])
  #fetching = $state.raw<Record<string, ModelProgress>>({})
  #failed = $state.raw<Record<string, ContractError>>({})
  #adding = $state.raw<{ request: string; progress: ModelProgress | null } | null>(null)
  #forecasts = $state.raw<ModelForecasts | null>(null)
  #forecasting = $state(false)
  #measuring = $state.raw<{ model: string; request: string } | null>(null)
  #arrived = $state<string | null>(null)

  constructor(app: AppStore) {
    this.#app = app
    app.on('models.progress', (progress) => this.#follow(progress))
  }

  get models() {
    return this.#models
  }
  get fetching() {
    return this.#fetching
  }
  /** Why a download ended without the model, until it is tried again. */
  get failed() {
    return this.#failed
  }
  get adding() {
    return this.#adding
  }
  get forecasts() {
    return this.#forecasts
  }
  get forecasting() {
    return this.#forecasting
  }
  /** The model that is run for its speed at this moment. */
  get measuring() {
    return this.#measuring?.model ?? null
  }
  /** What a first start fetches: the catalog's own choice, else the smallest that voices can be trained on. */
  starter: ModelInfo | null = $derived(
    this.#models.find(({ starter }) => starter) ??
      this.#models
        .filter((model) => model.role === 'chat' && model.origin === 'catalog')
        .sort((a, b) => Number(b.trainable) - Number(a.trainable) || a.bytes - b.bytes)[0] ??
      null,
  )
  /** The largest that stays usable here, where it is more than the starter. */
  recommended: ModelInfo | null = $derived(
    this.#models.find(({ id, starter }) => id === this.#forecasts?.recommended && !starter) ?? null,
  )

  /** A base that was fetched in order to be used, while so much hung on the one in use that its owner is asked first. */
  arrived: ModelInfo | null = $derived(
    this.#models.find(({ id, installed, inUse }) => id === this.#arrived && installed && !inUse) ?? null,
  )

  forecastOf(model: string): ModelForecast | null {
    return this.#forecasts?.models.find((forecast) => forecast.model === model) ?? null
  }

  async load(): Promise<void> {
    const [models, downloads] = await Promise.all([
      this.#app.attempt(
        () => this.#app.call('models.list', {}),
        () => void this.load(),
      ),
      this.#app.attempt(() => this.#app.call('models.downloads', {})),
    ])
    if (models) this.#models = models
    if (downloads) this.#fetching = Object.fromEntries(downloads.map((progress) => [progress.model, progress]))
  }

  /** Begins a download or goes on with one; resolves when it has ended. */
  async get(model: string): Promise<boolean> {
    if (this.#fetching[model]) return false
    const request = newRequest()
    const known = this.#models.find(({ id }) => id === model)
    this.#follow({
      request,
      model,
      stage: 'downloading',
      receivedBytes: known?.part ?? 0,
      totalBytes: known?.bytes ?? 0,
      source: '',
      resumable: true,
    })
    try {
      await this.#app.call('models.get', { request, model })
      return true
    } catch (error) {
      // What went wrong stands beside the model, not only in a notice that goes.
      const told = toContractError(error)
      if (told.name !== 'Cancelled') this.#failed = { ...this.#failed, [model]: told }
      return false
    } finally {
      await this.#ended(model)
    }
  }

  /**
   * Fetches it in order to use it, and uses it at once where nothing hangs on the base in use; else its owner is asked.
   * @param free looked at when it is here, which may be an hour later
   */
  async getToUse(model: string, free: () => boolean): Promise<void> {
    if (!(await this.get(model))) return
    if (free()) await this.use(model)
    else this.#arrived = model
  }

  /** The base in use stays; the other one is found under Models. */
  keepBase(): void {
    this.#arrived = null
  }

  /** What a first start fetches by itself, in the background, while the writing is read: also for who is quicker than the list. */
  async fetchStarter(): Promise<void> {
    if (!this.starter) await this.load()
    const { starter } = this
    if (!this.#app.state?.base && starter && starter.part === null) void this.get(starter.id)
  }

  pause(model: string): void {
    void this.#app.attempt(() => this.#app.call('models.pause', { model }))
  }

  #follow(progress: ModelProgress): void {
    const { model, stage } = progress
    if (this.#adding?.request === progress.request) {
      this.#adding = { ...this.#adding, progress }
      return
    }
    if (GOING.includes(stage)) {
      const { [model]: _, ...failed } = this.#failed
      this.#failed = failed
      this.#fetching = { ...this.#fetching, [model]: progress }
      return
    }
    if (stage === 'failed' && progress.error) this.#failed = { ...this.#failed, [model]: progress.error }
    void this.#ended(model)
  }

  /** Whether it is here is known before it is no longer fetched: whoever is told of its end is told how it ended. */
  async #ended(model: string): Promise<void> {
    const request = this.#fetching[model]?.request
    await Promise.all([this.load(), this.#app.refresh()])
    const { [model]: known, ...others } = this.#fetching
    // It may have been begun anew meanwhile.
    if (known && known.request === request) this.#fetching = others
  }

  async add(file: string, as: 'chat' | 'embedder'): Promise<boolean> {
    const request = newRequest()
    this.#adding = { request, progress: null }
    const added = await this.#app.attempt(() => this.#app.call('models.add', { request, file, as }))
    this.#adding = null
    await Promise.all([this.load(), this.#app.refresh()])
    if (added) await this.loadForecasts()
    return added !== null
  }

  stopAdding(): void {
    void this.#app.cancel(this.#adding?.request ?? null)
  }

  async use(model: string): Promise<void> {
    await this.#app.attempt(() => this.#app.call('models.use', { model }))
    this.#arrived = null
    await Promise.all([this.load(), this.#app.refresh()])
  }

  async remove(model: string): Promise<void> {
    await this.#app.attempt(() => this.#app.call('models.remove', { model }))
    await Promise.all([this.load(), this.#app.refresh()])
  }

  /** Seconds where the machine was not looked at before. */
  async loadForecasts(): Promise<void> {
    if (this.#forecasting) return
    this.#forecasting = true
    const forecasts = await this.#app.attempt(
      () => this.#app.call('models.forecast', {}),
      () => void this.loadForecasts(),
    )
    this.#forecasting = false
    if (forecasts) this.#forecasts = forecasts
  }

  async measure(model: string): Promise<void> {
    if (this.#measuring) return
    const request = newRequest()
    this.#measuring = { model, request }
    await this.#app.attempt(() => this.#app.call('models.measure', { request, model }))
    this.#measuring = null
    await this.loadForecasts()
  }

  stopMeasuring(): void {
    void this.#app.cancel(this.#measuring?.request ?? null)
  }

  /** True when the training has begun. */
  async retrain(voice: string): Promise<boolean> {
    const state = await this.#app.attempt(() => this.#app.call('models.retrain', { voice }))
    return state !== null
  }
}

/** Fraction done 0..1 of a download, or null before its size is known. */
export function fractionOf(progress: ModelProgress | null): number | null {
  return progress && progress.totalBytes > 0 ? Math.min(1, progress.receivedBytes / progress.totalBytes) : null
}
