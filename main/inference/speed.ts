/** How fast a base reads and writes on this machine, by doing it for a few seconds. */
import { openBase } from './base.ts'
import type { ModelSpeed } from './probe-types.ts'

/** Tokens of a prompt that is read, and of an answer that is written, at one try. */
const PROMPT = 96
const ANSWER = 8
const TRIES = 4
/** Milliseconds after which no further try is begun. */
const LONG_ENOUGH = 12_000

/** The best of a few short tries: what other programs take of the machine meanwhile tells nothing of the model. */
export async function measureSpeed(file: string, threads: number): Promise<ModelSpeed> {
  const base = await openBase(file, { threads, contextSize: 512 })
  const text = 'The log is kept in ink, and what the keeper saw at night is copied fair in the morning. '
  const tokens = base.tokenize(text.repeat(4 * TRIES))
  /** Tokens a second of reading, where one is written, or of writing. */
  const speed = async (prompt: Int32Array, maxTokens: number): Promise<number> => {
    const start = performance.now()
    const answer = await base.generate(prompt, { maxTokens, temperature: 1, seed: 1 })
    const seconds = (performance.now() - start) / 1000
    return (maxTokens === 1 ? prompt.length : answer.tokens) / seconds
  }
  // The first computation also reads the file and makes room: it tells nothing.
  await speed(base.tokenize('A few words.'), 2)
  let [prefill, tokensPerSecond] = [0, 0]
  const until = performance.now() + LONG_ENOUGH
  for (let i = 0; i < TRIES && (i === 0 || performance.now() < until); i++) {
    // Another beginning each time: what was read before is not read again.
    prefill = Math.max(prefill, await speed(tokens.subarray(i + 1, i + 1 + PROMPT), 1))
    tokensPerSecond = Math.max(tokensPerSecond, await speed(tokens.subarray(0, 2 + i), ANSWER))
  }
  return { tokensPerSecond, prefill, memoryBytes: process.memoryUsage().rss }
}
