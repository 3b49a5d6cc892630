/**
 * Dropout on the input of LoRA pairs. Drawing a mask for every input would cost more than the pairs' own products, so
 * one pool of random bits is dealt per pack, and each input sees it through a window at an offset of its own. Matrices
 * of one input (q, k and v; gate and up) share its mask.
 */
import type { Graph } from '../ggml/graph.ts'
import type { Storage, Tensor } from '../ggml/storage.ts'
import { TYPE } from '../ggml/types.ts'
import { seeded } from '../random.ts'
import type { Lora, LoraPair } from './lora.ts'
import type { MatrixName } from './tensors.ts'

/** Matrices that multiply the same input. */
const INPUT_OF: Record<MatrixName, string> = {
  q: 'attention',
  k: 'attention',
  v: 'attention',
  qkv: 'attention',
  o: 'o',
  gate: 'ff',
  up: 'ff',
  gate_up: 'ff',
  down: 'down',
}
/** Room for windows to differ, elements. */
const SLACK = 1 << 16

export interface Dropout {
  /** Bytes held on this side. */
  readonly hostBytes: number
  /** Fills the pool for one pack. */
  deal(seed: string): void
  /** The mask of this pair's input, [inputs, rows]: 0, or 1/(1−p). The same in the forward and the backward pass of one seed. */
  mask(graph: Graph, pair: LoraPair, rows: number, seed: string): Tensor | null
}

export function createDropout(storage: Storage, lora: Lora | null, p: number, capacity: number): Dropout {
  if (!lora || p <= 0) return { hostBytes: 0, deal: () => {}, mask: () => null }
  const widest = Math.max(...lora.pairs.map((pair) => pair.inputs))
  const size = widest * capacity + SLACK
  const pool = storage.tensor(TYPE.F32, [size])
  const values = new Float32Array(size)
  return {
    hostBytes: values.byteLength,
    deal(seed) {
      const random = seeded(`${seed}/pool`)
      const kept = 1 / (1 - p)
      for (let i = 0; i < size; i++) values[i] = random.next() < p ? 0 : kept
      storage.set(pool, values)
    },
    mask(graph, pair, rows, seed) {
      const offset = seeded(`${seed}/${pair.block}/${INPUT_OF[pair.matrix]}`).below(SLACK)
      return graph.view(pool, [pair.inputs, rows], [], offset * 4)
    },
  }
}
