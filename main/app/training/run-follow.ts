/**
 * One run from its folder to its end: learnt, proved against the base and a control, kept, and switched on if it won. What
 * a run before has done of it is not done again. Knows neither which run is next nor how one is stopped.
 */
import type { TrainingState } from '../../../preload/contract.ts'
import { say } from '../../said.ts'
import { readPlan, readResult } from '../../trainer/run-folder.ts'
import type { StepRecord, TrainResult } from '../../trainer/types.ts'
import type { AppContext } from '../context.ts'
import { keepVoice, otherVoice } from '../voices/voice-cards.ts'
import { rememberVoice } from '../voices/voice-of-base.ts'
import { fitsBase } from '../voices/voices.ts'
import { type Control, controlOf, controlRun, proveRun } from './prove.ts'
import { trainThreads } from './run-prepare.ts'
import { telling, tellingOf } from './run-state.ts'
import type { RunWorker } from './run-worker.ts'
import { standInsOf } from './task-adapter-files.ts'
import { isTaskRun, keepTaskAdapter, taskDone } from './task-adapters.ts'
import { rememberSpeed } from './train-forecast.ts'

/** What the run is followed with, and who is told of it. */
export interface Seat {
  worker: RunWorker
  /** Aborted when the run is to stop; its reason is thrown then. */
  signal: AbortSignal
  state(): TrainingState
  set(changes: Partial<TrainingState>): void
  /** A step of the run itself; the control's are told as progress. */
  step(record: StepRecord): void
}

/** The share of proving that making a control takes. */
const CONTROL = 0.3

/** @returns once the run is done. Errors: the signal's reason, and whatever the worker or the proof fails with. */
export async function followRun(context: AppContext, run: string, folder: string, seat: Seat): Promise<void> {
  const { worker, signal, set } = seat
  set({ stage: worker.paused ? 'paused' : 'training', ...telling('training.loading') })
  const result = await learn(folder, seat)
  const plan = readPlan(folder)
  rememberSpeed(context, plan.base.sha256, result)
  if (isTaskRun(plan)) {
    set({ stage: 'done', ...tellingOf(taskDone(folder)), taskAdapter: keepTaskAdapter(context, run, folder) })
    return
  }
  // A pause that came with the last step must not hold up what follows, which cannot be paused.
  worker.paused = false
  set({ stage: 'proving', ...telling('training.beforeProof'), proving: 0 })
  const other = await control(context, run, folder, seat)
  signal.throwIfAborted()
  const proof = await proveRun(folder, run, other, {
    // As in training: whoever waits for a shared core waits long.
    threads: trainThreads(context),
    standIns: standInsOf(context, { path: plan.base.file, sha256: plan.base.sha256 }),
    signal,
    onProgress: (share) => set({ proving: CONTROL + (1 - CONTROL) * share, ...telling('training.proving') }),
  })
  const voice = await keepVoice(context, run, folder, result, proof)
  const fits = fitsBase(context, voice)
  if (proof.won && fits) context.store.voices.setActive(voice)
  if (proof.won && !fits) rememberVoice(context, plan.base.id, voice)
  const verdict = proof.said ?? say('plain', proof.verdict)
  const told = proof.won && !fits ? say('training.elsewhere', verdict) : verdict
  set({ stage: 'done', ...tellingOf(told), proving: 1, voice })
}

/** The run itself, with what the worker says of its device. */
async function learn(folder: string, seat: Seat): Promise<TrainResult> {
  let first = true
  let note: string | null = null
  return work(folder, seat, {
    onStep(record) {
      seat.step(record)
      const { stage, aside } = seat.state()
      if (first && stage === 'training' && !aside) {
        seat.set(note === null ? telling('training.learning') : telling('plain', note))
      }
      first = false
    },
    onChosen(chosen) {
      note = chosen.note
      if (note && seat.state().stage === 'training') seat.set(telling('plain', note))
    },
  })
}

/** Somebody else's voice where one was imported, else one trained on the run's own answers shuffled. */
async function control(context: AppContext, run: string, folder: string, seat: Seat): Promise<Control> {
  const other = otherVoice(context, run)
  if (other) return other
  const { folder: controlFolder, done } = controlRun(folder)
  if (!done) {
    const onStep = ({ step, steps }: StepRecord): void =>
      seat.set({ proving: (CONTROL * step) / steps, ...telling('training.control') })
    await work(controlFolder, seat, { onStep })
  }
  return controlOf(folder)
}

type Heard = Pick<Parameters<RunWorker['train']>[1], 'onStep' | 'onChosen'>

/** Trains a folder to its end, or rejects. */
async function work(folder: string, { worker, signal, set }: Seat, heard: Heard): Promise<TrainResult> {
  const known = readResult(folder)
  if (known) return known
  signal.throwIfAborted()
  return worker.train(folder, { ...heard, onPlanned: ({ forecastBytes }) => set({ memoryForecast: forecastBytes }) })
}
