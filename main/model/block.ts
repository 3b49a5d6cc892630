/**
 * One block of the llama family, forward and backward, written from forward operations so that it runs wherever
 * inference runs:
 *   xn = RMSNorm(x) w₁ · q, k, v = xn W · y = x + attention(rope q, rope k, v) Wₒ
 *   yn = RMSNorm(y) w₂ · out = y + (silu(yn W_gate) ⊙ yn W_up) W_down
 * each W with or without its LoRA pair. The forward pass leaves q, k (after RoPE), v, y, gate and up in places that
 * outlive it; everything elementwise is computed again in the backward pass, which costs little and saves much memory.
 */
import type { Rope } from '../ggml/graph.ts'
import type { Storage, Tensor } from '../ggml/storage.ts'
import type { Adapter } from './adapter.ts'
import { type AttentionShape, attentionBackward, attentionForward } from './attention.ts'
import type { Segment } from './batch.ts'
import type { MatrixName } from './hyperparameters.ts'
import { type LinearContext, linear, linearBack } from './linear.ts'
import type { Block } from './weights.ts'

/** Where a block's forward pass leaves what its backward pass needs: F32, [features, capacity]. */
export interface Places {
  q: Tensor
  k: Tensor
  v: Tensor
  y: Tensor
  gate: Tensor
  up: Tensor
}

/** Places that every block uses in turn. */
export interface Shared {
  o: Tensor
  dO: Tensor
  dQ: Tensor
  dK: Tensor
  dV: Tensor
}

export interface BlockContext extends LinearContext {
  storage: Storage
  rows: number
  segments: readonly Segment[]
  positions: Tensor
  rope: Rope
  attention: AttentionShape
  eps: number
  shared: Shared
}

const T = (context: BlockContext, a: Tensor): Tensor => context.graph.view(a, [a.ne[0], context.rows])
const heads3 = (c: BlockContext, a: Tensor, heads: number): Tensor =>
  c.graph.reshape(a, [c.attention.headSize, heads, c.rows])

/** Computes `out` from `x` (both [width, rows]); fills `places`. */
export function blockForward(
  c: BlockContext,
  index: number,
  block: Block,
  places: Places,
  x: Tensor,
  out: Tensor,
): void {
  const { graph: g, attention } = c
  const pair = (name: MatrixName): ReturnType<Adapter['on']> => c.adapter?.on(index, name) ?? null
  const xn = g.mul(g.rmsNorm(x, c.eps), block.attnNorm)
  const q = g.rope(heads3(c, linear(c, block.q, pair('q'), xn), attention.heads), c.positions, c.rope)
  const k = g.rope(heads3(c, linear(c, block.k, pair('k'), xn), attention.kvHeads), c.positions, c.rope)
  g.into(q, c.storage, places.q)
  g.into(k, c.storage, places.k)
  g.into(linear(c, block.v, pair('v'), xn), c.storage, places.v)
  const o = T(c, c.shared.o)
  attentionForward(g, attention, c.segments, { q: T(c, places.q), k: T(c, places.k), v: T(c, places.v), o })
  const y = g.into(g.add(x, linear(c, block.o, pair('o'), o)), c.storage, places.y)
  const yn = g.mul(g.rmsNorm(y, c.eps), block.ffnNorm)
  const gate = g.into(linear(c, block.gate, pair('gate'), yn), c.storage, places.gate)
  const up = g.into(linear(c, block.up, pair('up'), yn), c.storage, places.up)
  g.into(g.add(y, linear(c, block.down, pair('down'), g.swiglu(gate, up))), c.storage, out)
}

/**
 * From dOut to dx (both [width, rows]), summing the block's LoRA gradients on the way.
 * @param dx where the input's gradient goes, or null when no trained weight lies below
 */
export function blockBackward(
  c: BlockContext,
  index: number,
  block: Block,
  places: Places,
  x: Tensor,
  dOut: Tensor,
  dx: Tensor | null,
): void {
  const { graph: g, attention, shared } = c
  const pair = (name: MatrixName): ReturnType<Adapter['on']> => c.adapter?.on(index, name) ?? null
  const back = (name: MatrixName, dy: Tensor, input: Tensor): Tensor =>
    linearBack(c, block[name], pair(name), dy, input, true) as Tensor
  const y = T(c, places.y)
  const gate = T(c, places.gate)
  const up = T(c, places.up)

  const inner = pair('down') ? g.swiglu(gate, up) : gate
  const dInner = back('down', dOut, inner)
  const dUp = g.mul(dInner, g.silu(gate))
  const dGate = g.siluBack(g.mul(dInner, up), gate)
  const yn = pair('gate') || pair('up') ? g.mul(g.rmsNorm(y, c.eps), block.ffnNorm) : y
  const dyn = g.add(back('gate', dGate, yn), back('up', dUp, yn))
  const dy = g.add(dOut, g.rmsNormBack(g.mul(dyn, block.ffnNorm), y, c.eps))

  const o = T(c, shared.o)
  const at = { q: T(c, places.q), k: T(c, places.k), v: T(c, places.v) }
  if (pair('o')) attentionForward(g, attention, c.segments, { ...at, o })
  g.copy(back('o', dy, o), T(c, shared.dO))
  const grads = { dO: T(c, shared.dO), dQ: T(c, shared.dQ), dK: T(c, shared.dK), dV: T(c, shared.dV) }
  attentionBackward(g, attention, c.segments, { ...at, ...grads })

  const unrope = (a: Tensor, heads: number): Tensor =>
    g.reshape(g.ropeBack(heads3(c, a, heads), c.positions, c.rope), [attention.headSize * heads, c.rows])
  const xn = g.mul(g.rmsNorm(x, c.eps), block.attnNorm)
  const below = dx !== null
  const parts = [
    linearBack(c, block.q, pair('q'), unrope(grads.dQ, attention.heads), xn, below),
    linearBack(c, block.k, pair('k'), unrope(grads.dK, attention.kvHeads), xn, below),
    linearBack(c, block.v, pair('v'), grads.dV, xn, below),
  ]
  if (dx === null) return
  const dxn = parts.reduce((a, b) => g.add(a as Tensor, b as Tensor)) as Tensor
  g.into(g.add(dy, g.rmsNormBack(g.mul(dxn, block.attnNorm), x, c.eps)), c.storage, dx)
}
