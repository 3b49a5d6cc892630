/** GGUF LoRA files with random weights that fit a tiny model, for tests of loading and switching voices. */
import { float32, text } from '../../main/gguf/values.ts'
import { type TensorInput, writeGguf } from '../../main/gguf/write.ts'
import { normals, seeded } from './random.ts'
import type { TinyModel } from './tiny-model.ts'

export interface TinyVoice {
  seed?: number
  rank?: number
  alpha?: number
  /** Standard deviation of the weights of B (A's is 1 / sqrt(width)); 0 gives a voice that changes nothing. */
  size?: number
  /** Overrides the model's width, to make a voice that does not fit. */
  width?: number
  architecture?: string
}

/** Adapts q of every block; written as llama.cpp wants it. */
export function writeTinyVoice(file: string, model: TinyModel, options: TinyVoice = {}): void {
  const { seed = 1, rank = 2, alpha = 2, size = 1, width = model.width, architecture = model.architecture } = options
  const random = seeded(seed)
  const pair = (block: number): TensorInput[] => [
    {
      name: `blk.${block}.attn_q.weight.lora_a`,
      type: 'F32',
      shape: [width, rank],
      data: normals(random, width * rank, 1 / Math.sqrt(width)),
    },
    {
      name: `blk.${block}.attn_q.weight.lora_b`,
      type: 'F32',
      shape: [rank, width],
      data: normals(random, width * rank, size),
    },
  ]
  writeGguf(file, {
    metadata: {
      'general.type': text('adapter'),
      'general.architecture': text(architecture),
      'adapter.type': text('lora'),
      'adapter.lora.alpha': float32(alpha),
    },
    tensors: Array.from({ length: model.blocks }, (_, block) => pair(block)).flat(),
  })
}
