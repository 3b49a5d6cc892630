/** What the worker process and its parent say to each other. */
import type { ModelShape } from '../catalog/manifest.ts'
import type { Architecture } from '../model/architectures.ts'
import type { EngineChoice } from './engine-choice.ts'
import type { Forecast } from './memory-plan.ts'
import type { SittingOptions, StepRecord, TrainResult, TrainSettings } from './types.ts'

/** A run that is not prepared yet. */
export interface ForecastQuestion {
  /** The base's GGUF, or what it would be. */
  file: string | OutlineQuestion
  settings: TrainSettings
  /** File of the task adapter that the voice is to be trained over. */
  under?: string
  /** Tokens of the longest example. */
  longest: number
  /** Tokens of each training example: how many packs go at once hangs on them. */
  lengths: readonly number[]
  memoryCap?: number
  /** Where measurements of this device are kept: with them the forecast is of what a run would choose. */
  measurements?: string
}

/** A base that is not here: enough to build its engine on a dry device. */
export interface OutlineQuestion {
  architecture: Architecture
  shape: ModelShape
}

/** What the trainer would make of this machine. */
export interface MachineQuestion {
  /** Width and inner width of the products that are timed. */
  width: number
  ff: number
  threads: number
  /** Where measurements of this device are kept. */
  measurements: string | null
  /** Each by itself; what does not fit is answered with null. */
  forecasts: ForecastQuestion[]
}

export interface MachineAnswer {
  /** 10⁹ operations a second of the fastest form of weights. */
  gflops: number
  forecastBytes: (number | null)[]
}

export type ToWorker =
  /** `background`: every other program goes first. */
  | { type: 'start'; folder: string; background: boolean; sitting: SittingOptions }
  /** Asks what a run would take, and ends: answered by `forecast` or `failed`. */
  | { type: 'forecast'; question: ForecastQuestion }
  /** What this machine could train: answered by `machine` or `failed`. */
  | { type: 'machine'; question: MachineQuestion }
  /** Each is answered by one `paused` of the same id, as soon as nothing is computed any more. */
  | { type: 'pause'; id: number }
  | { type: 'continue' }
  /** Trains no further step: the voice is written from what was learnt so far. */
  | { type: 'finish' }
  /** Ends the sitting; the run can be resumed from its last checkpoint. */
  | { type: 'stop' }

export type FromWorker =
  | { type: 'loading'; fraction: number }
  /** How the run will compute and what it will take, before any of it is allocated. */
  | { type: 'planned'; choice: EngineChoice }
  | { type: 'forecast'; forecast: Forecast }
  | { type: 'machine'; answer: MachineAnswer }
  /** `note`: what the user should know of the device, in words. */
  | { type: 'chosen'; choice: EngineChoice; device: string; note: string | null; resumedAt: number; steps: number }
  | { type: 'step'; record: StepRecord }
  | { type: 'paused'; id: number }
  | { type: 'done'; result: TrainResult }
  | { type: 'stopped' }
  | { type: 'failed'; name: string; message: string; next: string | null }
