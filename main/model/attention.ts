/**
 * Causal attention over packed examples, one example (segment) at a time, and its backward pass. Queries, keys and
 * values lie in places of their own, [head, heads, rows]; results are copied into places, since a segment fills only
 * its own rows. Heads of a group share their key and value head (grouped-query attention).
 */
import type { Graph } from '../ggml/graph.ts'
import type { Tensor } from '../ggml/storage.ts'
import type { Segment } from './batch.ts'

export interface AttentionShape {
  headSize: number
  heads: number
  kvHeads: number
  /** 1/√headSize. */
  scale: number
}

/** A segment's rows of [head, heads, rows] as [head, length, heads], strided. */
function segmentView(graph: Graph, a: Tensor, { start, length }: Segment, headSize: number, heads: number): Tensor {
  const head = headSize * 4
  const row = head * heads
  return graph.view(a, [headSize, length, heads], [row, head], start * row)
}

/** Copies [head, length, heads] into the segment's rows of [head, heads, rows]. */
function put(graph: Graph, a: Tensor, into: Tensor, segment: Segment, headSize: number, heads: number): void {
  graph.copy(a, segmentView(graph, into, segment, headSize, heads))
}

/** P = softmax(scale · K Qᵀ), causal: [keys, queries, heads]; and Q contiguous [head, queries, heads]. */
function probabilities(graph: Graph, q: Tensor, k: Tensor, scale: number): { P: Tensor; queries: Tensor } {
  const queries = graph.cont(q)
  return { P: graph.softMax(graph.causal(graph.mulMat(k, queries)), scale), queries }
}

/** o = P V for each segment, into `o` ([head, heads, rows]). */
export function attentionForward(
  graph: Graph,
  shape: AttentionShape,
  segments: readonly Segment[],
  at: { q: Tensor; k: Tensor; v: Tensor; o: Tensor },
): void {
  const { headSize, heads, kvHeads } = shape
  for (const segment of segments) {
    const q = segmentView(graph, at.q, segment, headSize, heads)
    const k = segmentView(graph, at.k, segment, headSize, kvHeads)
    const v = segmentView(graph, at.v, segment, headSize, kvHeads)
    const { P } = probabilities(graph, q, k, shape.scale)
    put(graph, graph.mulMat(graph.transposed(v), P), at.o, segment, headSize, heads)
  }
}

/**
 * Gradients of q (after RoPE), k (after RoPE) and v from that of o. P is computed again: keeping it would take memory
 * that grows with the square of a text's length in every layer.
 */
export function attentionBackward(
  graph: Graph,
  shape: AttentionShape,
  segments: readonly Segment[],
  at: { q: Tensor; k: Tensor; v: Tensor; dO: Tensor; dQ: Tensor; dK: Tensor; dV: Tensor },
): void {
  const { headSize, heads, kvHeads } = shape
  const group = heads / kvHeads
  for (const segment of segments) {
    const { length } = segment
    const q = segmentView(graph, at.q, segment, headSize, heads)
    const k = segmentView(graph, at.k, segment, headSize, kvHeads)
    const v = segmentView(graph, at.v, segment, headSize, kvHeads)
    const dO = graph.cont(segmentView(graph, at.dO, segment, headSize, heads))
    const { P, queries } = probabilities(graph, q, k, shape.scale)
    const dS = graph.softMaxBack(graph.mulMat(v, dO), P, shape.scale)
    put(graph, graph.mulMat(graph.transposed(k), dS), at.dQ, segment, headSize, heads)
    // The group's heads are stacked along the query axis: [x, length, heads] is [x, length·group, kvHeads] in memory.
    const stacked = (a: Tensor): Tensor => graph.transposed(graph.reshape(a, [a.ne[0], length * group, kvHeads]))
    put(graph, graph.mulMat(stacked(queries), stacked(dS)), at.dK, segment, headSize, kvHeads)
    put(graph, graph.mulMat(stacked(dO), stacked(P)), at.dV, segment, headSize, kvHeads)
  }
}
