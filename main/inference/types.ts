/** What the rest of the app sees of a loaded base model: tokens in, scores and text out. */
import type { TokenExample } from '../trainer/types.ts'

/** A voice laid over the base for one call; `scale` 1 is as trained. */
export interface VoiceUse {
  file: string
  scale: number
}

export interface QueryScore {
  /** Sum of the negative log-likelihoods of the answer's tokens (nats), the end token included when it is in `tokens`. */
  nll: number
  /** Number of answer tokens. */
  tokens: number
}

export interface GenerateOptions {
  voice?: VoiceUse | null
  maxTokens: number
  temperature: number
  topK?: number
  topP?: number
  seed?: number
  /** Texts that end the answer (not part of it). */
  stop?: string[]
  onText?: (text: string) => void
  signal?: AbortSignal
}

export interface Generated {
  text: string
  tokens: number
  /** Mean log-probability per generated token, nats; NaN when no token was generated. */
  meanLogProbability: number
  /** `end`: the model ended; `length`: maxTokens; `stop`: a stop text; `aborted`: the signal. */
  finish: 'end' | 'length' | 'stop' | 'aborted'
}

export interface Tokenizer {
  /** Ids of plain text, no BOS added, special tokens not parsed unless asked. */
  tokenize(text: string, special?: boolean): Int32Array
  detokenize(tokens: Int32Array): string
  /** The token that ends an answer (end of turn where the file names one, else EOS). */
  readonly endToken: number
}

export interface ChatTurn {
  role: 'system' | 'user' | 'assistant'
  text: string
}

export interface Base extends Tokenizer {
  readonly file: string
  readonly architecture: string
  readonly contextSize: number
  /** NLL of each query's answer. Each query is independent; shared prefixes may be computed once. */
  score(
    queries: TokenExample[],
    options?: { voice?: VoiceUse | null; signal?: AbortSignal; onProgress?: (done: number) => void },
  ): Promise<QueryScore[]>
  generate(prompt: Int32Array, options: GenerateOptions): Promise<Generated>
  /** Ids of a conversation by the file's chat template (a plain one where it has none), ready for the assistant's answer. */
  chatPrompt(turns: ChatTurn[]): Int32Array
  /** Next-token logits (vocabulary-sized) after each position listed: for tests against the engine. */
  logits(tokens: Int32Array, positions: number[], voice?: VoiceUse | null): Promise<Float32Array[]>
  dispose(): Promise<void>
}

export interface Embedder {
  /** Which file, and whether it is a sentence embedder or the base's pooled states. */
  readonly id: string
  readonly kind: 'embedder' | 'base'
  readonly dimensions: number
  /** One unit vector a text. Texts over the context are cut. */
  embed(texts: string[], options?: { signal?: AbortSignal; onProgress?: (done: number) => void }): Promise<Float32Array[]>
  dispose(): Promise<void>
}
