/**
 * Forgetting: how much worse a base got at text that is not the owner's when it speaks with a voice. General texts are scored
 * whole under both; the difference is paired text by text. Knows tokens and likelihoods.
 */
import type { Forgetting } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'
import type { Base, Voices } from '../inference/types.ts'
import type { TokenExample } from '../trainer/types.ts'
import { bootstrap, type Observation, paired, perToken } from './statistics.ts'

/** The first words of a text set the scene, and are not scored. */
const SCENE = 8

export interface GeneralText {
  name: string
  text: string
}

export interface ForgettingOptions {
  base: Pick<Base, 'score' | 'tokenize' | 'beginToken' | 'contextSize'>
  voice: Voices
  texts: readonly GeneralText[]
  seed: number
  signal?: AbortSignal
  /** Texts scored, under base and voice together. */
  onProgress?: (done: number) => void
}

/** NLL in nats per token; the interval is 95% by bootstrap over the texts. Errors: `NothingToScore` without texts. */
export async function measureForgetting(options: ForgettingOptions): Promise<Forgetting> {
  const { base, voice, texts, seed, signal, onProgress } = options
  const examples = texts
    .map(({ text }) => exampleOf(base, text))
    .filter(({ tokens, answerFrom }) => tokens.length > answerFrom)
  if (examples.length === 0) throw new IdiolectError('NothingToScore', 'there is no general text to score', null)
  const observe = async (use: Voices | null, before: number): Promise<Observation[]> => {
    const scores = await base.score(examples, { voice: use, signal, onProgress: (done) => onProgress?.(before + done) })
    signal?.throwIfAborted()
    return scores.map(({ nll, tokens }, i) => ({ sum: nll, tokens, cluster: texts[i]?.name ?? String(i) }))
  }
  const alone = await observe(null, 0)
  const spoken = await observe(voice, examples.length)
  return {
    texts: examples.length,
    tokens: alone.reduce((sum, { tokens }) => sum + tokens, 0),
    base: perToken(alone),
    voice: perToken(spoken),
    worse: bootstrap({ observations: paired(spoken, alone), seed }),
  }
}

function exampleOf(base: ForgettingOptions['base'], text: string): TokenExample {
  const begin = base.beginToken == null ? [] : [base.beginToken]
  const tokens = Int32Array.from([...begin, ...base.tokenize(text.trim())]).subarray(0, base.contextSize - 1)
  return { tokens, answerFrom: Math.min(begin.length + SCENE, tokens.length) }
}
