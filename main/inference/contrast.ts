/**
 * Contrastive decoding: two runs of one text, with a voice and without it, as if they were one model.
 * Pure arithmetic over logits, and a `Kv` made of two; knows no voices and no files.
 *
 * CoPe, "Personalized LLM Decoding via Contrasting Personal Preference" (Bu et al., EMNLP 2025, arXiv 2506.12109): the
 * user's model against the task model, with the plausible set of contrastive decoding (Li et al. 2023,
 * arXiv 2210.15097, section 3.3). Its code writes the token that maximises log p_voice - alpha log p_against, with
 * alpha = .1 and the plausible share .1; divided by 1 - alpha, that is the form here with weight = alpha / (1 - alpha).
 */
import type { Kv, Outcome, Wanted } from './kv.ts'
import type { Contrast } from './types.ts'

/** As in the code published with the paper: alpha .1. */
export const COPE: Pick<Contrast, 'weight' | 'plausible'> = { weight: 0.1 / 0.9, plausible: 0.1 }

/**
 * log p of every token, from the raw logits of both sides: (1 + weight) log p_voice - weight log p_against, normalised.
 * @param voice raw logits, one for each token of the vocabulary
 * @param against the same without the voice; null: no contrast, the voice's own log-probabilities
 */
export function contrastLogits(voice: Float32Array, against: Float32Array | null, weight: number): Float64Array {
  const mixed = new Float64Array(voice.length)
  // Each side's own normaliser is the same for every token, so that the last normalisation takes it out.
  for (let i = 0; i < mixed.length; i++) {
    mixed[i] = against === null ? voice[i]! : (1 + weight) * voice[i]! - weight * against[i]!
  }
  const sum = logSumExp(mixed)
  for (let i = 0; i < mixed.length; i++) mixed[i] = mixed[i]! - sum
  return mixed
}

/**
 * A sequence with the voice, held against one without it. The answers are those of the contrast; `top` gives plausible
 * tokens alone, with log p over the whole vocabulary.
 * @param against null: there is nothing to hold it against, or it is the same; the plausible set alone is cut
 */
export function createContrastKv(voice: Kv, against: Kv | null, { weight, plausible }: Contrast): Kv {
  const ofAll = (wanted: ReadonlyMap<number, Wanted>): Map<number, Wanted> =>
    new Map([...wanted.keys()].map((position) => [position, { kind: 'all' }]))

  const both = async (
    wanted: ReadonlyMap<number, Wanted>,
    ask: (kv: Kv, wanted: ReadonlyMap<number, Wanted>) => Promise<Outcome[]>,
  ): Promise<Outcome[]> => {
    const ordered = [...wanted].sort(([a], [b]) => a - b).map(([, want]) => want)
    // Without a second side, only a plausible set needs all logits.
    if (against === null && ordered.every(({ kind }) => kind !== 'top')) return ask(voice, wanted)
    const own = await ask(voice, ofAll(wanted))
    const other = against === null ? null : await ask(against, ofAll(wanted))
    return ordered.map((want, i) => {
      const logits = logitsOf(own[i])
      return answerOf(contrastLogits(logits, other && logitsOf(other[i]), weight), logits, want, plausible)
    })
  }

  return {
    evaluate: (tokens, wanted, signal) => both(wanted, (kv, asked) => kv.evaluate(tokens, asked, signal)),
    async cut(count) {
      await voice.cut(count)
      await against?.cut(count)
    },
    async append(token, wanted) {
      const [outcome] = await both(new Map([[0, wanted]]), async (kv, asked) => [
        await kv.append(token, asked.get(0) as Wanted),
      ])
      return outcome as Outcome
    },
    extend: (tokens, wanted) => both(wanted, (kv, asked) => kv.extend(tokens, asked)),
    async takeBack(count) {
      const own = await voice.takeBack(count)
      const other = against === null || (await against.takeBack(count))
      return own && other
    },
  }
}

function answerOf(logProbabilities: Float64Array, voice: Float32Array, wanted: Wanted, plausible: number): Outcome {
  const of = (token: number): number => {
    const found = logProbabilities[token]
    if (found === undefined) throw new Error(`token ${token} is not in the vocabulary`)
    return found
  }
  switch (wanted.kind) {
    case 'token':
      return { kind: 'token', logProbability: of(wanted.token) }
    case 'tokens':
      return { kind: 'tokens', logProbabilities: wanted.tokens.map(of) }
    case 'all':
      return { kind: 'all', logits: Float32Array.from(logProbabilities) }
    case 'top': {
      const ids = plausibleTokens(voice, plausible)
        .sort((a, b) => of(b) - of(a) || a - b)
        .slice(0, Math.max(1, wanted.count))
      return { kind: 'top', top: { ids, logits: ids.map(of), logSumExp: 0 } }
    }
  }
}

/** Tokens at least `share` as likely as the likeliest; all of them for 0. */
export function plausibleTokens(logits: Float32Array, share: number): number[] {
  const highest = logits.reduce((a, b) => Math.max(a, b))
  const least = share <= 0 ? Number.NEGATIVE_INFINITY : highest + Math.log(Math.min(1, share))
  const ids: number[] = []
  for (let i = 0; i < logits.length; i++) if (logits[i]! >= least) ids.push(i)
  return ids
}

function logSumExp(values: Float64Array): number {
  let highest = Number.NEGATIVE_INFINITY
  for (const value of values) highest = Math.max(highest, value)
  let sum = 0
  for (const value of values) sum += Math.exp(value - highest)
  return highest + Math.log(sum)
}

function logitsOf(outcome: Outcome | undefined): Float32Array {
  if (outcome?.kind !== 'all') throw new Error('all logits were asked for')
  return outcome.logits
}
