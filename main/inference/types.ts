/** What the rest of the app sees of a loaded base model: tokens in, scores and text out. */
import type { TokenExample } from '../trainer/types.ts'

/** A voice laid over the base for one call; `scale` 1 is as trained. */
export interface VoiceUse {
  file: string
  scale: number
}

/** One voice, or several at once, each by its own strength: their changes to the base add up. */
export type Voices = VoiceUse | readonly VoiceUse[]

/**
 * Contrastive decoding: what the voice makes likelier than the model it is held against counts more,
 * log p = (1 + weight) log p_voice - weight log p_against, normalised over the vocabulary.
 * CoPe (arXiv 2506.12109) subtracts alpha log p_against instead: the same order of tokens for weight = alpha / (1 - alpha).
 */
export interface Contrast {
  /** What the voice is held against: the voice's task adapter, or null for the base alone. */
  against: Voices | null
  /** 0: no contrast. */
  weight: number
  /** While generating, only tokens with p_voice >= plausible * max p_voice are written; 0: all. */
  plausible: number
}

export interface QueryScore {
  /** Sum of the negative log-likelihoods of the answer's tokens (nats), the end token included when it is in `tokens`. */
  nll: number
  /** Number of answer tokens. */
  tokens: number
}

/** One continuation of a prompt. */
export interface Ranked {
  /** Of the whole continuation, nats. */
  logProbability: number
  tokens: number
}

export interface GenerateOptions {
  voice?: Voices | null
  contrast?: Contrast
  maxTokens: number
  temperature: number
  topK?: number
  topP?: number
  seed?: number
  /** Above 1: what the answer has already said becomes less likely; 1 when not given. */
  repeatPenalty?: number
  /** Texts that end the answer (not part of it). */
  stop?: string[]
  onText?: (text: string) => void
  signal?: AbortSignal
}

export interface Generated {
  /** Goes on from the prompt as it stands: joined to it, with the space that comes between them where there is one. */
  text: string
  /** Tokens generated, the end token among them where the model ended. */
  tokens: number
  /** Mean log-probability of those tokens under the model or the contrast (temperature 1, nothing cut), nats; NaN for none. */
  meanLogProbability: number
  /** `end`: the model ended; `length`: maxTokens; `stop`: a stop text; `aborted`: the signal. */
  finish: 'end' | 'length' | 'stop' | 'aborted'
}

export interface Tokenizer {
  /** Ids of plain text, no BOS added, special tokens not parsed unless asked. */
  tokenize(text: string, special?: boolean): Int32Array
  /** @param special the template's own signs are shown too; else they are left out */
  detokenize(tokens: Int32Array, special?: boolean): string
  /** The token that ends an answer (end of turn where the file names one, else EOS). */
  readonly endToken: number
  /** The token that the file wants before every text (BOS), or null or absent where it wants none. */
  readonly beginToken?: number | null
}

export interface ChatTurn {
  role: 'system' | 'user' | 'assistant'
  text: string
}

export interface Base extends Tokenizer {
  readonly file: string
  readonly architecture: string
  /** Tokens of prompt and answer together. */
  readonly contextSize: number
  /** Tokens that the model was made for: what may be trained on; `contextSize` of them are open here. */
  readonly modelContext: number
  /** Stop texts that an answer to `chatPrompt` needs besides the end token: for a base without a chat template. */
  readonly chatStop?: string[]
  /**
   * NLL of each query's answer, each query by itself: the order changes nothing, shared beginnings are computed once.
   * Raw logits; the sum over the vocabulary is llama.cpp's in single precision, within 0.001 nats a token.
   */
  score(
    queries: TokenExample[],
    options?: { voice?: Voices | null; contrast?: Contrast; signal?: AbortSignal; onProgress?: (done: number) => void },
  ): Promise<QueryScore[]>
  /**
   * Log-probability of each continuation after the prompt, in their order: what `score` gives, but for llama.cpp's
   * rounding (1e-4 nats; on quantized weights mostly none, now and then .1). The prompt is computed once, and so is what
   * continuations have in common at their beginnings.
   * Errors: `EmptyPrompt`, `PromptTooLong`; a continuation without tokens is a fault of the program.
   */
  rank(
    prompt: Int32Array,
    continuations: Int32Array[],
    options?: { voice?: Voices | null; contrast?: Contrast; signal?: AbortSignal },
  ): Promise<Ranked[]>
  generate(prompt: Int32Array, options: GenerateOptions): Promise<Generated>
  /**
   * Scores the query's own answer, to the same bits as `score`, and then writes one to the same prompt, which is read
   * once for both. The text is that of the likelihoods' context (see `Precision`), so rarely another than `generate`'s.
   * Errors: those of `score`. An abort while writing ends the text there.
   */
  answer(
    query: TokenExample,
    options: GenerateOptions & { onScored?: () => void },
  ): Promise<{ score: QueryScore; written: Generated }>
  /** Ids of a conversation by the file's chat template (a plain one where it has none), ready for the assistant's answer. */
  chatPrompt(turns: ChatTurn[]): Int32Array
  /** Next-token logits (vocabulary-sized) after each position listed: for tests against the engine. */
  logits(tokens: Int32Array, positions: number[], voice?: Voices | null): Promise<Float32Array[]>
  /**
   * Threads from the next call on. To be lowered while a training runs beside: a thread more than there are cores
   * makes both many times slower, since ggml's threads spin while they wait for each other.
   */
  setThreads?(threads: number): void
  dispose(): Promise<void>
}

export interface Embedder {
  /** Which file, and whether it is a sentence embedder or the base's pooled states. */
  readonly id: string
  readonly kind: 'embedder' | 'base'
  readonly dimensions: number
  /** One unit vector a text. Texts over the context are cut. */
  embed(
    texts: string[],
    options?: { signal?: AbortSignal; onProgress?: (done: number) => void },
  ): Promise<Float32Array[]>
  dispose(): Promise<void>
}
