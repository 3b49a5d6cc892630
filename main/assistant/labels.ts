/** A set of labels after a prompt, by their likelihood: tags and scores are compared whole, never drawn. */
import { IdiolectError } from '../errors.ts'
import { labelTokens, sharesOf } from '../examples/labels.ts'
import type { Base, Contrast, Voices } from '../inference/types.ts'

export interface LabelRequest {
  base: Pick<Base, 'rank' | 'tokenize' | 'endToken'>
  prompt: Int32Array
  /** Distinct texts; each is compared as " " + label + end token. */
  labels: readonly string[]
  voice?: Voices | null
  contrast?: Contrast
  /** See `labelTemperature`; 1 when left out. */
  temperature?: number
  signal?: AbortSignal
}

export interface RankedLabel {
  label: string
  /** Its share among the labels compared: the softmax of `logProbability`, over the temperature, over them. */
  probability: number
  /** Of the whole label with its end token, nats. */
  logProbability: number
  tokens: number
}

export interface LabelRanking {
  /** Likeliest first; equals in the order given. */
  ranked: RankedLabel[]
  /** Nats; 0 for a single label. */
  entropy: number
  /** 1 - entropy / ln(labels): 0 when all are equally likely, 1 when one has it all. */
  confidence: number
}

/**
 * The whole set, ranked. Errors: `NoLabels` for an empty set; the base's own.
 */
export async function rankLabels(request: LabelRequest): Promise<LabelRanking> {
  const { base, prompt, voice = null, contrast, temperature = 1, signal } = request
  const labels = [...new Set(request.labels)]
  if (labels.length === 0) throw new IdiolectError('NoLabels', 'there is nothing to choose from', null)
  const scores = await base.rank(
    prompt,
    labels.map((label) => labelTokens(base, label)),
    {
      voice,
      ...(contrast === undefined ? {} : { contrast }),
      ...(signal === undefined ? {} : { signal }),
    },
  )
  return rankingOf(
    labels.map((label, i) => {
      const score = scores[i]
      if (score === undefined || Number.isNaN(score.logProbability)) {
        throw new IdiolectError(
          'BadScore',
          `the likelihood of ${JSON.stringify(label)} is not a number`,
          'Try it without the voice, or train the voice again with a lower learning rate.',
        )
      }
      return { label, ...score }
    }),
    temperature,
  )
}

/** The same from log-probabilities that are known. @param labels one or more, all finite or -Infinity, not all of the latter */
export function rankingOf(labels: readonly Omit<RankedLabel, 'probability'>[], temperature = 1): LabelRanking {
  const shares = sharesOf(labels.map(({ logProbability }) => logProbability / temperature))
  const ranked = labels
    .map((label, i) => ({ ...label, probability: shares[i] as number }))
    .sort((a, b) => b.probability - a.probability)
  const entropy = ranked.reduce((total, { probability: p }) => total - (p > 0 ? p * Math.log(p) : 0), 0)
  return { ranked, entropy, confidence: labels.length < 2 ? 1 : 1 - entropy / Math.log(labels.length) }
}
