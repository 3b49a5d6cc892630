/**
 * A base model in use: scores, text and chat prompts, with or without a voice, through node-llama-cpp.
 * Knows nothing of documents, tasks, training or where models come from; the rest of the app sees `types.ts` alone.
 */
import { randomInt } from 'node:crypto'
import type { LlamaModel, Token } from 'node-llama-cpp'
import { IdiolectError } from '../errors.ts'
import { seeded } from '../random.ts'
import type { TokenExample } from '../trainer/types.ts'
import { createContrastKv } from './contrast.ts'
import { type GgufFacts, inspectGguf } from './gguf-file.ts'
import type { Kv, Outcome, Wanted } from './kv.ts'
import { type Device, reasonOf, sharedLlama, takeLlamaErrors } from './llama.ts'
import { rankContinuations } from './rank.ts'
import { chooseToken, type SamplingOptions } from './sampling.ts'
import { afterAnswer, PLAIN_STOP, plainTemplate, renderTemplate } from './template.ts'
import { createTextStream } from './text-stream.ts'
import type { Base, ChatTurn, Contrast, Generated, GenerateOptions, QueryScore, Voices } from './types.ts'
import { createVoicePool, type Precision, type VoicePool } from './voices.ts'

export interface OpenBaseOptions {
  /** Threads for evaluation; physical cores at most. */
  threads: number
  gpu?: Device
  /** Tokens of prompt and answer together; the smaller of 2,048 and what the model was trained on when not given. */
  contextSize?: number
  /** Of the whole file, hex: voices that name another base are refused then. */
  sha256?: string
}

/** Of a prompt, by which it is known whether a space comes next: as many as the library looks at. */
const LAST_TOKENS = 3
/** How many of the last generated tokens a repeat penalty looks at. */
const PENALTY_WINDOW = 64

/**
 * Loads a base model (memory-mapped).
 * Errors: `MissingFile`, `BadGguf`; `NotABase` for an adapter or a sentence embedder; `ModelUnusable` with llama.cpp's
 * reason.
 */
export async function openBase(file: string, options: OpenBaseOptions): Promise<Base> {
  const facts = inspectGguf(file)
  if (facts.kind === 'adapter') {
    throw new IdiolectError('NotABase', `${file} is a voice (an adapter), not a model`, 'Import it as a voice.')
  }
  if (facts.isEmbedder) {
    throw new IdiolectError(
      'NotABase',
      `${file} is a sentence embedder, which writes no text`,
      'Add it as an embedder.',
    )
  }
  const model = await loadModel(file, options.gpu)
  const contextSize = Math.min(options.contextSize ?? 2048, facts.contextSize ?? Number.POSITIVE_INFINITY)
  return baseOf(model, file, facts, contextSize, createVoicePool(model, file, contextSize, options))
}

/** Loads any GGUF; `pooling`: llama.cpp's pooling type put over the file's own (1: mean). */
export async function loadModel(
  file: string,
  gpu: Device = false,
  pooling?: { architecture: string; type: number },
): Promise<LlamaModel> {
  const llama = await sharedLlama(gpu)
  takeLlamaErrors()
  try {
    return await llama.loadModel({
      modelPath: file,
      ...(pooling === undefined
        ? {}
        : { metadataOverrides: { [pooling.architecture]: { pooling_type: pooling.type } } }),
    })
  } catch (error) {
    const reason = await reasonOf(error)
    throw new IdiolectError('ModelUnusable', `${file} cannot be loaded: ${reason}`, 'Choose another GGUF file.', {
      cause: error,
    })
  }
}

