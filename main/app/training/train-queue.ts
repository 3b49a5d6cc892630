/**
 * Trainings that wait for their turn, kept so that a restart loses none. The next one begins when the run that is going on
 * ends, however it ends; one that cannot begin stays with the reason and lets the others pass.
 */
import { randomUUID } from 'node:crypto'
import type { QueuedTraining, TrainOptions } from '../../../preload/contract.ts'
import { IdiolectError, messageOf } from '../../errors.ts'
import { saidOf } from '../../said.ts'
import type { Store } from '../../store/store.ts'

const KEY = 'train.queue'
/** Why nothing at all can begin now: no fault of the one whose turn it is, which waits on. */
const NOT_NOW = ['Closing', 'AlreadyTraining', 'CannotWrite', 'DiskFull']

/**
 * Resolves when a run has begun, or rejects.
 * @param take takes the training out of the queue, in the transaction that notes its run, so that a kill loses neither
 * and no training is run twice. Errors: `Withdrawn` when its owner took it out meanwhile.
 */
export type BeginQueued = (options: TrainOptions, take: () => void) => Promise<unknown>

export interface TrainQueue {
  list(): QueuedTraining[]
  add(options: TrainOptions): void
  remove(id: string): void
  /**
   * Begins the first that can; resolves when it has begun, or when none did. Whoever calls while an earlier call is at
   * work is answered at once: that call sees what was added, too.
   */
  next(begin: BeginQueued): Promise<void>
}

export function createTrainQueue(settings: () => Store['settings']): TrainQueue {
  let beginning = false
  const list = (): QueuedTraining[] => settings().get<QueuedTraining[]>(KEY) ?? []
  const keep = (queue: QueuedTraining[]): void => settings().set(KEY, queue)
  const remove = (id: string): void => keep(list().filter((one) => one.id !== id))
  const take = (id: string): void => {
    if (!list().some((one) => one.id === id))
      throw new IdiolectError('Withdrawn', 'the training was taken out of the queue', null)
    remove(id)
  }
  const beginFirst = async (begin: BeginQueued): Promise<void> => {
    for (;;) {
      const first = list().find(({ error }) => error === null)
      if (!first) return
      try {
        return void (await begin(first.options, () => take(first.id)))
      } catch (error) {
        if (error instanceof IdiolectError && NOT_NOW.includes(error.name)) return
        keep(
          list().map((one) => (one.id === first.id ? { ...one, error: messageOf(error), said: saidOf(error) } : one)),
        )
      }
    }
  }
  return {
    list,
    add(options) {
      keep([...list(), { id: randomUUID(), at: new Date().toISOString(), options, error: null }])
    },
    remove,
    async next(begin) {
      if (beginning) return
      beginning = true
      try {
        await beginFirst(begin)
      } finally {
        beginning = false
      }
    },
  }
}
