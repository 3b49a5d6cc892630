/** Bases with random weights in the shapes of models that people use: as fast and as large as the real ones. */
import { type GgmlTypeName, ggmlTypeNamed, tensorBytes } from '../../main/gguf/types.ts'
import { float32, text, uint32 } from '../../main/gguf/values.ts'
import { type TensorInput, writeGguf } from '../../main/gguf/write.ts'
import { quantize } from '../helpers/quantize.ts'
import { normals, seeded } from '../helpers/random.ts'
import { typeFor } from './base-as.ts'

export interface BaseShape {
  name: string
  blocks: number
  width: number
  heads: number
  kvHeads: number
  ff: number
  vocabulary: number
  context: number
  ropeBase: number
}

export const SMOLLM_360M: BaseShape = {
  name: '360M',
  blocks: 32,
  width: 960,
  heads: 15,
  kvHeads: 5,
  ff: 2560,
  vocabulary: 49152,
  context: 8192,
  ropeBase: 100_000,
}

export const SMOLLM_1700M: BaseShape = {
  name: '1.7B',
  blocks: 24,
  width: 2048,
  heads: 32,
  kvHeads: 32,
  ff: 8192,
  vocabulary: 49152,
  context: 8192,
  ropeBase: 130_000,
}

/** Rows drawn for a matrix; the rest repeats them, since nothing here depends on what the weights say. */
const DRAWN = 64

/** Writes a llama of this shape, its output tied to the embedding; it has no tokenizer, so that only the trainer reads it. */
export function writeRandomBase(file: string, shape: BaseShape, wanted: GgmlTypeName): void {
  const { blocks, width, heads, kvHeads, ff, vocabulary } = shape
  const kv = (width / heads) * kvHeads
  const random = seeded(1)
  const matrix = (name: string, row: number, rows: number, type = typeFor(wanted, row)): TensorInput => {
    const data = quantize(type, normals(random, row * DRAWN, 1 / Math.sqrt(row)), row)
    const size = tensorBytes(ggmlTypeNamed(type), [row, rows]) as number
    return {
      name,
      shape: [row, rows],
      type,
      data: (append) => {
        for (let at = 0; at < size; at += data.length) append(data.subarray(0, Math.min(data.length, size - at)))
      },
    }
  }
  const norm = (name: string): TensorInput => ({
    name,
    shape: [width],
    type: 'F32',
    data: new Float32Array(width).fill(1),
  })
  const embedding = ggmlTypeNamed(wanted).name === 'F16' ? 'F16' : 'Q8_0'
  writeGguf(file, {
    metadata: {
      'general.architecture': text('llama'),
      'general.name': text(`Random ${shape.name}`),
      'llama.block_count': uint32(blocks),
      'llama.context_length': uint32(shape.context),
      'llama.embedding_length': uint32(width),
      'llama.feed_forward_length': uint32(ff),
      'llama.attention.head_count': uint32(heads),
      'llama.attention.head_count_kv': uint32(kvHeads),
      'llama.attention.layer_norm_rms_epsilon': float32(1e-5),
      'llama.rope.dimension_count': uint32(width / heads),
      'llama.rope.freq_base': float32(shape.ropeBase),
      'llama.vocab_size': uint32(vocabulary),
    },
    tensors: [
      matrix('token_embd.weight', width, vocabulary, embedding),
      ...Array.from({ length: blocks }, (_, i) => [
        norm(`blk.${i}.attn_norm.weight`),
        matrix(`blk.${i}.attn_q.weight`, width, width),
        matrix(`blk.${i}.attn_k.weight`, width, kv),
        matrix(`blk.${i}.attn_v.weight`, width, kv),
        matrix(`blk.${i}.attn_output.weight`, width, width),
        norm(`blk.${i}.ffn_norm.weight`),
        matrix(`blk.${i}.ffn_gate.weight`, width, ff),
        matrix(`blk.${i}.ffn_up.weight`, width, ff),
        matrix(`blk.${i}.ffn_down.weight`, ff, width),
      ]).flat(),
      norm('output_norm.weight'),
    ],
  })
}