function baseOf(model: LlamaModel, file: string, facts: GgufFacts, contextSize: number, voices: VoicePool): Base {
  const tokenize = (text: string, special = false): Int32Array => Int32Array.from(model.tokenize(text, special))
  const detokenize = (tokens: Int32Array, special = false): string =>
    model.detokenize(Array.from(tokens) as Token[], special)
  const { chatTemplate } = facts
  const endToken = endTokenOf(model, file, facts)
  const beginToken = model.tokens.shouldPrependBosToken ? model.tokens.bos : null

  const refuseLonger = (tokens: number): void => {
    if (tokens <= contextSize) return
    throw new IdiolectError(
      'PromptTooLong',
      `The text has ${tokens} tokens and the model's context holds ${contextSize}`,
      'Shorten the text, or ask with fewer passages.',
    )
  }

  /** Runs `work` with the voice, held against another one where that is wanted. */
  const using = <T>(
    { voice, contrast }: { voice?: Voices | null; contrast?: Contrast },
    precision: Precision,
    work: (kv: Kv) => Promise<T>,
  ): Promise<T> => {
    if (contrast === undefined) return voices.use(voice, precision, work)
    checkContrast(contrast)
    if (contrast.weight === 0) return voices.use(voice, precision, (kv) => work(createContrastKv(kv, null, contrast)))
    return voices.useBoth(voice, contrast.against, precision, (kv, against) =>
      work(createContrastKv(kv, against, contrast)),
    )
  }

  const write = (kv: Kv, prompt: Int32Array, options: GenerateOptions): Promise<Generated> => {
    const ends = (token: number): boolean => token === endToken || model.isEogToken(token as Token)
    // SentencePiece writes a text's first space into its first token, and takes it away again where a text begins: what
    // goes on from a prompt does not begin there.
    const last = Array.from(prompt.subarray(-LAST_TOKENS)) as Token[]
    const shown = (tokens: Int32Array): string => model.detokenize(Array.from(tokens) as Token[], false, last)
    const stream = createTextStream(shown, options.stop ?? [], options.onText)
    const most = Math.min(options.maxTokens, contextSize - prompt.length)
    return generateText(kv, prompt, { ...options, maxTokens: most }, ends, stream)
  }

  return {
    file,
    architecture: model.architecture,
    contextSize,
    modelContext: facts.contextSize ?? contextSize,
    endToken,
    beginToken,
    chatStop: chatTemplate === null ? [PLAIN_STOP] : [],
    tokenize,
    detokenize,

    async score(queries, options = {}) {
      const scores: QueryScore[] = []
      for (const query of queries) {
        options.signal?.throwIfAborted()
        refuseLonger(query.tokens.length)
        scores.push(await using(options, 'split', (kv) => scoreQuery(kv, query, options.signal)))
        options.onProgress?.(scores.length)
      }
      return scores
    },

    async rank(prompt, continuations, options = {}) {
      refuseEmpty(prompt)
      refuseLonger(prompt.length + Math.max(0, ...continuations.map(({ length }) => length)))
      if (continuations.length === 0) return []
      return using(options, 'split', (kv) => rankContinuations(kv, prompt, continuations, options.signal))
    },

    async generate(prompt, options) {
      refuseEmpty(prompt)
      refuseLonger(prompt.length + 1)
      return using(options, 'fast', (kv) => write(kv, prompt, options))
    },

    async answer(query, { onScored, ...options }) {
      refuseLonger(query.tokens.length)
      return using(options, 'split', async (kv) => {
        const score = await scoreQuery(kv, query, options.signal)
        onScored?.()
        // All but the last token, after which the answer begins.
        await kv.cut(query.answerFrom - 1)
        return { score, written: await write(kv, query.tokens.slice(0, query.answerFrom), options) }
      })
    },

    chatPrompt(turns) {
      const safe = turns.map((turn) => ({ ...turn, text: withoutControlTokens(model, turn.text) }))
      return chatTokens(model, chatTemplate, safe, tokenize)
    },

    async logits(tokens, positions, voice) {
      refuseLonger(tokens.length)
      const wanted = new Map<number, Wanted>(positions.map((position) => [position, { kind: 'all' }]))
      const outcomes = await voices.use(voice, 'split', (kv) => kv.evaluate(tokens, wanted))
      const ordered = [...wanted.keys()].sort((a, b) => a - b)
      return positions.map((position) => allOf(outcomes[ordered.indexOf(position)]))
    },

    setThreads: (threads) => voices.setThreads(threads),

    async dispose() {
      await voices.dispose()
      await model.dispose()
    },
  }
}

function refuseEmpty(prompt: Int32Array): void {
  if (prompt.length > 0) return
  throw new IdiolectError('EmptyPrompt', 'The prompt has no tokens', 'Give a text to start from.')
}

function checkContrast({ weight, plausible }: Contrast): void {
  if (weight >= 0 && weight <= 100 && plausible >= 0 && plausible <= 1) return
  throw new IdiolectError(
    'BadOption',
    `a contrast of weight ${weight} and plausible share ${plausible} was asked for`,
    'The weight is from 0 to 100, the plausible share from 0 to 1.',
  )
}

async function scoreQuery(kv: Kv, query: TokenExample, signal?: AbortSignal): Promise<QueryScore> {
  const { tokens, answerFrom } = query
  if (answerFrom < 1 || answerFrom >= tokens.length) {
    throw new Error(`answerFrom ${answerFrom} is outside 1..${tokens.length - 1}`)
  }
  const wanted = new Map<number, Wanted>()
  for (let i = answerFrom; i < tokens.length; i++) wanted.set(i - 1, { kind: 'token', token: tokens[i]! })
  // Nothing is asked after the last token, so it is not evaluated.
  const outcomes = await kv.evaluate(tokens.subarray(0, tokens.length - 1), wanted, signal)
  let nll = 0
  for (const outcome of outcomes) if (outcome.kind === 'token') nll -= outcome.logProbability
  return { nll, tokens: tokens.length - answerFrom }
}

