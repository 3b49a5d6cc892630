/**
 * Dropout on the input of each LoRA pair. Drawing a mask for every pair would cost more than the pair's own products,
 * so one pool of random bits is dealt per pack, and each pair sees it through a window at an offset of its own.
 */
import type { Graph } from '../ggml/graph.ts'
import type { Storage, Tensor } from '../ggml/storage.ts'
import { TYPE } from '../ggml/types.ts'
import { seeded } from '../random.ts'
import type { Lora, LoraPair } from './lora.ts'

/** Room for windows to differ, elements. */
const SLACK = 1 << 16

export interface Dropout {
  /** Fills the pool for one pack. */
  deal(seed: string): void
  /** This pair's mask [inputs, rows]: 0, or 1/(1−p). The same in the forward and the backward pass of one seed. */
  mask(graph: Graph, pair: LoraPair, rows: number, seed: string): Tensor | null
}

export function createDropout(storage: Storage, lora: Lora | null, p: number, capacity: number): Dropout {
  if (!lora || p <= 0) return { deal: () => {}, mask: () => null }
  const widest = Math.max(...lora.pairs.map((pair) => pair.inputs))
  const size = widest * capacity + SLACK
  const pool = storage.tensor(TYPE.F32, [size])
  const values = new Float32Array(size)
  return {
    deal(seed) {
      const random = seeded(`${seed}/pool`)
      const kept = 1 / (1 - p)
      for (let i = 0; i < size; i++) values[i] = random.next() < p ? 0 : kept
      storage.set(pool, values)
    },
    mask(graph, pair, rows, seed) {
      const offset = seeded(`${seed}/${pair.tensor}`).below(SLACK)
      return graph.view(pool, [pair.inputs, rows], [], offset * 4)
    },
  }
}
