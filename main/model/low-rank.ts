/**
 * Products with the thin matrices of a low-rank pair, which are held as a few long rows: [features, rank]. Each is written
 * so that whole rows are multiplied and added. As ordinary products most would be contracted over the rank alone, or over
 * rows that had to be transposed first, and take two to five times as long (docs/notebook.md).
 */
import type { Graph } from '../ggml/graph.ts'
import type { Tensor } from '../ggml/storage.ts'

/** s B A on the device, F32, its rank padded: what one matrix is changed by. */
export interface LowRankPair {
  /** [in, rank]. */
  readonly a: Tensor
  /** s Bᵀ, [out, rank]. */
  readonly b: Tensor
}

/** y + s B (A x), for x [in, rows]. */
export function addChange(g: Graph, { a, b }: LowRankPair, y: Tensor, x: Tensor): Tensor {
  return g.add(y, widened(g, b, narrowed(g, a, x)))
}

/** dx + Aᵀ ((s B)ᵀ dy), for dy [out, rows]. */
export function addChangeBack(g: Graph, { a, b }: LowRankPair, dx: Tensor, dy: Tensor): Tensor {
  return g.add(dx, widened(g, a, narrowed(g, b, dy)))
}

/** [features, rank] and x [features, rows] -> [rank, rows]: A x, or Bᵀ dy. */
export function narrowed(g: Graph, thin: Tensor, x: Tensor): Tensor {
  return g.mulMat(thin, x)
}

/** [features, rank] and t [rank, rows] -> [features, rows]: B t, or Aᵀ dt. */
export function widened(g: Graph, thin: Tensor, t: Tensor): Tensor {
  return g.outProd(thin, g.transpose(t))
}

/** x [features, rows] and t [rank, rows] -> [features, rank], summed over rows: a pair's gradients. */
export function summed(g: Graph, x: Tensor, t: Tensor): Tensor {
  return g.outProd(x, t)
}
