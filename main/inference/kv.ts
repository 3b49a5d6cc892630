/**
 * One sequence of a llama.cpp context: tokens in, raw logits out, with reuse of what it already holds.
 *
 * How tokens are split into batches changes the last bits of the result, so the splits are fixed: whole chunks from
 * position 0, then the rest. What is reused is exactly what would be computed again.
 */
import type { ControlledEvaluateInputItem, LlamaContextSequence, Token } from 'node-llama-cpp'
import type { Prefix } from './prefix.ts'
import type { TopLogits } from './sampling.ts'

/** Tokens of one batch. 256 was the fastest of 64, 128, 256 and 512 on 2 cores, and a stop waits for one batch at most. */
export const CHUNK = 256

/** What is wanted after a position. */
export type Wanted =
  | { kind: 'token'; token: number }
  | { kind: 'tokens'; tokens: readonly number[] }
  | { kind: 'top'; count: number }
  | { kind: 'all' }

/** The answer: `token`, `tokens`: log p of each, in order; `top`: the likeliest; `all`: every logit by id. */
export type Outcome =
  | { kind: 'token'; logProbability: number }
  | { kind: 'tokens'; logProbabilities: number[] }
  | { kind: 'top'; top: TopLogits }
  | { kind: 'all'; logits: Float32Array }

export interface Kv {
  /** Makes the sequence hold exactly `tokens`, and answers for the positions in `wanted`, in order. */
  evaluate(tokens: Int32Array, wanted: ReadonlyMap<number, Wanted>, signal?: AbortSignal): Promise<Outcome[]>
  /**
   * Keeps the first `count` of what `evaluate` has put in, whatever it was computed together with: for text that goes on
   * from there. Scores after it are as ever, since these take up whole chunks alone.
   */
  cut(count: number): Promise<void>
  /** Adds one token and answers for it. The next `evaluate` forgets what was added. */
  append(token: number, wanted: Wanted): Promise<Outcome>
  /** Adds tokens as one batch, and answers for the positions in `wanted`, counted from the first of them, in order. */
  extend(tokens: Int32Array, wanted: ReadonlyMap<number, Wanted>): Promise<Outcome[]>
  /**
   * Forgets the last `count` tokens that were added. False where that cannot be done (a recurrent state): what is held
   * is then to be evaluated again.
   */
  takeBack(count: number): Promise<boolean>
}

/** @param prefix what stands in front of every text; it is there already */
export function createKv(sequence: LlamaContextSequence, prefix: Prefix | null = null): Kv {
  const front = prefix?.length ?? 0
  /** What `evaluate` has put in, from position 0; appended tokens lie behind it. */
  let held: Int32Array = new Int32Array(0)

  const forget = async (): Promise<void> => {
    held = new Int32Array(0)
    await (prefix === null ? sequence.clearHistory() : prefix.load())
  }

  const keepOnly = async (count: number): Promise<number> => {
    // A recurrent state cannot be cut back to any position; begin again then, unless nothing is to be cut.
    if (count > 0 && sequence.nextTokenIndex > front + count && !sequence.needsCheckpoints) {
      await sequence.eraseContextTokenRanges([{ start: front + count, end: sequence.nextTokenIndex }])
    }
    if (count > 0 && sequence.nextTokenIndex === front + count) return count
    await forget()
    return 0
  }

  const decode = async (items: ControlledEvaluateInputItem[], wanted: Wanted[]): Promise<Outcome[]> => {
    const outcomes: Outcome[] = []
    let failure: unknown = null
    try {
      await sequence.controlledEvaluate(items, {
        // Here and not at the end: the library's map of a whole vocabulary is large, and a batch may ask for many.
        onTokenResult: (_, { next }) => {
          try {
            outcomes.push(outcomeOf(next, wanted[outcomes.length]!))
          } catch (error) {
            // The library would swallow it.
            failure ??= error
          }
          next.logits = undefined
        },
      })
      if (failure !== null) throw failure
      return outcomes
    } catch (error) {
      await forget()
      throw error
    }
  }

  return {
    async evaluate(tokens, wanted, signal) {
      const firstWanted = wanted.size === 0 ? tokens.length : Math.min(...wanted.keys())
      const common = Math.min(commonPrefix(held, tokens), firstWanted)
      const same = common === tokens.length && common === held.length
      let done = await keepOnly(same ? common : common - (common % CHUNK))
      held = tokens.slice(0, done)
      const outcomes: Outcome[] = []
      while (done < tokens.length) {
        signal?.throwIfAborted()
        const end = Math.min(tokens.length, done - (done % CHUNK) + CHUNK)
        const asked: Wanted[] = []
        const items: ControlledEvaluateInputItem[] = []
        for (let i = done; i < end; i++) {
          const want = wanted.get(i)
          if (want !== undefined) asked.push(want)
          items.push(itemOf(tokens[i]!, want))
        }
        outcomes.push(...(await decode(items, asked)))
        done = end
        held = tokens.slice(0, done)
      }
      return outcomes
    },
    async cut(count) {
      held = held.slice(0, await keepOnly(Math.min(count, held.length)))
    },
    async append(token, wanted) {
      const [outcome] = await decode([itemOf(token, wanted)], [wanted])
      if (outcome === undefined) throw new Error('llama.cpp gave no logits')
      return outcome
    },
    extend(tokens, wanted) {
      const asked = [...wanted].sort(([a], [b]) => a - b).map(([, want]) => want)
      return decode(
        Array.from(tokens, (token, i) => itemOf(token, wanted.get(i))),
        asked,
      )
    },
    async takeBack(count) {
      const kept = sequence.nextTokenIndex - count
      if (count > 0 && !sequence.needsCheckpoints) {
        await sequence.eraseContextTokenRanges([{ start: kept, end: sequence.nextTokenIndex }])
      }
      if (sequence.nextTokenIndex === kept) return true
      await forget()
      return false
    },
  }
}

