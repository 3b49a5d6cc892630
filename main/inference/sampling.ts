/** From a token's raw logits to the next token: pure functions of the logits and a source of random numbers. */

/** The likeliest tokens after a position, likeliest first, with the raw logits (no temperature, nothing cut). */
export interface TopLogits {
  ids: number[]
  logits: number[]
  /** log of the sum of exp(logit) over the whole vocabulary. */
  logSumExp: number
}

export interface SamplingOptions {
  /** 0: always the likeliest. */
  temperature: number
  topK: number
  topP: number
  /** Above 1: tokens in `recent` become less likely (Keskar et al. 2019, arXiv 1909.05858, section 4.1). */
  repeatPenalty: number
}

export interface Choice {
  token: number
  /** log p(token) under the model itself, before temperature and cutting; nats. */
  logProbability: number
}

/** Picks the next token. Ties go to the smaller id, so that the order of equals does not matter. */
export function chooseToken(top: TopLogits, recent: number[], options: SamplingOptions, random: () => number): Choice {
  const penalised = new Set(recent)
  const entries = top.ids
    .slice(0, options.topK)
    .map((id, i) => ({
      id,
      raw: top.logits[i]!,
      logit: penalise(top.logits[i]!, penalised.has(id), options.repeatPenalty),
    }))
    .sort((a, b) => b.logit - a.logit || a.id - b.id)
  const first = entries[0]
  if (first === undefined) throw new Error('no logits to choose from')
  const chosen = options.temperature <= 0 ? first : draw(entries, first.logit, options, random)
  return { token: chosen.id, logProbability: chosen.raw - top.logSumExp }
}

interface Entry {
  id: number
  raw: number
  logit: number
}

function draw(entries: Entry[], best: number, options: SamplingOptions, random: () => number): Entry {
  const weights = entries.map((entry) => Math.exp((entry.logit - best) / options.temperature))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  // The smallest set of likeliest tokens that holds topP of the weight (Holtzman et al. 2020, arXiv 1904.09751).
  let kept = 0
  let mass = 0
  while (kept < weights.length && (kept === 0 || mass < options.topP * total)) mass += weights[kept++]!
  let left = random() * mass
  for (let i = 0; i < kept; i++) {
    left -= weights[i]!
    if (left < 0) return entries[i]!
  }
  return entries[kept - 1]!
}

function penalise(logit: number, repeated: boolean, penalty: number): number {
  if (!repeated || penalty === 1) return logit
  return logit > 0 ? logit / penalty : logit * penalty
}
