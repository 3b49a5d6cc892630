/**
 * One block, forward and backward, written from forward operations so that it runs wherever inference runs:
 *   xn = norm(x) · q, k, v = xn W · y = x + [norm] attention(rope [norm] q, rope [norm] k, v) Wₒ
 *   yn = norm(y) · out = y + [norm] (act(yn W_gate) ⊙ yn W_up) W_down
 * The norms in brackets, biases, the window and RoPE itself are there or not by the architecture; each W is with or
 * without what the adapter does to it. The forward pass leaves some results in places that outlive it; everything
 * elementwise is computed again in the backward pass, which costs little and saves much memory.
 *
 * Of the last block, all that is after attention is computed for the rows alone that the head reads.
 */
import type { Rope } from '../ggml/graph.ts'
import type { Storage, Tensor } from '../ggml/storage.ts'
import { type Activation, activated, activatedBack } from './activation.ts'
import { type AttentionShape, attentionBackward, attentionForward } from './attention.ts'
import type { Segment } from './batch.ts'
import type { Hyperparameters } from './hyperparameters.ts'
import {
  adapted,
  type Group,
  type ProjectionContext,
  project,
  projectBack,
  projectGroup,
  projectGroupBack,
} from './projection.ts'

/** Where a block's forward pass leaves what its backward pass needs: F32, [features, capacity]. */
export interface Places {
  /** q and k as attention sees them, or, where each head has a norm, before it. */
  q: Tensor
  k: Tensor
  v: Tensor
  y: Tensor
  gate: Tensor
  up: Tensor
  /** What attention and the feed-forward part gave, where a norm comes after them; elsewhere null. */
  attended: Tensor | null
  fed: Tensor | null
}

/** Features of each place, for one row; 0 where there is none. */
export function placeSizes(h: Hyperparameters): Record<keyof Places, number> {
  const kv = h.kvHeads * h.headSize
  const after = h.postNorms ? h.width : 0
  return { q: h.heads * h.headSize, k: kv, v: kv, y: h.width, gate: h.ff, up: h.ff, attended: after, fed: after }
}

/** Places that every block uses in turn. */
export interface Shared {
  /** Keys as attention sees them, where each head has a norm; elsewhere null: the block's own place holds them. */
  k: Tensor | null
  o: Tensor
  dO: Tensor
  dQ: Tensor
  dK: Tensor
  dV: Tensor
}

export interface BlockContext extends ProjectionContext {
  storage: Storage
  rows: number
  segments: readonly Segment[]
  positions: Tensor
  /** The rows of this block's output that are read, I32 [n]: it has no others then. Null: all. */
  read: Tensor | null
  /** Null: this block sees no positions. */
  rope: Rope | null
  attention: AttentionShape
  activation: Activation
  eps: number
  places: Places
  shared: Shared
}

const T = (context: BlockContext, a: Tensor): Tensor => context.graph.view(a, [a.ne[0], context.rows])

function normed(c: BlockContext, x: Tensor, weight: Tensor): Tensor {
  return c.graph.mul(c.graph.rmsNorm(x, c.eps), weight)
}

function normedBack(c: BlockContext, dy: Tensor, x: Tensor, weight: Tensor): Tensor {
  return c.graph.rmsNormBack(c.graph.mul(dy, weight), x, c.eps)
}

/** q or k as attention sees it, [headSize, heads, rows], from what its matrix gave; `a` itself where nothing is done. */
function turned(c: BlockContext, name: 'q' | 'k', a: Tensor, heads: number): Tensor {
  const weight = c.block.norms[name]
  if (!weight && !c.rope) return a
  const split = c.graph.reshape(a, [c.attention.headSize, heads, c.rows])
  const even = weight ? normed(c, split, weight) : split
  return c.rope ? c.graph.rope(even, c.positions, c.rope) : even
}

/**
 * q, k and v as attention sees them, from what the forward pass left: each [features, rows] in memory, k and v with the
 * rows past the pack's that attention may read (and mask).
 */
export function seenByAttention(c: BlockContext): { q: Tensor; k: Tensor; v: Tensor } {
  const { places, shared } = c
  const q = T(c, places.q)
  if (!shared.k) return { q, k: places.k, v: places.v }
  c.graph.into(turned(c, 'k', T(c, places.k), c.attention.kvHeads), c.storage, shared.k)
  return { q: turned(c, 'q', q, c.attention.heads), k: shared.k, v: places.v }
}

/** @param a what the matrix gave, where the head has a norm */
function turnedBack(c: BlockContext, name: 'q' | 'k', dy: Tensor, a: Tensor, heads: number): Tensor {
  const g = c.graph
  const weight = c.block.norms[name]
  const shape = [c.attention.headSize, heads, c.rows]
  const split = g.reshape(dy, shape)
  const back = c.rope ? g.ropeBack(split, c.positions, c.rope) : split
  const raw = weight ? normedBack(c, back, g.reshape(a, shape), weight) : back
  return g.reshape(raw, [c.attention.headSize * heads, c.rows])
}

function attentionGroup({ attention: { headSize, heads, kvHeads } }: BlockContext): Group {
  return {
    names: ['q', 'k', 'v'],
    together: 'qkv',
    sizes: [headSize * heads, headSize * kvHeads, headSize * kvHeads],
  }
}

