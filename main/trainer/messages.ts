/** What the worker process and its parent say to each other. */
import type { EngineChoice } from './engine-choice.ts'
import type { StepRecord, TrainResult } from './types.ts'

export type ToWorker =
  /** `background`: every other program goes first. `threads` overrides the plan's for this sitting (bits may then differ in the last place). */
  | {
      type: 'start'
      folder: string
      threads?: number
      checkpointSeconds?: number
      memoryCap?: number
      dump?: string
      background?: boolean
    }
  /** Each is answered by one `paused` of the same id, as soon as nothing is computed any more. */
  | { type: 'pause'; id: number }
  | { type: 'continue' }
  /** Ends the sitting; the run can be resumed from its last checkpoint. */
  | { type: 'stop' }

export type FromWorker =
  | { type: 'loading'; fraction: number }
  | { type: 'chosen'; choice: EngineChoice; device: string; resumedAt: number; steps: number }
  | { type: 'step'; record: StepRecord }
  | { type: 'paused'; id: number }
  | { type: 'done'; result: TrainResult }
  | { type: 'stopped' }
  | { type: 'failed'; name: string; message: string; next: string | null }
