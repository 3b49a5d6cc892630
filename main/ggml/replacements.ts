/**
 * Operations that some GPUs lack (Metal: those that only training needs), written from ones that all of them have. Each
 * gives what ggml's own operation gives, to rounding; `Graph` takes them where the device says that it lacks its own.
 */
import type { Graph } from './graph.ts'
import type { Tensor } from './storage.ts'

/** With r = √(mean(x²) + ε) and x̂ = x / r: (dy − x̂ mean(dy ⊙ x̂)) / r. */
export function rmsNormBackFromForward(g: Graph, dy: Tensor, x: Tensor, eps: number): Tensor {
  const share = 1 / x.ne[0]
  const normed = g.rmsNorm(x, eps)
  const r = g.sqrt(g.scaleBias(g.sumRows(g.sqr(x)), share, eps))
  const along = g.scale(g.sumRows(g.mul(dy, normed)), share)
  return g.div(g.sub(dy, g.mul(normed, along)), r)
}

/** a bᵀ with both laid out anew, so that they are contracted over what lies next to one another. */
export function outProdFromMulMat(g: Graph, a: Tensor, b: Tensor): Tensor {
  return g.mulMat(g.transposed(a), g.transposed(b))
}

/** scale · P ⊙ (dP − rowsum(dP ⊙ P)). */
export function softMaxBackFromForward(g: Graph, dP: Tensor, P: Tensor, scale: number): Tensor {
  return g.scale(g.mul(g.sub(dP, g.sumRows(g.mul(dP, P))), P), scale)
}
