/**
 * Tiny GGUFs with random weights and a real tokenizer, made by the tests themselves: whole models that llama.cpp loads,
 * tokenizes with and evaluates, small enough for finite differences. They write nonsense.
 */
import type { GgmlTypeName } from '../../main/gguf/types.ts'
import { text, uint32 } from '../../main/gguf/values.ts'
import { type TensorInput, writeGguf } from '../../main/gguf/write.ts'
import { quantize } from './quantize.ts'
import { normals, seeded } from './random.ts'
import { headSizeOf, metadataOf, type TinyArchitecture, type Weight, weightsOf } from './tiny-architectures.ts'
import { tinyPieces, tinyTokenizer } from './tiny-tokenizer.ts'

export interface TinyModel {
  architecture: TinyArchitecture
  blocks: number
  /** Length of a token's state; a multiple of the type's block (32, K types 256). */
  width: number
  heads: number
  kvHeads: number
  /** Length of a head, when it is not width / heads. */
  headSize?: number
  /** Length of the feed-forward's inner state. */
  ff: number
  /** Tokens, 259 at least. */
  vocabulary: number
  /** SentencePiece with a space before every text, in place of byte-level BPE. */
  pieces?: boolean
  /** Tokens of context that the file claims. */
  context: number
  seed: number
  /** Type of the matrices; norms are F32 always. */
  type: GgmlTypeName
  /** Type of the token embedding, when it differs. */
  embeddingType?: GgmlTypeName
  /** No output matrix of its own: the token embedding serves. */
  tiedEmbeddings: boolean
  /** Adds `rope_freqs.weight`, a factor per pair of a head's elements. */
  ropeFreqs: boolean
  ropeBase: number
  /** Elements of a head that are turned, when it is not all. */
  ropeDims?: number
  rope?: {
    type: 'none' | 'linear' | 'yarn' | 'longrope'
    factor?: number
    originalContext?: number
    attnFactor?: number
    betaFast?: number
    betaSlow?: number
    logMultiplier?: number
  }
  /** Sliding window: tokens, which blocks (every n-th sees all, or one entry a block), and the base of its RoPE. */
  window?: { tokens: number; pattern?: number | boolean[]; ropeBase?: number }
  /** A bias for every matrix. */
  biases?: boolean
  temperatureScale?: number
  logitCap?: number
  rmsEpsilon: number
  /** Nothing ends a text by itself: the tokens that would are never among the likely ones. */
  endless?: boolean
}

/** Ids of `<|endoftext|>` and `<|im_end|>`; see `tiny-tokenizer.ts`. */
const ENDS = [0, 2]

const DEFAULTS: TinyModel = {
  architecture: 'llama',
  blocks: 2,
  width: 64,
  heads: 4,
  kvHeads: 2,
  ff: 96,
  vocabulary: 320,
  context: 256,
  seed: 1,
  type: 'F32',
  tiedEmbeddings: true,
  ropeFreqs: false,
  ropeBase: 10_000,
  rmsEpsilon: 1e-5,
}

/**
 * Writes a model; what is not given is the smallest of each. The same options give the same file. Throws when the
 * shapes do not fit each other or the type.
 */
export function writeTinyModel(file: string, options: Partial<TinyModel> = {}): TinyModel {
  const model = { ...DEFAULTS, ...options }
  if (headSizeOf(model) % 2 !== 0 || model.heads % model.kvHeads !== 0)
    throw new Error(`${model.heads} heads and ${model.kvHeads} key heads do not divide a width of ${model.width}`)
  const random = seeded(model.seed)
  writeGguf(file, {
    metadata: {
      'general.architecture': text(model.architecture),
      'general.type': text('model'),
      // Not `phi3`: by that name llama.cpp takes for granted that the tokenizer has Phi 3's own special tokens.
      'general.name': text(`Tiny ${model.architecture.replace(/\d/, ' $&')} ${model.seed}`),
      ...metadataOf(model),
      ...(model.pieces ? tinyPieces : tinyTokenizer)(model.vocabulary),
      'general.quantization_version': uint32(2),
    },
    tensors: weightsOf(model).map((weight) => drawWeight(weight, model, random)),
  })
  return model
}

function drawWeight({ name, shape, kind }: Weight, model: TinyModel, random: () => number): TensorInput {
  const row = shape[0] ?? 1
  const elements = shape.reduce((a, b) => a * b, 1)
  if (kind === 'norm') return { name, shape, type: 'F32', data: normals(random, elements, 0.1, 1) }
  if (kind === 'bias') return { name, shape, type: 'F32', data: normals(random, elements, 0.3) }
  if (kind === 'factors')
    return { name, shape, type: 'F32', data: Float32Array.from({ length: elements }, () => 1 + 3 * random()) }
  const type = kind === 'embedding' ? (model.embeddingType ?? model.type) : model.type
  const data = normals(random, elements, 1 / Math.sqrt(row))
  // With tied embeddings their logit is 0, as far from the likely ones as from the unlikely.
  if (kind === 'embedding' && model.endless) for (const id of ENDS) data.fill(0, id * row, (id + 1) * row)
  return { name, shape, type, data: quantize(type, data, row) }
}
