/**
 * The gated activations, act(gate) ⊙ up, and their backward passes: SwiGLU with silu(x) = x σ(x), and GeGLU with gelu
 * in its tanh form, which is x σ(z) for z = 2√(2/π) (x + 0.044715 x³).
 */
import type { Graph } from '../ggml/graph.ts'
import type { Tensor } from '../ggml/storage.ts'
import type { Hyperparameters } from './hyperparameters.ts'

export type Activation = Hyperparameters['activation']

const GELU_LINEAR = 2 * Math.sqrt(2 / Math.PI)
const GELU_CUBIC = 0.044715 * GELU_LINEAR

/** act(gate) ⊙ up, [ff, rows]. */
export function activated(graph: Graph, activation: Activation, gate: Tensor, up: Tensor): Tensor {
  return activation === 'silu' ? graph.swiglu(gate, up) : graph.geglu(gate, up)
}

/** Gradients of gate and up from that of act(gate) ⊙ up. */
export function activatedBack(
  g: Graph,
  activation: Activation,
  d: Tensor,
  gate: Tensor,
  up: Tensor,
): { dGate: Tensor; dUp: Tensor } {
  if (activation === 'silu') {
    return { dGate: g.siluBack(g.mul(d, up), gate), dUp: g.mul(d, g.silu(gate)) }
  }
  const square = g.sqr(gate)
  const share = g.sigmoid(g.mul(gate, g.scaleBias(square, GELU_CUBIC, GELU_LINEAR)))
  // gelu' = σ + x z' σ (1 − σ) = σ (1 + x z' − x z' σ)
  const xdz = g.mul(gate, g.scaleBias(square, 3 * GELU_CUBIC, GELU_LINEAR))
  const slope = g.mul(share, g.scaleBias(g.sub(xdz, g.mul(xdz, share)), 1, 1))
  return { dGate: g.mul(g.mul(d, up), slope), dUp: g.mul(d, g.mul(gate, share)) }
}