function innerGroup({ places }: BlockContext): Group {
  return { names: ['gate', 'up'], together: 'gate_up', sizes: [places.gate.ne[0], places.up.ne[0]] }
}

/** What comes after attention, where all rows or some go on. */
interface Onward {
  /** Its rows are those that go on. */
  on: BlockContext
  /** Of [features, rows] those rows. */
  pick(a: Tensor): Tensor
  /** Those rows among zeros, where they were in `like` ([features, rows]). */
  spread(a: Tensor, like: Tensor): Tensor
}

function onward(c: BlockContext): Onward {
  const { graph: g, read } = c
  if (!read) return { on: c, pick: (a) => a, spread: (a) => a }
  return {
    on: { ...c, rows: read.ne[0] },
    pick: (a) => g.getRows(a, read),
    spread: (a, like) => g.setRows(g.scale(like, 0), a, read),
  }
}

/** Computes `out` ([width, rows], or of those that are read) from `x` ([width, rows]); fills `places`. */
export function blockForward(c: BlockContext, x: Tensor, out: Tensor): void {
  const { graph: g, storage, places } = c
  const { heads, kvHeads } = c.attention
  const norms = c.block.norms
  const keep = (a: Tensor, place: Tensor): Tensor => g.into(a, storage, place)

  const xn = normed(c, x, norms.attention as Tensor)
  const [q, k, v] = projectGroup(c, attentionGroup(c), xn) as [Tensor, Tensor, Tensor]
  const normedHeads = norms.q !== undefined
  keep(v, places.v)
  keep(normedHeads ? q : turned(c, 'q', q, heads), places.q)
  keep(normedHeads ? k : turned(c, 'k', k, kvHeads), places.k)
  const o = T(c, c.shared.o)
  attentionForward(g, c.attention, c.segments, { ...seenByAttention(c), o })
  const { on, pick } = onward(c)
  const attended = project(on, 'o', pick(o))
  const y = keep(g.add(pick(x), after(on, attended, places.attended, norms.attentionAfter)), places.y)

  const [gate, up] = projectGroup(on, innerGroup(on), normed(on, y, norms.ff as Tensor)) as [Tensor, Tensor]
  const inner = activated(g, c.activation, keep(gate, places.gate), keep(up, places.up))
  const fed = project(on, 'down', inner)
  keep(g.add(y, after(on, fed, places.fed, norms.ffAfter)), out)
}

/** Keeps `a` and sends it through its norm, where there is one. */
function after(c: BlockContext, a: Tensor, place: Tensor | null, weight: Tensor | undefined): Tensor {
  return place && weight ? normed(c, c.graph.into(a, c.storage, place), weight) : a
}

function afterBack(c: BlockContext, dy: Tensor, place: Tensor | null, weight: Tensor | undefined): Tensor {
  return place && weight ? normedBack(c, dy, T(c, place), weight) : dy
}

/**
 * From dOut (of the rows that are read) to dx [width, rows], summing the adapter's gradients in this block on the way.
 * @param dx where the input's gradient goes, or null when no trained weight lies below
 */
export function blockBackward(c: BlockContext, x: Tensor, dOut: Tensor, dx: Tensor | null): void {
  const { graph: g, attention, places, shared } = c
  const norms = c.block.norms
  const { on, pick, spread } = onward(c)
  const y = T(on, places.y)
  const gate = T(on, places.gate)
  const up = T(on, places.up)

  // What a matrix was given is computed again only where something is trained on it.
  const inner = adapted(c, 'down') ? activated(g, c.activation, gate, up) : gate
  const dInner = projectBack(on, 'down', afterBack(on, dOut, places.fed, norms.ffAfter), inner, true) as Tensor
  const { dGate, dUp } = activatedBack(g, c.activation, dInner, gate, up)
  const ffNorm = norms.ff as Tensor
  const yn = ['gate', 'up', 'gate_up'].some((name) => adapted(c, name as 'gate')) ? normed(on, y, ffNorm) : y
  const dyn = projectGroupBack(on, innerGroup(on), [dGate, dUp], yn, true) as Tensor
  const dy = g.add(dOut, normedBack(on, dyn, y, ffNorm))

  const seen = seenByAttention(c)
  const o = T(c, shared.o)
  if (adapted(c, 'o')) attentionForward(g, attention, c.segments, { ...seen, o })
  const dAttended = afterBack(on, dy, places.attended, norms.attentionAfter)
  const dO = projectBack(on, 'o', dAttended, pick(o), true) as Tensor
  g.copy(spread(dO, T(c, places.q)), T(c, shared.dO))
  const grads = { dO: T(c, shared.dO), dQ: T(c, shared.dQ), dK: T(c, shared.dK), dV: T(c, shared.dV) }
  attentionBackward(g, attention, c.segments, { ...seen, ...grads })

  const xNorm = norms.attention as Tensor
  const dq = turnedBack(c, 'q', grads.dQ, T(c, places.q), attention.heads)
  const dk = turnedBack(c, 'k', grads.dK, T(c, places.k), attention.kvHeads)
  const dxn = projectGroupBack(c, attentionGroup(c), [dq, dk, grads.dV], normed(c, x, xNorm), dx !== null)
  if (dx && dxn) g.into(g.add(spread(dy, x), normedBack(c, dxn, x, xNorm)), c.storage, dx)
}
