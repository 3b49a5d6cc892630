/**
 * Causal attention over packed examples, one example (segment) at a time and within it some queries at a time, so that
 * memory is linear in a text's length; and its backward pass, which computes the probabilities again. Queries, keys and
 * values lie in places of their own, [head, heads, rows]; results are copied into places, since a segment fills only
 * its own rows. Heads of a group share their key and value head (grouped-query attention); their queries are laid one
 * behind the other, so that each key head is multiplied once.
 *
 * Keys are taken in whole multiples of 32, which fast 16-bit products ask for: what is past a query is masked whatever
 * it is, as long as it is finite. So places of keys and values have `SLACK` rows more than packs.
 */
import type { Graph } from '../ggml/graph.ts'
import { elements, type Storage, type Tensor } from '../ggml/storage.ts'
import { TYPE, type TypeNumber } from '../ggml/types.ts'
import type { Segment } from './batch.ts'

export interface AttentionShape {
  headSize: number
  heads: number
  kvHeads: number
  /** 1/√headSize. */
  scale: number
  /** A key is seen while query − key < window; null: all earlier keys. */
  window: number | null
  /** Where windows or a device without in-place operations need it; see `createBand`. */
  band: Band
  /** Type of one side of each product: BF16 where the device multiplies it faster, F32 where each bit counts. */
  type: TypeNumber
}

/** Queries at a time. */
const QUERIES = 64
const KEY_MULTIPLE = 32
/** Rows that places need past the last row of a pack. */
export const SLACK = KEY_MULTIPLE

/**
 * 0 where a key may be seen and −∞ elsewhere, for every distance of a block of queries from a block of keys: any mask is
 * a view into this one matrix, since whether a key is seen depends on the distance alone.
 */
export interface Band {
  matrix: Tensor
  /** Row of the matrix that stands for a key at the first query's own place. */
  zero: number
  fill(): void
}

/** @param rows most rows of a segment */
export function createBand(storage: Storage, window: number | null, rows: number): Band {
  const zero = (window === null ? rows : Math.min(rows, window + KEY_MULTIPLE)) + QUERIES
  const length = zero + QUERIES + KEY_MULTIPLE
  const matrix = storage.tensor(TYPE.F32, [length, QUERIES])
  return {
    matrix,
    zero,
    fill() {
      const values = new Float32Array(length * QUERIES)
      for (let query = 0; query < QUERIES; query++) {
        for (let row = 0; row < length; row++) {
          const distance = query - (row - zero)
          const seen = distance >= 0 && (window === null || distance < window)
          values[query * length + row] = seen ? 0 : Number.NEGATIVE_INFINITY
        }
      }
      storage.set(matrix, values)
    },
  }
}

/** Queries [from, to) of a segment with the keys [first, end) that they may see; `end` may be past the segment. */
interface Part {
  from: number
  to: number
  first: number
  end: number
}

/** @param keys how many rows of keys can be read from the segment's start on */
function parts(length: number, keys: number, window: number | null): Part[] {
  const list: Part[] = []
  for (let from = 0; from < length; from += QUERIES) {
    const to = Math.min(length, from + QUERIES)
    const earliest = window === null ? 0 : Math.max(0, from - window + 1)
    const first = Math.floor(earliest / KEY_MULTIPLE) * KEY_MULTIPLE
    list.push({ from, to, first, end: Math.min(keys, Math.ceil(to / KEY_MULTIPLE) * KEY_MULTIPLE) })
  }
  return list
}

/** Rows of keys and values that are read for a segment: whole multiples, as far as their tensors have rows. */
function keyRows({ start, length }: Segment, at: { k: Tensor; v: Tensor }, s: AttentionShape): number {
  const row = s.headSize * s.kvHeads
  const there = Math.min(elements(at.k), elements(at.v)) / row
  return Math.min(Math.ceil(length / KEY_MULTIPLE) * KEY_MULTIPLE, there - start)
}

/** Rows [from, to) of [head, heads, rows] as [head, to − from, heads], strided. */
function rowsView(g: Graph, a: Tensor, from: number, to: number, headSize: number, heads: number): Tensor {
  const head = headSize * 4
  const row = head * heads
  return g.view(a, [headSize, to - from, heads], [row, head], from * row)
}

/** Dimension 1 from `from` to `to` of a contiguous [x, n, heads]. */
function slice1(g: Graph, a: Tensor, from: number, to: number): Tensor {
  const row = a.ne[0] * sizeOf(a)
  return g.view(a, [a.ne[0], to - from, a.ne[2]], [row, row * a.ne[1]], from * row)
}

/** Dimension 0 from `from` to `to` of a contiguous [n, x, heads]. */
function slice0(g: Graph, a: Tensor, from: number, to: number): Tensor {
  const row = a.ne[0] * sizeOf(a)
  return g.view(a, [to - from, a.ne[1], a.ne[2]], [row, row * a.ne[1]], from * sizeOf(a))
}

const sizeOf = (a: Tensor): number => (a.type === TYPE.F32 ? 4 : 2)
const flipped = (g: Graph, a: Tensor, type: TypeNumber): Tensor => cast(g, g.transpose(a), type)
const cast = (g: Graph, a: Tensor, type: TypeNumber): Tensor => (type === a.type ? g.cont(a) : g.cast(a, type))

