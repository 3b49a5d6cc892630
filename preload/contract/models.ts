/** Base models and embedders: the catalog, downloads, files of one's own. */
import type { AppState } from './app.ts'

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
  path: string | null
  sha256: string | null
  /** Can voices be trained on it, and if not, why. */
  trainable: boolean
  whyNot: string | null
  inUse: boolean
}

export interface ModelProgress {
  request: string
  model: string
  stage: 'downloading' | 'verifying' | 'trying' | 'done'
  receivedBytes: number
  totalBytes: number
  /** Which source is being read, in words (`Hugging Face hub`, `Python package …`). */
  source: string
}

export interface ModelsCalls {
  'models.list': { in: Record<string, never>; out: ModelInfo[] }
  'models.get': { in: { request: string; model: string }; out: ModelInfo }
  'models.add': { in: { request: string; file: string; as: 'chat' | 'embedder' }; out: ModelInfo }
  'models.use': { in: { model: string }; out: AppState }
  'models.remove': { in: { model: string }; out: { removed: boolean } }
}

export const MODELS_CALLS = [
  'models.list',
  'models.get',
  'models.add',
  'models.use',
  'models.remove',
] as const satisfies readonly (keyof ModelsCalls)[]
