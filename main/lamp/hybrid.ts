/**
 * The product's search over a LaMP user's history: the ranks of BM25 and of an embedder's vectors, fused, under the same
 * guards as BM25 alone (`examples.ts`), so that the two are compared on the same queries. One vector an item, of what
 * the embedder reads of it (its first 256 tokens); the product's library has one a passage, at ten times the cost.
 */
import type { RetrievedPair, TaskQuery } from '../examples/types.ts'
import type { Embedder } from '../inference/types.ts'
import { createBm25 } from '../retrieval/bm25.ts'
import { fuse } from '../retrieval/fusion.ts'
import { foundBy, isOther, type LampSearch, lampHistory, SPARE } from './examples.ts'
import { createPieces } from './same-piece.ts'
import type { LampUser } from './types.ts'

/** How deep each list is read before fusing, at least: as in the product. */
const DEPTH = 50

export interface HybridSearch {
  /** Up to `k` items of the whole history, best first. */
  atUse(query: TaskQuery, k: number): Promise<RetrievedPair[]>
  /** Up to `k` items before the `index`-th of `lampHistory`, as of that day: later items count in neither list. */
  earlier(index: number, k: number): Promise<RetrievedPair[]>
}

/** Of the user last asked for, by embedder: a run asks for several k of one user, and vectors of all would fill memory. */
const kept = new WeakMap<Embedder, { user: LampUser; vectors: Promise<Float32Array[]> }>()

function vectorsOf(user: LampUser, texts: string[], embedder: Embedder, signal?: AbortSignal): Promise<Float32Array[]> {
  const known = kept.get(embedder)
  if (known?.user === user) return known.vectors
  const vectors = embedder.embed(texts, { signal })
  kept.set(embedder, { user, vectors })
  // What failed or was stopped is asked for anew.
  vectors.catch(() => kept.delete(embedder))
  return vectors
}

/** Embeds the history once; each query is embedded when it is asked. */
export async function hybridSearch(
  user: LampUser,
  embedder: Embedder,
  { signal }: { signal?: AbortSignal } = {},
): Promise<HybridSearch> {
  const history = lampHistory(user)
  const texts = history.map(foundBy)
  const vectors = await vectorsOf(user, texts, embedder, signal)
  const bm25 = createBm25(texts)

  const search = async (query: TaskQuery, k: number, first: number): Promise<RetrievedPair[]> => {
    if (k === 0 || first === 0 || query.input.trim() === '') return []
    const depth = Math.max(DEPTH, 2 * k) + SPARE
    const accept = (index: number): boolean => isOther(query, history[index])
    const byTerms = bm25.search(query.input, depth, { first, accept }).map(({ index }) => index)
    const [vector] = await embedder.embed([query.input], { signal })
    const byVector = vector === undefined ? [] : nearest(vectors, vector, depth, first, accept)
    const own = query.task === 'prose' ? null : createPieces([query.input])
    return fuse([byTerms, byVector])
      .flatMap(({ item }) => history[item] ?? [])
      .filter(({ input }) => !own?.has(input))
      .slice(0, k)
      .map(({ document, input, answer }) => ({ document, input, answer }))
  }
  return {
    atUse: (query, k) => search(query, k, history.length),
    async earlier(index, k) {
      const query = history[index]
      if (query === undefined) throw new RangeError(`item ${index} of a history of ${history.length}`)
      return search(query, k, index)
    },
  }
}

/** What `k` items the search shows each of these items of the history, found beforehand. */
export async function searchedAhead(
  search: HybridSearch,
  items: Iterable<number>,
  k: number,
): Promise<Pick<LampSearch, 'earlier'>> {
  const found = new Map<number, RetrievedPair[]>()
  for (const index of items) found.set(index, await search.earlier(index, k))
  return { earlier: (index) => found.get(index) ?? [] }
}

/** Indices below `first` of the nearest unit vectors, nearest first; ties in the history's order. */
function nearest(
  vectors: readonly Float32Array[],
  vector: Float32Array,
  count: number,
  first: number,
  accept: (index: number) => boolean,
): number[] {
  return vectors
    .slice(0, first)
    .map((other, index) => ({ index, likeness: dot(other, vector) }))
    .filter(({ index }) => accept(index))
    .sort((a, b) => b.likeness - a.likeness || a.index - b.index)
    .slice(0, count)
    .map(({ index }) => index)
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}
