/** A linear layer with a frozen matrix W and what an adapter does to it: a LoRA pair beside it, or a scale over it. */
import type { Graph } from '../ggml/graph.ts'
import type { Tensor } from '../ggml/storage.ts'
import type { Adapter } from './adapter.ts'
import type { LoraPair } from './lora.ts'
import { type Matrix, product, transposedProduct } from './matrix.ts'
import { type Scale, scaled, scaledBack } from './scale.ts'

export interface LinearContext {
  graph: Graph
  adapter: Adapter | null
  /** A dropout mask [inputs, rows] for this pair in this pass (0 or 1/(1−p)), or null for none. */
  dropout: (pair: LoraPair) => Tensor | null
}

function dropped(c: LinearContext, pair: LoraPair, x: Tensor): Tensor {
  const mask = c.dropout(pair)
  return mask ? c.graph.mul(x, mask) : x
}

/** y [out, rows] = W x + s B (A drop(x)) or l ⊙ (W x), for x [in, rows]. */
export function linear(c: LinearContext, matrix: Matrix, pair: LoraPair | Scale | null, x: Tensor): Tensor {
  const y = product(c.graph, matrix, x)
  if (!pair) return y
  if (pair.kind === 'scale') return scaled(c.graph, pair, y)
  const low = c.graph.scale(c.graph.mulMat(pair.a, dropped(c, pair, x)), pair.scale)
  return c.graph.add(y, c.graph.mulMat(pair.b, low))
}

/**
 * Sums the pair's gradients; returns dx, or null when nothing below needs it:
 * dB = dy (s A x)ᵀ · dA = (s Bᵀ dy) xᵀ · dx = Wᵀ dy + Aᵀ (s Bᵀ dy).
 */
export function linearBack(
  c: LinearContext,
  matrix: Matrix,
  pair: LoraPair | Scale | null,
  dy: Tensor,
  x: Tensor,
  wantInput: boolean,
): Tensor | null {
  const g = c.graph
  if (pair?.kind === 'scale') {
    // W x is computed again: what was kept is already scaled, and a factor may be zero.
    const dProduct = scaledBack(g, pair, dy, product(g, matrix, x))
    return wantInput ? transposedProduct(g, matrix, dProduct) : null
  }
  const dx = wantInput ? transposedProduct(g, matrix, dy) : null
  if (!pair) return dx
  const xd = dropped(c, pair, x)
  const lowT = g.scale(g.mulMat(xd, pair.a), pair.scale)
  g.accumulate(pair.gradB, g.mulMat(g.transposed(dy), lowT))
  const back = g.scale(g.mulMat(g.transposed(pair.b), dy), pair.scale)
  g.accumulate(pair.gradA, g.mulMat(g.transposed(xd), g.transposed(back)))
  if (!dx) return null
  const through = g.mulMat(g.transposed(pair.a), back)
  const mask = c.dropout(pair)
  return g.add(dx, mask ? g.mul(through, mask) : through)
}
