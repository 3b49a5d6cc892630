/**
 * The output head on supervised rows only: a row that predicts nothing of the answer never costs a product with the
 * vocabulary. The loss's gradient needs no one-hot matrix:
 *   dh = S (Wᵀ_out softmax − W_out[target]),
 * S being the loss scale, without which small gradients vanish in the F16 scales of quantized activations. Where logits
 * are capped, z' = cap·tanh(z / cap), both terms carry the cap's slope, 1 − tanh².
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
  /** 0: logits are not capped. */
  logitCap: number
}

/** Rows at a time: bounds the logits' memory (vocabulary × this × 4 bytes). */
export const HEAD_ROWS = 64

function normed(c: HeadContext, x: Tensor, rows: Tensor): { picked: Tensor; h: Tensor } {
  const picked = c.graph.getRows(x, rows)
  return { picked, h: c.graph.mul(c.graph.rmsNorm(picked, c.eps), c.weights.outputNorm) }
}

/** Logits [vocabulary, n], and where they are capped the slope that the cap has at each. */
function capped(c: HeadContext, h: Tensor): { logits: Tensor; slope: Tensor | null } {
  const g = c.graph
  const plain = product(g, c.weights.head, h)
  if (c.logitCap === 0) return { logits: plain, slope: null }
  const t = g.tanh(g.scale(plain, 1 / c.logitCap))
  return { logits: g.scale(t, c.logitCap), slope: g.scaleBias(g.sqr(t), -1, 1) }
}

/** Logits [vocabulary, n] of the rows of x ([width, rows]) that `rows` (I32 [n]) names. */
export function headLogits(c: HeadContext, x: Tensor, rows: Tensor): Tensor {
  return capped(c, normed(c, x, rows).h).logits
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
  const { logits, slope } = capped(c, h)
  const P = g.softMax(logits, 1)
  const atTargets = (a: Tensor): Tensor => g.getRows(g.reshape(a, [1, a.ne[0] * a.ne[1]]), input.at)
  const probability = g.output(atTargets(P))
  if (gradient) {
    const scaled = g.inPlace ? g.scaleInPlace(P, gradient.lossScale) : g.scale(P, gradient.lossScale)
    // The target's row is taken from the head itself, so that it cancels exactly against the product's.
    const row = rowsOfMatrix(g, c.weights.head, input.targets)
    const target = slope ? g.mul(row, atTargets(slope)) : row
    const dLogits = slope ? g.mul(scaled, slope) : scaled
    const dh = g.sub(transposedProduct(g, c.weights.head, dLogits), g.scale(target, gradient.lossScale))
    const dPicked = g.rmsNormBack(g.mul(dh, c.weights.outputNorm), picked, c.eps)
    g.expand(g.setRows(gradient.dx, dPicked, input.rows))
  }
  return probability
}
