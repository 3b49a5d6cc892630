/** Tags and ratings: suggestions by likelihood, and what the owner chose. */
import type { GenerationOptions, Source } from './assistant.ts'

export interface TagSuggestion {
  tag: string
  /** Share of the likelihood among all tags that were compared, 0..1. */
  probability: number
  /** The owner's other pieces that have it; 0: a new one. */
  pieces: number
  /** The piece at hand has it already. */
  has: boolean
}

export interface TagResult {
  id: string
  /** Likeliest first; new ones, where they were asked for, among the others. */
  suggestions: TagSuggestion[]
  /** The tags that the piece has already, as far as is known. */
  has: string[]
  /** Tags that the owner uses, and how many of them were compared (the most used). */
  vocabulary: number
  compared: number
  /** Of the distribution over what was compared, nats. */
  entropy: number
  /** 1 - entropy / its largest value: 0 for no idea, 1 for certainty. */
  confidence: number
  sources: Source[]
  voice: string | null
}

export interface RateResult {
  id: string
  /** Over the whole scale, lowest score first; the shares add up to 1. */
  distribution: { score: number; probability: number }[]
  expected: number
  likeliest: number
  /** Nats. */
  entropy: number
  /** 1 - entropy / its largest value: 0 for no idea, 1 for certainty. */
  confidence: number
  /** What was done about a scale other than 1 to 5, or about ratings off the scale, in words; null: nothing. */
  note: string | null
  sources: Source[]
  voice: string | null
}

/** What was suggested for a text, and what its owner chose: `picked` is null until then. */
export interface LabelRecord {
  id: string
  task: 'tag' | 'rate'
  at: string
  /** First words of the piece. */
  excerpt: string
  text: string
  /** As suggested, likeliest first; scores as text. */
  offered: string[]
  picked: string[] | null
  voice: string | null
}

export interface LabelsCalls {
  /** Ranks the owner's own tags by likelihood; with `fresh`, tags that the model thinks up stand among them. */
  'tag.suggest': {
    in: { request: string; text: string; count?: number; fresh?: boolean; has?: string[] } & GenerationOptions
    out: TagResult
  }
  'tag.pick': { in: { id: string; picked: string[] }; out: LabelRecord }
  /** The distribution over the owner's scale, from the logits. */
  'rate.suggest': { in: { request: string; text: string } & GenerationOptions; out: RateResult }
  'rate.pick': { in: { id: string; score: number }; out: LabelRecord }
}

export const LABELS_CALLS = [
  'tag.suggest',
  'tag.pick',
  'rate.suggest',
  'rate.pick',
] as const satisfies readonly (keyof LabelsCalls)[]
