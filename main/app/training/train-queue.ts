/**
 * Trainings that wait for their turn, kept so that a restart loses none. The next one begins when the run that is going on
 * ends, however it ends; one that cannot begin stays with the reason and lets the others pass.
 */
import { randomUUID } from 'node:crypto'
import type { QueuedTraining, TrainOptions } from '../../../preload/contract.ts'
import { messageOf } from '../../errors.ts'
import { saidOf } from '../../said.ts'
import type { Store } from '../../store/store.ts'

const KEY = 'train.queue'

export interface TrainQueue {
  list(): QueuedTraining[]
  add(options: TrainOptions): void
  remove(id: string): void
  /** Begins the first that can; resolves when it has begun, or when none did. */
  next(begin: (options: TrainOptions) => Promise<unknown>): Promise<void>
}

export function createTrainQueue(settings: () => Store['settings']): TrainQueue {
  const list = (): QueuedTraining[] => settings().get<QueuedTraining[]>(KEY) ?? []
  const keep = (queue: QueuedTraining[]): void => settings().set(KEY, queue)
  return {
    list,
    add(options) {
      keep([...list(), { id: randomUUID(), at: new Date().toISOString(), options, error: null }])
    },
    remove(id) {
      keep(list().filter((one) => one.id !== id))
    },
    async next(begin) {
      for (const { id, options } of list().filter(({ error }) => error === null)) {
        try {
          await begin(options)
          keep(list().filter((one) => one.id !== id))
          return
        } catch (error) {
          keep(list().map((one) => (one.id === id ? { ...one, error: messageOf(error), said: saidOf(error) } : one)))
        }
      }
    },
  }
}
