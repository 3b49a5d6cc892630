/** A linear layer with a frozen matrix W and what an adapter does to it: a LoRA pair beside it, or a scale over it. */
import type { Graph } from '../ggml/graph.ts'
import type { Tensor } from '../ggml/storage.ts'
import { TYPE, type TypeNumber } from '../ggml/types.ts'
import type { Adapter } from './adapter.ts'
import { PACK_MULTIPLE } from './batch.ts'
import type { LoraPair } from './lora.ts'
import { type Matrix, product, transposedProduct } from './matrix.ts'
import { type Scale, scaled, scaledBack } from './scale.ts'

export interface LinearContext {
  graph: Graph
  adapter: Adapter | null
  /** A dropout mask [inputs, rows] for this pair in this pass (0 or 1/(1−p)), or null for none. */
  dropout: (pair: LoraPair) => Tensor | null
  /** Type of one side of the products that give LoRA's gradients. */
  productType: TypeNumber
  /** What dropout left of inputs in this graph, as they are and transposed: matrices of one input share it. */
  dropped: Map<Tensor, { x: Tensor; xT: Tensor | null }>
}

function dropped(c: LinearContext, pair: LoraPair, x: Tensor): { x: Tensor; xT: Tensor | null } {
  const known = c.dropped.get(x)
  if (known) return known
  const mask = c.dropout(pair)
  const fresh = { x: mask ? c.graph.mul(x, mask) : x, xT: null }
  c.dropped.set(x, fresh)
  return fresh
}

/** [n, rows] as [rows, n] in the product type, where the number of rows has a fast product in it. */
function flipped(c: LinearContext, a: Tensor): Tensor {
  const type = a.ne[1] % PACK_MULTIPLE === 0 ? c.productType : TYPE.F32
  if (type === TYPE.F32) return c.graph.transposed(a)
  return c.graph.cast(c.graph.permute(a, [1, 0, 2, 3]), type)
}

/** y [out, rows] = W x + s B (A drop(x)) or l ⊙ (W x), for x [in, rows]. */
export function linear(c: LinearContext, matrix: Matrix, pair: LoraPair | Scale | null, x: Tensor): Tensor {
  const y = product(c.graph, matrix, x)
  if (!pair) return y
  if (pair.kind === 'scale') return scaled(c.graph, pair, y)
  return c.graph.add(y, c.graph.mulMat(pair.b, c.graph.mulMat(pair.a, dropped(c, pair, x).x)))
}

/**
 * Sums the pair's gradients; returns dx, or null when nothing below needs it. With sB as it is held on the device:
 * d(sB) = dy (A x)ᵀ · dA = ((sB)ᵀ dy) xᵀ · dx = Wᵀ dy + Aᵀ ((sB)ᵀ dy).
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
  const input = dropped(c, pair, x)
  input.xT ??= flipped(c, input.x)
  g.accumulate(pair.gradB, g.mulMat(flipped(c, dy), g.mulMat(input.x, pair.a)))
  const back = g.mulMat(g.transposed(pair.b), dy)
  g.accumulate(pair.gradA, g.mulMat(input.xT, g.transposed(back)))
  if (!dx) return null
  const through = g.mulMat(g.transposed(pair.a), back)
  const mask = c.dropout(pair)
  return g.add(dx, mask ? g.mul(through, mask) : through)
}
