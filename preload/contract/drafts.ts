/** Drafts: what the owner writes, and what the assistant adds to it. */
import type { GenerationOptions, Source } from './assistant.ts'

export interface DraftResult {
  text: string
  sources: Source[]
  voice: string | null
  /** Was it stopped before its end. */
  stopped: boolean
}

export interface DraftsCalls {
  /** Goes on from an opening (`from` not given), or does what an instruction asks. Streams. */
  'draft.write': {
    in: { request: string; text: string; from?: 'opening' | 'instruction' } & GenerationOptions
    out: DraftResult
  }
}

export const DRAFTS_CALLS = ['draft.write'] as const satisfies readonly (keyof DraftsCalls)[]
