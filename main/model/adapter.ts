/**
 * What the engine and the trainer know of an adapter, whatever its kind: named tensors of trained numbers, put on the
 * device as flat arrays, and their gradients taken from it. How an adapter changes a block's matrices is between it and
 * `linear.ts`; what it puts in front of a text, between it and the engine.
 */
import type { AdapterKind } from '../../preload/contract.ts'
import type { Ia3Spec } from './ia3.ts'
import type { LoraPair, LoraSpec } from './lora.ts'
import type { PromptSpec } from './prompt-tuning.ts'
import type { Scale } from './scale.ts'

export const ADAPTER_KINDS: readonly AdapterKind[] = ['lora', 'ia3', 'prompt']

export type AdapterSpec = ({ kind: 'lora' } & LoraSpec) | Ia3Spec | PromptSpec

/** One array of trained numbers, as a voice file holds it: the fastest dimension first. */
export interface AdapterTensor {
  readonly name: string
  readonly shape: readonly number[]
}

/** What a first value may depend on; the same start gives the same values. */
export interface Start {
  seed: number
  /** Token ids that the run's texts are made of, repeated as often as they occur. */
  tokens(): Int32Array
  /** Rows of the token embedding as the first block sees them, [width] each. */
  embed(ids: Int32Array): Float32Array
  /** Away from the identity, so that every tensor has a gradient from the first step on: for comparisons. */
  disturbed: boolean
}

export interface Adapter extends Disposable {
  readonly kind: AdapterKind
  /** Bytes on the device. */
  readonly bytes: number
  readonly tensors: readonly AdapterTensor[]
  /** Rows that stand in front of every text. */
  readonly prefix: number
  /** What it does to a block's matrix, or null. */
  on(block: number, matrix: string): LoraPair | Scale | null
  /**
   * What a learning rate is a share of, in the trained numbers' own unit: 1, or the size of the numbers that they begin
   * as, where that differs from base to base.
   */
  unit(start: Pick<Start, 'tokens' | 'embed'>): number
  /** First values, one array a tensor. */
  initial(start: Start): Float32Array[]
  /** Puts values on the device, one array a tensor. */
  put(values: readonly Float32Array[]): void
  /** The gradients summed so far, times `factor`, one array a tensor; sums begin anew. */
  takeGradients(factor: number): Float32Array[]
  /** The same numbers, this one's, with gradients of their own: for a pack that is computed at the same time. */
  beside(): Adapter
}
