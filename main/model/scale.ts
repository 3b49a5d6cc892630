/** A learned factor for each output of a frozen matrix, y = l ⊙ (W x), with its gradient. */
import type { Graph } from '../ggml/graph.ts'
import type { Tensor } from '../ggml/storage.ts'

export interface Scale {
  readonly kind: 'scale'
  /** Name of W in the base's file. */
  readonly tensor: string
  /** l, F32 [outputs]. */
  readonly factor: Tensor
  /** Summed gradient of l, F32 [outputs]. */
  readonly gradient: Tensor
  /** F32 ones, [any number of rows]: a product with them sums over rows. */
  readonly ones: Tensor
}

/** l ⊙ y, for y [outputs, rows]. */
export function scaled(graph: Graph, { factor }: Scale, y: Tensor): Tensor {
  return graph.mul(y, factor)
}

/** Sums dl = Σ_rows dy ⊙ y, for y = W x before it is scaled; returns the gradient of y, l ⊙ dy. */
export function scaledBack(graph: Graph, scale: Scale, dy: Tensor, y: Tensor): Tensor {
  const rows = dy.ne[1]
  const sums = graph.mulMat(graph.transposed(graph.mul(dy, y)), graph.view(scale.ones, [rows, 1]))
  graph.accumulate(scale.gradient, graph.reshape(sums, [dy.ne[0]]))
  return graph.mul(dy, scale.factor)
}
