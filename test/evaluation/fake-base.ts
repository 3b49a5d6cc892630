/**
 * A base that scores by rule, for tests of what is made of scores. The tests against a real model are elsewhere
 * (small-protocol.test.ts, test/inference).
 */
import { readFileSync } from 'node:fs'
import type { BuildExample } from '../../main/examples/types.ts'
import type { Base, QueryScore, Voices } from '../../main/inference/types.ts'
import type { TokenExample } from '../../main/trainer/types.ts'

const END = 0

function encode(text: string): number[] {
  return Array.from(text, (sign) => sign.codePointAt(0) as number)
}

export function decode(tokens: Int32Array): string {
  return String.fromCodePoint(...tokens)
}

/** One token a character; the answer ends with 0. Retrieved pairs stand before the query. */
export const fakeBuilder: { example: BuildExample } = {
  example(query, retrieved, { maxInput, maxRetrieved }) {
    const cut = query.task === 'headline' ? query.input.slice(0, maxInput) : query.input.slice(-maxInput)
    const before = retrieved.map((pair) => `${pair.input.slice(0, maxRetrieved)}>${pair.answer}|`).join('')
    const prompt = encode(`${before}${cut}>`)
    return { tokens: Int32Array.from([...prompt, ...encode(query.answer), END]), answerFrom: prompt.length }
  },
}

export interface FakeBase extends Base {
  /** Queries scored so far, as `voice file's text or base: prompt`. */
  scored: string[]
  generated: string[]
}

/** `nll` gives nats per answer token from the prompt, the answer and the voice files' texts, joined by + (null: no voice). */
export function fakeBase(
  file: string,
  nll: (prompt: string, answer: string, voice: string | null) => number,
): FakeBase {
  const scored: string[] = []
  const generated: string[] = []
  const unused = (): never => {
    throw new Error('not part of this fake')
  }
  const voiceText = (voices: Voices | null | undefined) => {
    const list = voices ? [voices].flat() : []
    return list.length > 0 ? list.map((voice) => readFileSync(voice.file, 'utf8')).join('+') : null
  }
  return {
    file,
    scored,
    generated,
    architecture: 'fake',
    contextSize: 1024,
    modelContext: 1024,
    endToken: END,
    async score(queries: TokenExample[], options) {
      const voice = voiceText(options?.voice)
      return queries.map((query, i): QueryScore => {
        const prompt = decode(query.tokens.subarray(0, query.answerFrom))
        const tokens = query.tokens.length - query.answerFrom
        scored.push(`${voice ?? 'base'}: ${prompt}`)
        options?.onProgress?.(i + 1)
        return { nll: tokens * nll(prompt, decode(query.tokens.subarray(query.answerFrom, -1)), voice), tokens }
      })
    },
    async rank(prompt, continuations, options) {
      const voice = voiceText(options?.voice)
      return continuations.map((tokens) => {
        const each = nll(decode(prompt), decode(tokens.subarray(0, -1)), voice)
        return { logProbability: -tokens.length * each, tokens: tokens.length }
      })
    },
    async generate(prompt, { voice, onText }) {
      const text = `\n ${voiceText(voice) ?? 'base'} says\nmore`
      generated.push(decode(prompt))
      onText?.(text)
      return { text, tokens: 3, meanLogProbability: -1, finish: 'end' }
    },
    async answer(query, options) {
      const [score] = await this.score([query], options)
      options.onScored?.()
      return {
        score: score as QueryScore,
        written: await this.generate(query.tokens.slice(0, query.answerFrom), options),
      }
    },
    tokenize: (text) => Int32Array.from(encode(text)),
    detokenize: decode,
    chatPrompt: unused,
    logits: unused,
    dispose: async () => {},
  }
}
