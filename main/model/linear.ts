/** A linear layer with a frozen matrix W and, where it is trained, a LoRA pair beside it; forward and backward. */
import type { Graph } from '../ggml/graph.ts'
import type { Tensor } from '../ggml/storage.ts'
import type { Lora, LoraPair } from './lora.ts'
import { type Matrix, product, transposedProduct } from './matrix.ts'

export interface LinearContext {
  graph: Graph
  lora: Lora | null
  /** A dropout mask [inputs, rows] for this pair in this pass (0 or 1/(1−p)), or null for none. */
  dropout: (pair: LoraPair) => Tensor | null
}

function dropped(c: LinearContext, pair: LoraPair, x: Tensor): Tensor {
  const mask = c.dropout(pair)
  return mask ? c.graph.mul(x, mask) : x
}

/** y [out, rows] = W x + s B (A drop(x)), for x [in, rows]. */
export function linear(c: LinearContext, matrix: Matrix, pair: LoraPair | null, x: Tensor): Tensor {
  const y = product(c.graph, matrix, x)
  if (!pair || !c.lora) return y
  const low = c.graph.scale(c.graph.mulMat(pair.a, dropped(c, pair, x)), c.lora.scale)
  return c.graph.add(y, c.graph.mulMat(pair.b, low))
}

/**
 * Sums the pair's gradients; returns dx, or null when nothing below needs it:
 * dB = dy (s A x)ᵀ · dA = (s Bᵀ dy) xᵀ · dx = Wᵀ dy + Aᵀ (s Bᵀ dy).
 */
export function linearBack(
  c: LinearContext,
  matrix: Matrix,
  pair: LoraPair | null,
  dy: Tensor,
  x: Tensor,
  wantInput: boolean,
): Tensor | null {
  const g = c.graph
  const dx = wantInput ? transposedProduct(g, matrix, dy) : null
  if (!pair || !c.lora) return dx
  const xd = dropped(c, pair, x)
  const lowT = g.scale(g.mulMat(xd, pair.a), c.lora.scale)
  g.accumulate(pair.gradB, g.mulMat(g.transposed(dy), lowT))
  const back = g.scale(g.mulMat(g.transposed(pair.b), dy), c.lora.scale)
  g.accumulate(pair.gradA, g.mulMat(g.transposed(xd), g.transposed(back)))
  if (!dx) return null
  const through = g.mulMat(g.transposed(pair.a), back)
  const mask = c.dropout(pair)
  return g.add(dx, mask ? g.mul(through, mask) : through)
}