function commonPrefix(a: Int32Array, b: Int32Array): number {
  let i = 0
  while (i < a.length && i < b.length && a[i] === b[i]) i++
  return i
}

/**
 * Temperature 0 leaves the logits as the model made them. The selected token is then the likeliest, whose logit is
 * the zero point of `totalLogitWeight` (the library's own `includeMax` gives nothing unless that token was asked for).
 */
function itemOf(token: number, wanted: Wanted | undefined): ControlledEvaluateInputItem {
  if (wanted === undefined) return token as Token
  const options = { temperature: 0 }
  if (wanted.kind === 'all') return [token as Token, { generateNext: { logits: true, options } }]
  const filter =
    wanted.kind === 'top'
      ? { tokens: [], includeTop: Math.max(1, wanted.count) }
      : { tokens: tokensOf(wanted), includeSelected: true }
  return [token as Token, { generateNext: { logits: { filter }, totalLogitWeight: true, options } }]
}

function outcomeOf(next: { logits?: Map<Token, number>; totalLogitWeight?: number }, wanted: Wanted): Outcome {
  const logits = next.logits
  if (logits === undefined) throw new Error('llama.cpp gave no logits')
  if (wanted.kind === 'all') {
    const all = new Float32Array(logits.size)
    for (const [id, logit] of logits) all[id] = logit
    return { kind: 'all', logits: all }
  }
  if (next.totalLogitWeight === undefined) throw new Error('llama.cpp gave no sum of weights')
  let highest = Number.NEGATIVE_INFINITY
  for (const logit of logits.values()) highest = Math.max(highest, logit)
  const logSumExp = highest + Math.log(next.totalLogitWeight)
  if (wanted.kind !== 'top') {
    const each = tokensOf(wanted).map((token) => {
      const own = logits.get(token)
      if (own === undefined) throw new Error(`token ${token} is not in the vocabulary`)
      return own - logSumExp
    })
    return wanted.kind === 'token'
      ? { kind: 'token', logProbability: each[0]! }
      : { kind: 'tokens', logProbabilities: each }
  }
  return { kind: 'top', top: { ids: [...logits.keys()], logits: [...logits.values()], logSumExp } }
}

function tokensOf(wanted: Extract<Wanted, { kind: 'token' | 'tokens' }>): Token[] {
  return (wanted.kind === 'token' ? [wanted.token] : [...wanted.tokens]) as Token[]
}
