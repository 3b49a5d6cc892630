/**
 * Tiny GGUFs with random weights and a real tokenizer, made by the tests themselves: whole models that llama.cpp loads,
 * tokenizes with and evaluates, small enough for finite differences. They write nonsense.
 */
import type { GgmlTypeName } from '../../main/gguf/types.ts'
import { float32, type GgufValue, text, uint32 } from '../../main/gguf/values.ts'
import { type TensorInput, writeGguf } from '../../main/gguf/write.ts'
import { quantize } from './quantize.ts'
import { normals, seeded } from './random.ts'
import { tinyTokenizer } from './tiny-tokenizer.ts'

export interface TinyModel {
  architecture: keyof typeof ARCHITECTURES
  blocks: number
  /** Length of a token's state; a multiple of the type's block (32, K types 256). */
  width: number
  heads: number
  kvHeads: number
  /** Length of the feed-forward's inner state. */
  ff: number
  /** Tokens, 259 at least. */
  vocabulary: number
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
  rmsEpsilon: number
}

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

interface Weight {
  name: string
  /** Fastest dimension first. */
  shape: number[]
  /** Matrices and embeddings are drawn around 0, norms around 1; factors lie in 1..4, as llama 3's do. */
  kind: 'matrix' | 'embedding' | 'norm' | 'factors'
}

interface Architecture {
  metadata(model: TinyModel): Record<string, GgufValue>
  weights(model: TinyModel): Weight[]
}

/** What differs between architectures: metadata keys, and the names and shapes of the tensors. */
const ARCHITECTURES = {
  llama: {
    metadata: (model) => ({
      'llama.block_count': uint32(model.blocks),
      'llama.context_length': uint32(model.context),
      'llama.embedding_length': uint32(model.width),
      'llama.feed_forward_length': uint32(model.ff),
      'llama.attention.head_count': uint32(model.heads),
      'llama.attention.head_count_kv': uint32(model.kvHeads),
      'llama.attention.layer_norm_rms_epsilon': float32(model.rmsEpsilon),
      'llama.rope.dimension_count': uint32(model.width / model.heads),
      'llama.rope.freq_base': float32(model.ropeBase),
      'llama.vocab_size': uint32(model.vocabulary),
    }),
    weights: (model) => {
      const { width, ff } = model
      const kvWidth = (width / model.heads) * model.kvHeads
      const matrix = (name: string, row: number, rows: number): Weight => ({ name, shape: [row, rows], kind: 'matrix' })
      const norm = (name: string): Weight => ({ name, shape: [width], kind: 'norm' })
      const block = (i: number): Weight[] => [
        norm(`blk.${i}.attn_norm.weight`),
        matrix(`blk.${i}.attn_q.weight`, width, width),
        matrix(`blk.${i}.attn_k.weight`, width, kvWidth),
        matrix(`blk.${i}.attn_v.weight`, width, kvWidth),
        matrix(`blk.${i}.attn_output.weight`, width, width),
        norm(`blk.${i}.ffn_norm.weight`),
        matrix(`blk.${i}.ffn_gate.weight`, width, ff),
        matrix(`blk.${i}.ffn_up.weight`, width, ff),
        matrix(`blk.${i}.ffn_down.weight`, ff, width),
      ]
      return [
        { name: 'token_embd.weight', shape: [width, model.vocabulary], kind: 'embedding' },
        ...(model.ropeFreqs
          ? [{ name: 'rope_freqs.weight', shape: [width / model.heads / 2], kind: 'factors' } satisfies Weight]
          : []),
        ...Array.from({ length: model.blocks }, (_, i) => block(i)).flat(),
        norm('output_norm.weight'),
        ...(model.tiedEmbeddings ? [] : [matrix('output.weight', width, model.vocabulary)]),
      ]
    },
  },
} satisfies Record<string, Architecture>

/**
 * Writes a model; what is not given is the smallest of each. The same options give the same file. Throws when the
 * shapes do not fit each other or the type.
 */
export function writeTinyModel(file: string, options: Partial<TinyModel> = {}): TinyModel {
  const model = { ...DEFAULTS, ...options }
  if (model.width % (model.heads * 2) !== 0 || model.heads % model.kvHeads !== 0)
    throw new Error(`${model.heads} heads and ${model.kvHeads} key heads do not divide a width of ${model.width}`)
  const random = seeded(model.seed)
  const architecture: Architecture = ARCHITECTURES[model.architecture]
  writeGguf(file, {
    metadata: {
      'general.architecture': text(model.architecture),
      'general.type': text('model'),
      'general.name': text(`Tiny ${model.architecture} ${model.seed}`),
      ...architecture.metadata(model),
      ...tinyTokenizer(model.vocabulary),
      'general.quantization_version': uint32(2),
    },
    tensors: architecture.weights(model).map((weight) => drawWeight(weight, model, random)),
  })
  return model
}

function drawWeight({ name, shape, kind }: Weight, model: TinyModel, random: () => number): TensorInput {
  const row = shape[0] ?? 1
  const elements = shape.reduce((a, b) => a * b, 1)
  if (kind === 'norm') return { name, shape, type: 'F32', data: normals(random, elements, 0.1, 1) }
  if (kind === 'factors')
    return { name, shape, type: 'F32', data: Float32Array.from({ length: elements }, () => 1 + 3 * random()) }
  const type = kind === 'embedding' ? (model.embeddingType ?? model.type) : model.type
  return { name, shape, type, data: quantize(type, normals(random, elements, 1 / Math.sqrt(row)), row) }
}
