/** A score for a review: the distribution over the owner's scale, from the logits alone. */
import { DEFAULT_PROMPT } from '../examples/defaults.ts'
import type { PromptBuilder } from '../examples/prompt.ts'
import type { PromptOptions, RetrievedPair } from '../examples/types.ts'
import type { Base, Contrast, Voices } from '../inference/types.ts'
import { rankLabels } from './labels.ts'

export interface RateRequest {
  base: Base
  /** With the tasks' words for this scale (`tasksOnScale`). */
  builder: PromptBuilder
  /** The review without its score. */
  text: string
  retrieved: RetrievedPair[]
  /** Ascending, one or more. */
  scores: readonly number[]
  voice?: Voices | null
  contrast?: Contrast
  /** As in training. */
  prompt?: Partial<PromptOptions>
  signal?: AbortSignal
}

export interface Rating {
  /** Over the whole scale, lowest score first; the shares add up to 1. */
  distribution: { score: number; probability: number }[]
  expected: number
  /** Of equals, the lowest. */
  likeliest: number
  entropy: number
  confidence: number
}

/** Errors: the base's own. */
export async function rateText(request: RateRequest): Promise<Rating> {
  const { base, scores, voice = null, contrast, signal } = request
  const prompt = request.builder.prompt({ task: 'rate', input: request.text }, request.retrieved, {
    ...DEFAULT_PROMPT.rate,
    maxTokens: base.contextSize,
    ...request.prompt,
  })
  const { ranked, entropy, confidence } = await rankLabels({
    base,
    prompt,
    labels: scores.map(String),
    voice,
    ...(contrast === undefined ? {} : { contrast }),
    ...(signal === undefined ? {} : { signal }),
  })
  const shares = ranked.map(({ label, probability }) => ({ score: Number(label), probability }))
  return {
    distribution: [...shares].sort((a, b) => a.score - b.score),
    expected: shares.reduce((sum, { score, probability }) => sum + score * probability, 0),
    likeliest: (shares[0] as { score: number }).score,
    entropy,
    confidence,
  }
}