/** [x, n, heads] as [x, n · group, kvHeads] and back: the heads of a group stand one behind the other. */
function grouped(g: Graph, s: AttentionShape, a: Tensor): Tensor {
  return g.reshape(a, [a.ne[0], a.ne[1] * (s.heads / s.kvHeads), s.kvHeads])
}
function ungrouped(g: Graph, s: AttentionShape, a: Tensor): Tensor {
  return g.reshape(a, [a.ne[0], a.ne[1] / (s.heads / s.kvHeads), s.heads])
}

/** P = softmax(scale · K Qᵀ + mask), [keys, queries · group, kvHeads]. */
function probabilities(g: Graph, s: AttentionShape, k: Tensor, queries: Tensor, part: Part): Tensor {
  const scores = ungrouped(g, s, g.mulMat(k, queries))
  const distance = part.from - part.first
  if (g.inPlace && s.window === null) {
    return grouped(g, s, g.softMaxInPlace(g.causalInPlace(scores, distance), s.scale))
  }
  const { matrix, zero } = s.band
  const keys = part.end - part.first
  const mask = g.view(matrix, [keys, part.to - part.from], [matrix.ne[0] * 4], (zero - distance) * 4)
  return grouped(g, s, g.softMax(g.add(scores, mask), s.scale))
}

/** o = P V for each segment, into `o` ([head, heads, rows]). */
export function attentionForward(
  g: Graph,
  s: AttentionShape,
  segments: readonly Segment[],
  at: { q: Tensor; k: Tensor; v: Tensor; o: Tensor },
): void {
  const { headSize, heads, kvHeads } = s
  for (const segment of segments) {
    const { start, length } = segment
    const span = keyRows(segment, at, s)
    const keys = (a: Tensor): Tensor => rowsView(g, a, start, start + span, headSize, kvHeads)
    const k = cast(g, keys(at.k), s.type)
    const vT = flipped(g, keys(at.v), s.type)
    for (const part of parts(length, span, s.window)) {
      const queries = (a: Tensor): Tensor => rowsView(g, a, start + part.from, start + part.to, headSize, heads)
      const q = grouped(g, s, g.cont(queries(at.q)))
      const P = probabilities(g, s, slice1(g, k, part.first, part.end), q, part)
      g.copy(ungrouped(g, s, g.mulMat(slice0(g, vT, part.first, part.end), P)), queries(at.o))
    }
  }
}

/**
 * a bᵀ for a [head, queries, heads] and b [keys, queries, heads], contracted over queries: [head, keys, heads]. In F32 as
 * whole rows, with nothing transposed; 16-bit products are fast where both are flipped, and queries are no odd number of
 * sixteens.
 */
function overQueries(g: Graph, a: Tensor, b: Tensor, type: TypeNumber): Tensor {
  if (type === TYPE.F32 || a.ne[1] % KEY_MULTIPLE !== 0) return g.outProd(a, b)
  return g.mulMat(flipped(g, a, type), flipped(g, b, type))
}

/** Gradients of q (after RoPE), k (after RoPE) and v from that of o. */
export function attentionBackward(
  g: Graph,
  s: AttentionShape,
  segments: readonly Segment[],
  at: { q: Tensor; k: Tensor; v: Tensor; dO: Tensor; dQ: Tensor; dK: Tensor; dV: Tensor },
): void {
  const { headSize, heads, kvHeads } = s
  for (const segment of segments) {
    const { start, length } = segment
    const span = keyRows(segment, at, s)
    const keys = (a: Tensor): Tensor => rowsView(g, a, start, start + span, headSize, kvHeads)
    const k = cast(g, keys(at.k), s.type)
    const kT = flipped(g, keys(at.k), s.type)
    const v = cast(g, keys(at.v), s.type)
    // The last queries come first: they reach every key of a text without window, so that later ones can add to theirs.
    let written = length
    for (const part of parts(length, span, s.window).reverse()) {
      const queries = (a: Tensor): Tensor => rowsView(g, a, start + part.from, start + part.to, headSize, heads)
      const q = grouped(g, s, g.cont(queries(at.q)))
      const dO = grouped(g, s, g.cont(queries(at.dO)))
      const P = probabilities(g, s, slice1(g, k, part.first, part.end), q, part)
      const dS = g.softMaxBack(g.mulMat(slice1(g, v, part.first, part.end), dO), P, s.scale)
      g.copy(ungrouped(g, s, g.mulMat(slice0(g, kT, part.first, part.end), dS)), queries(at.dQ))
      const dK = overQueries(g, q, dS, s.type)
      const dV = overQueries(g, dO, P, s.type)
      for (const [sum, into] of [
        [dK, at.dK],
        [dV, at.dV],
      ] as const) {
        const rows = (from: number, to: number): Tensor =>
          rowsView(g, into, start + from, start + to, headSize, kvHeads)
        // Keys that no later query has seen are written, the others added to.
        const end = Math.min(part.end, length)
        const fresh = Math.min(end, written)
        if (part.first < fresh) g.copy(slice1(g, sum, 0, fresh - part.first), rows(part.first, fresh))
        if (fresh < end) g.accumulate(rows(fresh, end), slice1(g, sum, fresh - part.first, end - part.first))
      }
      written = Math.min(written, part.first)
    }
  }
}