async function generateText(
  kv: Kv,
  prompt: Int32Array,
  options: GenerateOptions,
  ends: (token: number) => boolean,
  stream: ReturnType<typeof createTextStream>,
): Promise<Generated> {
  const sampling: SamplingOptions = {
    temperature: options.temperature,
    topK: options.topK ?? 40,
    topP: options.topP ?? 0.95,
    repeatPenalty: options.repeatPenalty ?? 1,
  }
  const random = seeded(`sampling/${options.seed ?? randomInt(2 ** 32)}`).next
  const generated: number[] = []
  let sum = 0
  let counted = 0
  const result = (finish: Generated['finish']): Generated => ({
    text: stream.finish(),
    tokens: counted,
    meanLogProbability: counted === 0 ? Number.NaN : sum / counted,
    finish,
  })

  try {
    await kv.evaluate(prompt.subarray(0, prompt.length - 1), new Map(), options.signal)
  } catch (error) {
    if (options.signal?.aborted) return result('aborted')
    throw error
  }
  let token = prompt[prompt.length - 1]!
  while (generated.length < options.maxTokens) {
    if (options.signal?.aborted) return result('aborted')
    const outcome = await kv.append(token, { kind: 'top', count: sampling.topK })
    // A stop that came while this token was computed: the user saw the text end, so nothing is added.
    if (options.signal?.aborted) return result('aborted')
    if (outcome.kind !== 'top') throw new Error('top logits were asked for')
    const choice = chooseToken(outcome.top, generated.slice(-PENALTY_WINDOW), sampling, random)
    sum += choice.logProbability
    counted++
    if (ends(choice.token)) return result('end')
    generated.push(choice.token)
    if (stream.push(choice.token)) return result('stop')
    token = choice.token
  }
  return result('length')
}

/** The file's end-of-turn token, else EOS. The library guesses a turn token from texts, which is wrong for SmolLM2. */
/** What ends an answer: as the file's own template writes it, else the end of a turn or of a text that the file names. */
function endTokenOf(model: LlamaModel, file: string, { chatTemplate, endOfTurn }: GgufFacts): number {
  const end = (chatTemplate === null ? null : templateEnd(model, chatTemplate)) ?? endOfTurn ?? model.tokens.eos
  if (end !== null) return end
  throw new IdiolectError('ModelUnusable', `${file} names no end token`, 'Choose another GGUF file.')
}

/** The first token after an answer that ends a generation, or null; a template that cannot be used says so at the chat. */
function templateEnd(model: LlamaModel, template: string): number | null {
  const { bosString, eosString } = model.tokens
  try {
    const text = afterAnswer(template, { begin: bosString ?? '', end: eosString ?? '' })
    return model.tokenize(text, true).find((token) => model.isEogToken(token)) ?? null
  } catch {
    return null
  }
}

function chatTokens(
  model: LlamaModel,
  template: string | null,
  turns: ChatTurn[],
  tokenize: (text: string, special?: boolean) => Int32Array,
): Int32Array {
  const { bos, bosString, eosString, shouldPrependBosToken } = model.tokens
  const text =
    template === null
      ? plainTemplate(turns)
      : renderTemplate(template, turns, { begin: bosString ?? '', end: eosString ?? '' })
  const tokens = tokenize(text, true)
  if (!shouldPrependBosToken || bos === null || tokens[0] === bos) return tokens
  return Int32Array.from([bos, ...tokens])
}

/**
 * What a person or a passage says must not open or close a turn: a control token that is written out becomes a space.
 * Nothing at all in its place would let what stands around it join to another one; until there is none, since a control
 * token may have a space in it.
 */
function withoutControlTokens(model: LlamaModel, text: string): string {
  for (let clean = text; ; ) {
    const kept: Token[][] = [[]]
    for (const token of model.tokenize(clean, true)) {
      if (model.getTokenAttributes(token).control) kept.push([])
      else kept.at(-1)?.push(token)
    }
    if (kept.length === 1) return clean
    clean = kept.map((tokens) => model.detokenize(tokens, false)).join(' ')
  }
}

function allOf(outcome: Outcome | undefined): Float32Array {
  if (outcome?.kind !== 'all') throw new Error('all logits were asked for')
  return outcome.logits
}
