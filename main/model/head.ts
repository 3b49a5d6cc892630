/**
 * The output head on supervised rows only: a row that predicts nothing of the answer never costs a product with the
 * vocabulary. The loss's gradient needs no one-hot matrix:
 *   dh = S (Wᵀ_out softmax − W_out[target]),
 * S being the loss scale, without which small gradients vanish in the F16 scales of quantized activations.
 */
import type { Graph } from '../ggml/graph.ts'
import type { Storage, Tensor } from '../ggml/storage.ts'
import { product, rowsOfMatrix, transposedProduct } from './matrix.ts'
import type { Weights } from './weights.ts'

export interface HeadContext {
  graph: Graph
  storage: Storage
  weights: Weights
  eps: number
}

/** Rows at a time: bounds the logits' memory (vocabulary × this × 4 bytes). */
export const HEAD_ROWS = 64

function normed(c: HeadContext, x: Tensor, rows: Tensor): { picked: Tensor; h: Tensor } {
  const picked = c.graph.getRows(x, rows)
  return { picked, h: c.graph.mul(c.graph.rmsNorm(picked, c.eps), c.weights.outputNorm) }
}

/** Logits [vocabulary, n] of the rows of x ([width, rows]) that `rows` (I32 [n]) names. */
export function headLogits(c: HeadContext, x: Tensor, rows: Tensor): Tensor {
  return product(c.graph, c.weights.head, normed(c, x, rows).h)
}

/**
 * Probability of each target, F32 [1, n], and with `dx` also the loss's gradient, put into dx's rows.
 * @param at I32 [n]: `i · vocabulary + target[i]`, where each target's probability stands in the flattened softmax
 */
export function headLoss(
  c: HeadContext,
  x: Tensor,
  input: { rows: Tensor; targets: Tensor; at: Tensor },
  gradient: { dx: Tensor; lossScale: number } | null,
): Tensor {
  const g = c.graph
  const { picked, h } = normed(c, x, input.rows)
  const P = g.softMax(product(g, c.weights.head, h), 1)
  const flat = g.reshape(P, [1, P.ne[0] * P.ne[1]])
  const probability = g.output(g.getRows(flat, input.at))
  if (gradient) {
    const scaled = g.inPlace ? g.scaleInPlace(P, gradient.lossScale) : g.scale(P, gradient.lossScale)
    // The target's row is taken from the head itself, so that it cancels exactly against the product's.
    const target = rowsOfMatrix(g, c.weights.head, input.targets)
    const dh = g.sub(transposedProduct(g, c.weights.head, scaled), g.scale(target, gradient.lossScale))
    const dPicked = g.rmsNormBack(g.mul(dh, c.weights.outputNorm), picked, c.eps)
    g.expand(g.setRows(gradient.dx, dPicked, input.rows))
  }
  return probability
}
