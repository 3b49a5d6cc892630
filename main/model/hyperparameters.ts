/**
 * The model room: a GGUF's weights as layers, their forward and backward pass. It knows architectures; it knows no
 * text, no user, no files but the GGUF, and leaves tensors and devices to the ggml room.
 *
 * This file reads the numbers that shape a model from the file's metadata, and refuses by name what isn't carried.
 * The source of truth for their meaning is llama.cpp's own model code at the release that node-llama-cpp brings.
 */
import { IdiolectError } from '../errors.ts'
import type { GgufFile } from '../gguf/read.ts'

export const ARCHITECTURES = ['llama'] as const
export type Architecture = (typeof ARCHITECTURES)[number]

export interface Hyperparameters {
  architecture: Architecture
  blocks: number
  /** Width of the residual stream. */
  width: number
  heads: number
  kvHeads: number
  headSize: number
  /** Inner width of the feed-forward part. */
  ff: number
  vocabulary: number
  /** Tokens that the file says it was made for. */
  context: number
  /** Epsilon of RMSNorm. */
  eps: number
  rope: { dims: number; mode: 0 | 2; freqBase: number; freqScale: number }
  /** Output head shares the token embedding's weights. */
  tied: boolean
}

function refuse(gguf: GgufFile, what: string): never {
  throw new IdiolectError(
    'NotCarried',
    `${gguf.file}: ${what}`,
    `Voices can be trained on these architectures: ${ARCHITECTURES.join(', ')}. The file can still chat.`,
  )
}

/**
 * @throws IdiolectError `NotCarried` naming the architecture or the feature; `BadGguf` when metadata and shapes differ
 */
export function readHyperparameters(gguf: GgufFile): Hyperparameters {
  const name = gguf.string('general.architecture')
  const architecture = ARCHITECTURES.find((a) => a === name)
  if (!architecture) refuse(gguf, `the architecture ${JSON.stringify(name)} cannot be trained`)
  const number = (key: string, otherwise?: number): number => gguf.number(`${name}.${key}`, otherwise)
  if (number('expert_count', 0) > 0) refuse(gguf, 'mixtures of experts cannot be trained')
  const scaling = gguf.string(`${name}.rope.scaling.type`, 'none')
  if (scaling !== 'none' && scaling !== 'linear')
    refuse(gguf, `RoPE scaling ${JSON.stringify(scaling)} cannot be trained`)
  const bias = [...gguf.tensors.keys()].find((tensor) => tensor.endsWith('.bias'))
  if (bias) refuse(gguf, `the bias tensor ${bias} cannot be trained around`)

  const width = number('embedding_length')
  const heads = number('attention.head_count')
  const headSize = number('attention.key_length', width / heads)
  const embedding = gguf.tensor('token_embd.weight')
  const shape: Hyperparameters = {
    architecture,
    blocks: number('block_count'),
    width,
    heads,
    kvHeads: number('attention.head_count_kv', heads),
    headSize,
    ff: number('feed_forward_length'),
    vocabulary: embedding.shape[1] ?? 0,
    context: number('context_length'),
    eps: number('attention.layer_norm_rms_epsilon'),
    rope: {
      dims: number('rope.dimension_count', headSize),
      mode: 0,
      freqBase: number('rope.freq_base', 10000),
      freqScale: scaling === 'linear' ? 1 / number('rope.scaling.factor', 1) : 1,
    },
    tied: !gguf.tensors.has('output.weight'),
  }
  checkShapes(gguf, shape)
  return shape
}

/** Name in the file of each weight matrix of a block, with its shape [in, out]. */
export function matrices(h: Hyperparameters): Record<MatrixName, { tensor: string; shape: [number, number] }> {
  const q = h.heads * h.headSize
  const kv = h.kvHeads * h.headSize
  return {
    q: { tensor: 'attn_q', shape: [h.width, q] },
    k: { tensor: 'attn_k', shape: [h.width, kv] },
    v: { tensor: 'attn_v', shape: [h.width, kv] },
    o: { tensor: 'attn_output', shape: [q, h.width] },
    gate: { tensor: 'ffn_gate', shape: [h.width, h.ff] },
    up: { tensor: 'ffn_up', shape: [h.width, h.ff] },
    down: { tensor: 'ffn_down', shape: [h.ff, h.width] },
  }
}

export const MATRIX_NAMES = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const
export type MatrixName = (typeof MATRIX_NAMES)[number]

/** `blk.3.attn_q.weight` for (3, 'q'): the name a LoRA in llama.cpp's layout refers to. */
export function matrixTensor(h: Hyperparameters, block: number, name: MatrixName): string {
  return `blk.${block}.${matrices(h)[name].tensor}.weight`
}

function checkShapes(gguf: GgufFile, h: Hyperparameters): void {
  if (h.headSize % 2 !== 0 || h.heads % h.kvHeads !== 0 || !Number.isInteger(h.headSize)) {
    throw new IdiolectError(
      'BadGguf',
      `${gguf.file}: ${h.heads} heads and ${h.kvHeads} key heads do not divide ${h.width}`,
      null,
    )
  }
  const expect = (tensor: string, shape: readonly number[]): void => {
    const found = gguf.tensor(tensor).shape
    if (found.length !== shape.length || found.some((n, i) => n !== shape[i])) {
      throw new IdiolectError(
        'BadGguf',
        `${gguf.file}: ${tensor} has the shape [${found.join(', ')}], its metadata says [${shape.join(', ')}]`,
        null,
      )
    }
  }
  expect('token_embd.weight', [h.width, h.vocabulary])
  expect('output_norm.weight', [h.width])
  if (!h.tied) expect('output.weight', [h.width, h.vocabulary])
  for (let block = 0; block < h.blocks; block++) {
    expect(`blk.${block}.attn_norm.weight`, [h.width])
    expect(`blk.${block}.ffn_norm.weight`, [h.width])
    for (const { tensor, shape } of Object.values(matrices(h))) expect(`blk.${block}.${tensor}.weight`, shape)
  }
}
