/**
 * A linear layer with a frozen matrix W, with a frozen LoRA's change to it where there is one, and what the trained adapter
 * does to both: a LoRA pair beside them, or a scale over them.
 */
import type { Graph } from '../ggml/graph.ts'
import type { Tensor } from '../ggml/storage.ts'
import { TYPE, type TypeNumber } from '../ggml/types.ts'
import type { Adapter } from './adapter.ts'
import { PACK_MULTIPLE } from './batch.ts'
import { addChange, addChangeBack, type FrozenChange, type FrozenLora } from './frozen-lora.ts'
import type { LoraPair } from './lora.ts'
import { type Matrix, product, transposedProduct } from './matrix.ts'
import { type Scale, scaled, scaledBack } from './scale.ts'

export interface LinearContext {
  graph: Graph
  adapter: Adapter | null
  /** What lies between the base and the adapter, itself not trained. */
  under: FrozenLora | null
  /** A dropout mask [inputs, rows] for this pair in this pass (0 or 1/(1−p)), or null for none. */
  dropout: (pair: LoraPair) => Tensor | null
  /** Type of one side of the products that give LoRA's gradients. */
  productType: TypeNumber
  /** What dropout left of inputs in this graph, as they are and transposed: matrices of one input share it. */
  dropped: Map<Tensor, Dropped>
}

/** One matrix of a block with everything that is done to it. */
export interface Layer {
  matrix: Matrix
  under: FrozenChange | null
  trained: LoraPair | Scale | null
}

interface Dropped {
  mask: Tensor | null
  x: Tensor
  xT: Tensor | null
}

function dropped(c: LinearContext, pair: LoraPair, x: Tensor): Dropped {
  const known = c.dropped.get(x)
  if (known) return known
  const mask = c.dropout(pair)
  const fresh = { mask, x: mask ? c.graph.mul(x, mask) : x, xT: null }
  c.dropped.set(x, fresh)
  return fresh
}

/** [n, rows] as [rows, n] in the product type, where the number of rows has a fast product in it. */
function flipped(c: LinearContext, a: Tensor): Tensor {
  const type = a.ne[1] % PACK_MULTIPLE === 0 ? c.productType : TYPE.F32
  if (type === TYPE.F32) return c.graph.transposed(a)
  return c.graph.cast(c.graph.permute(a, [1, 0, 2, 3]), type)
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
  return c.graph.add(y, c.graph.mulMat(trained.b, c.graph.mulMat(trained.a, dropped(c, trained, x).x)))
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
  input.xT ??= flipped(c, input.x)
  g.accumulate(trained.gradB, g.mulMat(flipped(c, dy), g.mulMat(input.x, trained.a)))
  const back = g.mulMat(g.transposed(trained.b), dy)
  g.accumulate(trained.gradA, g.mulMat(input.xT, g.transposed(back)))
  if (!dx) return null
  const through = g.mulMat(g.transposed(trained.a), back)
  return g.add(dx, input.mask ? g.mul(through, input.mask) : through)
}
