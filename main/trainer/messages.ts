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
  | { type: 'pause' }
  | { type: 'continue' }
  /** Ends the sitting; the run can be resumed from its last checkpoint. */
  | { type: 'stop' }

export type FromWorker =
  | { type: 'loading'; fraction: number }
  | { type: 'chosen'; choice: EngineChoice; device: string; resumedAt: number; steps: number }
  | { type: 'step'; record: StepRecord }
  | { type: 'done'; result: TrainResult }
  | { type: 'stopped' }
  | { type: 'failed'; name: string; message: string; next: string | null }
