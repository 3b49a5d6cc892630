/** Base models and embedders: the catalog, downloads, files of one's own, and what each would be like here. */
import type { AppState, ContractError } from './app.ts'
import type { Said } from './said.ts'
import type { TrainingState } from './training.ts'

export interface ModelInfo {
  id: string
  name: string
  role: 'chat' | 'embedder'
  installed: boolean
  /** In the catalog, or added from a file by the user. */
  origin: 'catalog' | 'file'
  architecture: string | null
  quantization: string | null
  parameters: number | null
  bytes: number
  licence: string | null
  /** What the model is good for, one sentence. */
  note: string
  noteSaid?: Said | null
  path: string | null
  sha256: string | null
  /** Can voices be trained on it, and if not, why. */
  trainable: boolean
  whyNot: string | null
  said?: Said | null
  inUse: boolean
  /** The small one that a first start fetches. */
  starter: boolean
  /** Bytes on disk of a download that was paused or broken off; null: there is none. */
  part: number | null
  /** Names of the voices that were trained on it. */
  voices: string[]
}

export interface ModelProgress {
  request: string
  model: string
  stage: 'downloading' | 'verifying' | 'trying' | 'done' | 'paused' | 'failed'
  receivedBytes: number
  totalBytes: number
  /** Which source is being read, in words (`Hugging Face hub`, `Python package …`). */
  source: string
  said?: Said | null
  /** Whether a pause keeps what has come. */
  resumable: boolean
  /** Why it failed, where it did. */
  error?: ContractError
}

/** What a chat model would be like on this machine, with this library. */
export interface ModelForecast {
  model: string
  /** In memory, while chatting and while training: with room to spare, only just, or not at all. */
  fits: 'easily' | 'tight' | 'no'
  /** Bytes while chatting. */
  chatMemory: number
  /** Bytes while a voice is trained; null for what cannot be trained. */
  trainMemory: number | null
  /** Tokens a second of an answer, and of a prompt read; null before anything was measured here. */
  chatTokensPerSecond: number | null
  prefill: number | null
  /** Seconds to train a voice on this very library; null before there is one, or for what cannot be trained. */
  trainSeconds: number | null
  /** Whether the speeds were measured on this very model, or are drawn from another's. */
  measured: boolean
}

export interface ModelForecasts {
  models: ModelForecast[]
  /** The largest that stays usable here, or null while nothing was measured. */
  recommended: string | null
  /** Bytes that the system would give at this moment. */
  availableBytes: number
  /** Bytes free where models are kept; null where the system does not tell. */
  freeDiskBytes: number | null
}

export interface ModelsCalls {
  'models.list': { in: Record<string, never>; out: ModelInfo[] }
  /** What is being fetched at this moment. */
  'models.downloads': { in: Record<string, never>; out: ModelProgress[] }
  /** Begins a download, or goes on with one; one that is going on is followed to its end. */
  'models.get': { in: { request: string; model: string }; out: ModelInfo }
  'models.add': { in: { request: string; file: string; as: 'chat' | 'embedder' }; out: ModelInfo }
  'models.use': { in: { model: string }; out: AppState }
  /** Ends a download and keeps what has come, where the source allows it. */
  'models.pause': { in: { model: string }; out: { paused: boolean } }
  /** Deletes the file, or what a paused download left. Refused with `ModelInUse` while it is trained on. */
  'models.remove': { in: { model: string }; out: { removed: boolean } }
  /** Runs the model for a few seconds, in a process of its own; the speed is kept. */
  'models.measure': { in: { request: string; model: string }; out: ModelForecast }
  'models.forecast': { in: Record<string, never>; out: ModelForecasts }
  /** Trains anew, on the base in use, a voice that was trained on another: with the same settings. */
  'models.retrain': { in: { voice: string }; out: TrainingState }
}

export const MODELS_CALLS = [
  'models.list',
  'models.downloads',
  'models.get',
  'models.add',
  'models.use',
  'models.pause',
  'models.remove',
  'models.measure',
  'models.forecast',
  'models.retrain',
] as const satisfies readonly (keyof ModelsCalls)[]
