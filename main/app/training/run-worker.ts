/**
 * The worker process of the run that is going, and when it rests: while its owner paused it, and while somebody waits for
 * an answer. Knows no stages and no proof.
 */
import { setTimeout } from 'node:timers/promises'
import { machineThreads } from '../../inference/threads.ts'
import { startTraining, type TrainingEvents, type TrainingRun } from '../../trainer/client.ts'
import { deviceSpeeds } from '../../trainer/device-speeds.ts'
import { readPlan } from '../../trainer/run-folder.ts'
import type { TrainResult } from '../../trainer/types.ts'
import type { AppContext } from '../context.ts'

/**
 * Milliseconds that an answer waits for the worker to rest. It rests between two blocks, which on the largest bases take
 * seconds; only while it reads the base does it hear nothing at all, and then an answer begins beside it.
 */
const ASIDE_PATIENCE = 6000

type Heard = Omit<TrainingEvents, 'onLoading'>

export interface RunWorker {
  /** Whether one is at work, resting or not. */
  readonly going: boolean
  /** Whether it rests, or would, since somebody waits for an answer. */
  readonly aside: boolean
  /** Its owner's pause; it holds for the next worker too, until it is taken back. */
  paused: boolean
  /** Trains a run's folder to its end, or rejects. */
  train(folder: string, heard: Heard): Promise<TrainResult>
  /**
   * Somebody waits for an answer: the worker rests until the returned function is called. Resolves when it is at rest,
   * so that the two never compute at once; see `ASIDE_PATIENCE`.
   */
  stepAside(): Promise<() => void>
  /** Ends with what was learnt so far. */
  finish(): void
  stop(): void
}

/** @param onAside told when it steps aside, and when it is back */
export function createRunWorker(getContext: () => AppContext, onAside: (aside: boolean) => void): RunWorker {
  let worker: TrainingRun | null = null
  let waiting = 0
  let paused = false

  const rest = async (): Promise<void> => {
    if (paused || waiting > 0) await worker?.pause()
    else worker?.continue()
  }
  return {
    get going() {
      return worker !== null
    },
    get aside() {
      return worker !== null && waiting > 0
    },
    get paused() {
      return paused
    },
    set paused(wanted) {
      paused = wanted
      void rest()
    },
    async train(folder, heard) {
      const { options, store } = getContext()
      worker = startTraining(folder, {
        ...heard,
        background: options.host !== 'terminal',
        // A run from a larger machine, or from before fewer threads were lent: more than there are wait for one another.
        threads: Math.min(readPlan(folder).settings.threads, machineThreads().chat),
        measurements: deviceSpeeds(store),
      })
      void rest()
      onAside(waiting > 0)
      try {
        return await worker.done
      } finally {
        onAside(false)
        worker = null
      }
    },
    async stepAside() {
      waiting++
      if (worker) {
        onAside(true)
        await Promise.race([rest(), setTimeout(ASIDE_PATIENCE, undefined, { ref: false })])
      }
      let back = false
      return () => {
        if (back) return
        back = true
        waiting--
        if (waiting > 0) return
        void rest()
        if (worker) onAside(false)
      }
    },
    finish: () => worker?.finish(),
    stop: () => worker?.stop(),
  }
}
