/**
 * GGUFs of any size with random weights and no tokenizer: for what a run takes, not for what it learns. Each matrix is
 * written from a pool of blocks that ggml's own quantizer made, dealt in an order of its own, so that a file of
 * gigabytes is written as fast as the disk takes it and is never in memory.
 */

import { type GgmlTypeName, ggmlTypeNamed, tensorBytes } from '../../main/gguf/types.ts'
import { float32, text, uint32 } from '../../main/gguf/values.ts'
import { type TensorInput, writeGguf } from '../../main/gguf/write.ts'
import { seeded } from '../../main/random.ts'
import { quantize, typeFor } from './quantize.ts'
import { normals, seeded as uniform } from './random.ts'

export interface ModelShape {
  blocks: number
  width: number
  heads: number
  kvHeads: number
  ff: number
  vocabulary: number
  /** No output matrix of its own. */
  tied: boolean
  ropeBase?: number
  ropeFreqs?: boolean
}

/** `Q4_K_M` is llama.cpp's mix: Q4_K, and Q6_K for the head and for v and down of about half of the blocks. */
export type Mix = GgmlTypeName | 'Q4_K_M'

const POOL_ELEMENTS = 1 << 18

/** Context that the file claims. */
const CONTEXT = 8192

export function writeRandomModel(file: string, shape: ModelShape, mix: Mix, seed = 1): void {
  const { width, ff, blocks, heads, kvHeads, vocabulary } = shape
  const kv = (width / heads) * kvHeads
  const usual: GgmlTypeName = mix === 'Q4_K_M' ? 'Q4_K' : mix
  const finer: GgmlTypeName = mix === 'Q4_K_M' ? 'Q6_K' : mix
  const eighth = Math.floor(blocks / 8)
  const moreBits = (i: number): boolean => i < eighth || i >= 7 * eighth || (i - eighth) % 3 === 2
  const pools = new Map<string, Uint8Array>()
  const pool = (type: GgmlTypeName, row: number): Uint8Array => {
    const key = `${type}/${row}`
    const known = pools.get(key)
    if (known) return known
    const rows = Math.max(1, Math.floor(POOL_ELEMENTS / row))
    const made = quantize(type, normals(uniform(seed), rows * row, 1 / Math.sqrt(row)), row)
    pools.set(key, made)
    return made
  }
  const matrix = (name: string, row: number, rows: number, wanted: GgmlTypeName): TensorInput => ({
    name,
    type: typeFor(wanted, row),
    shape: [row, rows],
    data(append) {
      const type = typeFor(wanted, row)
      const blocksOf = pool(type, row)
      const { bytes } = ggmlTypeNamed(type)
      const random = seeded(`${seed}/${name}`)
      let left = tensorBytes(ggmlTypeNamed(type), [row, rows]) as number
      while (left > 0) {
        const from = random.below(Math.floor(blocksOf.length / bytes / 2)) * bytes
        const part = blocksOf.subarray(from, Math.min(blocksOf.length, from + left))
        append(part)
        left -= part.length
      }
    },
  })
  const norm = (name: string): TensorInput => ({
    name,
    type: 'F32',
    shape: [width],
    data: new Float32Array(width).fill(1),
  })
  const block = (i: number): TensorInput[] => [
    norm(`blk.${i}.attn_norm.weight`),
    matrix(`blk.${i}.attn_q.weight`, width, width, usual),
    matrix(`blk.${i}.attn_k.weight`, width, kv, usual),
    matrix(`blk.${i}.attn_v.weight`, width, kv, moreBits(i) ? finer : usual),
    matrix(`blk.${i}.attn_output.weight`, width, width, usual),
    norm(`blk.${i}.ffn_norm.weight`),
    matrix(`blk.${i}.ffn_gate.weight`, width, ff, usual),
    matrix(`blk.${i}.ffn_up.weight`, width, ff, usual),
    matrix(`blk.${i}.ffn_down.weight`, ff, width, moreBits(i) ? finer : usual),
  ]
  const factors = new Float32Array(width / heads / 2).fill(1)
  writeGguf(file, {
    metadata: {
      'general.architecture': text('llama'),
      'general.type': text('model'),
      'general.name': text('Random'),
      'llama.block_count': uint32(blocks),
      'llama.context_length': uint32(CONTEXT),
      'llama.embedding_length': uint32(width),
      'llama.feed_forward_length': uint32(ff),
      'llama.attention.head_count': uint32(heads),
      'llama.attention.head_count_kv': uint32(kvHeads),
      'llama.attention.layer_norm_rms_epsilon': float32(1e-5),
      'llama.rope.dimension_count': uint32(width / heads),
      'llama.rope.freq_base': float32(shape.ropeBase ?? 10_000),
      'llama.vocab_size': uint32(vocabulary),
    },
    tensors: [
      matrix('token_embd.weight', width, vocabulary, shape.tied ? finer : usual),
      ...(shape.ropeFreqs
        ? [{ name: 'rope_freqs.weight', type: 'F32', shape: [factors.length], data: factors } satisfies TensorInput]
        : []),
      ...Array.from({ length: blocks }, (_, i) => block(i)).flat(),
      norm('output_norm.weight'),
      ...(shape.tied ? [] : [matrix('output.weight', width, vocabulary, finer)]),
    ],
  })
}
