/** A run's state as the window sees it, from its folder: when it begins or goes on, and when it was found interrupted. */
import type { Said, SaidCode, SaidValues, TrainingState } from '../../../preload/contract.ts'
import { IdiolectError, messageOf } from '../../errors.ts'
import { english, saidOf, say } from '../../said.ts'
import type { RunRecord } from '../../store/runs.ts'
import { readLog, readPlan } from '../../trainer/run-folder.ts'

const GOING: readonly TrainingState['stage'][] = ['preparing', 'training', 'paused', 'proving']

export const isGoing = (stage: TrainingState['stage']): boolean => GOING.includes(stage)

const NOTHING_YET = {
  proving: 0,
  voice: null,
  error: null,
  aside: false,
  memoryForecast: null,
} satisfies Partial<TrainingState>

/** What a state says is going on. */
export function telling<C extends SaidCode>(
  code: C,
  ...values: SaidValues[C]
): Pick<TrainingState, 'message' | 'said'> {
  return tellingOf(say(code, ...values))
}

export function tellingOf(said: Said): Pick<TrainingState, 'message' | 'said'> {
  return { message: english(said), said }
}

export function beginningState(run: string, folder: string, createdAt: string): TrainingState {
  const { examples, settings, about } = readPlan(folder)
  return {
    run,
    stage: 'preparing',
    ...telling('training.preparing'),
    // What was to be said of the run when it was planned.
    note: typeof about.note === 'string' ? about.note : null,
    startedAt: createdAt,
    steps: readLog(folder),
    totalSteps: Math.ceil(examples.train / settings.batch) * settings.epochs,
    ...NOTHING_YET,
  }
}

export function interruptedState({ id, folder, createdAt }: RunRecord): TrainingState {
  const steps = readLog(folder)
  return {
    run: id,
    stage: 'interrupted',
    ...telling('training.interrupted'),
    startedAt: createdAt,
    steps,
    totalSteps: steps.at(-1)?.steps ?? 0,
    ...NOTHING_YET,
  }
}

/** What changes in the state of a run that was stopped, by its owner or with the app. */
export function stoppedState(how: 'cancelled' | 'interrupted'): Partial<TrainingState> {
  return { stage: how, ...telling(`training.${how}`) }
}

/** What a run can be gone on after: a worker that was ended, a disk that was full. */
const RESUMABLE = ['WorkerDied', 'CannotWrite', 'DiskFull']

/** What changes in the state of a run that ended with an error. */
export function endedState(error: unknown): Partial<TrainingState> {
  const next = error instanceof IdiolectError && error.next ? ` ${error.next}` : ''
  const resumable = error instanceof IdiolectError && RESUMABLE.includes(error.name)
  const what = messageOf(error).replace(/\.$/, '')
  return {
    stage: resumable ? 'interrupted' : 'failed',
    message: `${what}.${next}`,
    said: saidOf(error),
    error: messageOf(error),
  }
}
