/** How long a suggestion takes, measured as they are made and kept by base: what a forecast goes by. */
import type { LabelTask } from '../../../preload/contract.ts'
import type { AppContext } from '../context.ts'

/** A guess for the starter model on two cores until the first measurement; `npm run bench -- labels` measures it. */
const STARTER = { bytes: 98_000_000, tag: 1.4, rate: 1.1 }
/** Weight of the newest piece in the mean. */
const NEWEST = 0.25

const keyOf = (task: LabelTask, base: string): string => `labels.seconds.${task}.${base}`

export function noteSeconds({ store, bases }: AppContext, task: LabelTask, seconds: number): void {
  const base = bases.chosen('chat')
  if (!base) return
  const key = keyOf(task, base.id)
  const before = store.settings.get<number>(key)
  store.settings.set(key, before === null ? seconds : before + NEWEST * (seconds - before))
}

/** Null without a base. */
export function secondsOf(
  { store, bases }: AppContext,
  task: LabelTask,
): { secondsPerPiece: number | null; measured: boolean } {
  const base = bases.chosen('chat')
  if (!base) return { secondsPerPiece: null, measured: false }
  const measured = store.settings.get<number>(keyOf(task, base.id))
  if (measured !== null) return { secondsPerPiece: measured, measured: true }
  return { secondsPerPiece: (STARTER[task] * base.bytes) / STARTER.bytes, measured: false }
}
