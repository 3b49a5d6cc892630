import type { QueuedTraining, SinceTraining, TrainOptions } from '../../preload/contract.ts'
import type { AppStore } from './app.svelte.ts'

/** Trainings that wait for their turn, and what came since the last one. */
export class TrainQueueStore {
  #app: AppStore
  #queue = $state.raw<QueuedTraining[]>([])
  #since = $state.raw<SinceTraining | null>(null)

  constructor(app: AppStore) {
    this.#app = app
    app.on('train.state', ({ stage }) => {
      if (stage !== 'training' && stage !== 'proving') void this.load()
    })
  }

  get queue() {
    return this.#queue
  }
  get since() {
    return this.#since
  }

  async load(): Promise<void> {
    const read = await this.#app.attempt(() =>
      Promise.all([this.#app.call('train.queue', {}), this.#app.call('train.since', {})]),
    )
    if (read) [this.#queue, this.#since] = read
  }

  async add(options: TrainOptions): Promise<void> {
    const queue = await this.#app.attempt(() => this.#app.call('train.enqueue', options))
    if (queue) this.#queue = queue
  }

  async remove(id: string): Promise<void> {
    const queue = await this.#app.attempt(() => this.#app.call('train.unqueue', { id }))
    if (queue) this.#queue = queue
  }
}
