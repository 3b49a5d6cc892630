/**
 * A linear layer with a frozen matrix W, with a frozen LoRA's change to it where there is one, and what the trained adapter
 * does to both: a LoRA pair beside them, or a scale over them.
 */
import type { Graph } from '../ggml/graph.ts'
import type { Tensor } from '../ggml/storage.ts'
import type { Adapter } from './adapter.ts'
import type { FrozenLora } from './frozen-lora.ts'
import type { LoraPair } from './lora.ts'
import { addChange, addChangeBack, type LowRankPair, narrowed, summed, widened } from './low-rank.ts'
import { type Matrix, product, transposedProduct } from './matrix.ts'
import { type Scale, scaled, scaledBack } from './scale.ts'

export interface LinearContext {
  graph: Graph
  adapter: Adapter | null
  /** What lies between the base and the adapter, itself not trained. */
  under: FrozenLora | null
  /** A dropout mask [inputs, rows] for this pair in this pass (0 or 1/(1−p)), or null for none. */
  dropout: (pair: LoraPair, rows: number) => Tensor | null
  /** What dropout left of inputs in this graph: matrices of one input share it. */
  dropped: Map<Tensor, Dropped>
}

/** One matrix of a block with everything that is done to it. */
export interface Layer {
  matrix: Matrix
  under: LowRankPair | null
  trained: LoraPair | Scale | null
}

interface Dropped {
  mask: Tensor | null
  x: Tensor
}

function dropped(c: LinearContext, pair: LoraPair, x: Tensor): Dropped {
  const known = c.dropped.get(x)
  if (known) return known
  const mask = c.dropout(pair, x.ne[1])
  const fresh = { mask, x: mask ? c.graph.mul(x, mask) : x }
  c.dropped.set(x, fresh)
  return fresh
}

/** (W + s_t B_t A_t) x: what the trained adapter finds. */
function frozen(g: Graph, { matrix, under }: Layer, x: Tensor): Tensor {
  const y = product(g, matrix, x)
  return under ? addChange(g, under, y, x) : y
}

/** (W + s_t B_t A_t)ᵀ dy. */
function frozenBack(g: Graph, { matrix, under }: Layer, dy: Tensor): Tensor {
  const dx = transposedProduct(g, matrix, dy)
  return under ? addChangeBack(g, under, dx, dy) : dx
}

/** y [out, rows] = W x + s B (A drop(x)) or l ⊙ (W x), for x [in, rows]; W with the frozen change, where there is one. */
export function linear(c: LinearContext, layer: Layer, x: Tensor): Tensor {
  const y = frozen(c.graph, layer, x)
  const { trained } = layer
  if (!trained) return y
  if (trained.kind === 'scale') return scaled(c.graph, trained, y)
  return addChange(c.graph, trained, y, dropped(c, trained, x).x)
}

/**
 * Sums the trained adapter's gradients; returns dx, or null when nothing below needs it. With sB as it is held on the
 * device: d(sB) = dy (A x)ᵀ · dA = ((sB)ᵀ dy) xᵀ · dx = Wᵀ dy + Aᵀ ((sB)ᵀ dy).
 */
export function linearBack(c: LinearContext, layer: Layer, dy: Tensor, x: Tensor, wantInput: boolean): Tensor | null {
  const g = c.graph
  const { trained } = layer
  if (trained?.kind === 'scale') {
    // W x is computed again: what was kept is already scaled, and a factor may be zero.
    const dProduct = scaledBack(g, trained, dy, frozen(g, layer, x))
    return wantInput ? frozenBack(g, layer, dProduct) : null
  }
  const dx = wantInput ? frozenBack(g, layer, dy) : null
  if (!trained) return dx
  const input = dropped(c, trained, x)
  g.accumulate(trained.gradB, summed(g, dy, narrowed(g, trained.a, input.x)))
  const back = narrowed(g, trained.b, dy)
  g.accumulate(trained.gradA, summed(g, input.x, back))
  if (!dx) return null
  const through = widened(g, trained.a, back)
  return g.add(dx, input.mask ? g.mul(through, input.mask) : through)
}
