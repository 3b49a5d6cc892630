/** How many numbers a voice has learnt. */
import { promptKeys, promptValues } from './array-voice.ts'
import type { VoiceFile } from './voice-file.ts'

/** Numbers that training set: of a LoRA both parts of every pair; of a prompt its rows, not what they leave in the cache. */
export function countNumbers({ kind, tensors, arrays }: Pick<VoiceFile, 'kind' | 'tensors' | 'arrays'>): number {
  if (kind === 'lora') return tensors.reduce((sum, { K, M, rank }) => sum + rank * (K + M), 0)
  return arrays
    .filter(({ name }) => !isCache(name))
    .reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0)
}

function isCache(name: string): boolean {
  const block = Number(/^blk\.(\d+)\./.exec(name)?.[1])
  return name === promptKeys(block) || name === promptValues(block)
}
