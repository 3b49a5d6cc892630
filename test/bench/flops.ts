/**
 * How much arithmetic a training step is: the count that the bench divides by the time. Work that an engine may choose
 * to do (computing a block again, masked scores, padding) is not in it: only what the gradient needs.
 */

import type { Hyperparameters } from '../../main/model/hyperparameters.ts'

/** The numbers of a llama-like model that the count needs. */
export type Shape = Pick<Hyperparameters, 'blocks' | 'width' | 'heads' | 'kvHeads' | 'headSize' | 'ff' | 'vocabulary'>

export interface StepWork {
  /** Rows of each text in the batch. */
  texts: readonly number[]
  /** Rows whose next token is supervised. */
  supervised: number
  rank: number
  /** [inputs, outputs] of each matrix in a block that carries a LoRA pair. */
  targets: readonly (readonly [number, number])[]
}

export interface StepFlops {
  weights: number
  head: number
  attention: number
  lora: number
  all: number
}

/**
 * Floating point operations of one step, a multiplication with an addition as 2:
 * - weights: 2 a weight and row forward (y = W x) and 2 backward (dx = Wᵀ dy); frozen weights have no gradient; of the
 *   last block what comes after attention on supervised rows only;
 * - head: the same, on supervised rows only;
 * - attention: 2 products forward (Q Kᵀ, P V) and 4 backward (dP, dV, dQ, dK), each 2 a head's element and pair of
 *   query and key, pairs being the causal n (n + 1) / 2 of each text;
 * - LoRA, a pair: 2 rank (in + out) a row forward, twice that backward (dB and Bᵀ dy; dA and Aᵀ Bᵀ dy).
 * What nobody needs and is counted: the lowest block's dx, the last block's queries and LoRA on rows that are not
 * supervised; about a hundredth of it all.
 */
export function stepFlops(shape: Shape, { texts, supervised, rank, targets }: StepWork): StepFlops {
  const rows = texts.reduce((sum, n) => sum + n, 0)
  const pairs = texts.reduce((sum, n) => sum + (n * (n + 1)) / 2, 0)
  const { blocks, width, heads, kvHeads, headSize, ff, vocabulary } = shape
  const past = width * (heads * headSize + 3 * ff)
  const block = width * (heads * headSize + 2 * kvHeads * headSize) + past
  const weights = 4 * ((blocks * block - past) * rows + past * supervised)
  const head = 4 * width * vocabulary * supervised
  const attention = 6 * 2 * blocks * heads * headSize * pairs
  const lora = 6 * rank * blocks * rows * targets.reduce((sum, [inputs, outputs]) => sum + inputs + outputs, 0)
  return { weights, head, attention, lora, all: weights + head + attention + lora }
}
