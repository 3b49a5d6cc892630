/** The library's search box: pieces by their words and by what they mean, with the places that say why. */
import type { FoundPiece } from '../../preload/contract.ts'
import type { Embedder } from '../inference/types.ts'
import type { PassageFacts } from '../store/passages.ts'
import type { Store } from '../store/store.ts'
import { excerptAround } from './excerpt.ts'
import { fuse } from './fusion.ts'
import { hasMeaning } from './search.ts'

export interface FindInput {
  query: string
  /** Only these pieces. */
  documents?: readonly string[]
  /** Pieces wanted. */
  limit: number
  signal?: AbortSignal
}

/** Passages read from the index of words. */
const WORD_DEPTH = 2000
/** Pieces found by meaning: the further down, the less they have to do with the query. */
const MEANING_PIECES = 12

interface Best {
  passage: string
  count: number
  similarity: number | null
}

/** Pieces that answer the query, best first. Without an embedder whose vectors the library holds: by words alone. */
export async function findPieces(store: Store, embedder: Embedder | null, input: FindInput): Promise<FoundPiece[]> {
  const words = new Map<string, Best>()
  const { query, documents } = input
  for (const { passage, document } of store.wordSearch.search({
    query,
    limit: WORD_DEPTH,
    ...(documents ? { documents } : {}),
  }).hits) {
    const best = words.get(document)
    if (best) best.count++
    else words.set(document, { passage, count: 1, similarity: null })
  }
  const meaning = await byMeaning(store, embedder, input)
  const fused = fuse([[...words.keys()], [...meaning.keys()]]).slice(0, input.limit)
  const chosen = fused.map(({ item, ranks }) => ({
    document: item,
    best: words.get(item) ?? (meaning.get(item) as Best),
    wordRank: ranks[0] ?? null,
    meaningRank: ranks[1] ?? null,
    similarity: meaning.get(item)?.similarity ?? null,
  }))
  const facts = new Map(store.passages.get(chosen.map(({ best }) => best.passage)).map((one) => [one.id, one]))
  const found = chosen.flatMap((one) => {
    const passage = facts.get(one.best.passage)
    return passage ? [{ ...one, passage }] : []
  })
  const marks = store.wordSearch.marks(
    query,
    found.map(({ passage }) => passage),
  )
  return found.map(({ document, best, passage, wordRank, meaningRank, similarity }, at) => ({
    document,
    passage: passage.id,
    title: { text: passage.title, marks: marks[at]?.title ?? [] },
    excerpt: excerptAround(passage.text, marks[at]?.text ?? []),
    more: best.count - 1,
    wordRank,
    meaningRank,
    similarity,
  }))
}

/** By their passage nearest to the query, nearest first. */
async function byMeaning(store: Store, embedder: Embedder | null, input: FindInput): Promise<Map<string, Best>> {
  const found = new Map<string, Best>()
  if (embedder === null || !hasMeaning(store, embedder)) return found
  const [vector] = await embedder.embed([input.query], { signal: input.signal })
  if (!vector) return found
  const allowed = input.documents === undefined ? null : new Set(input.documents)
  for (let limit = 8 * MEANING_PIECES; ; limit *= 8) {
    const near = await store.vectors.nearest(vector, limit)
    const facts = new Map<string, PassageFacts>(
      store.passages.get(near.map(({ id }) => id)).map((one) => [one.id, one]),
    )
    for (const { id, similarity } of near) {
      const document = facts.get(id)?.document
      if (document === undefined || (allowed && !allowed.has(document))) continue
      if (found.size === MEANING_PIECES) break
      if (!found.has(document)) found.set(document, { passage: id, count: 1, similarity })
    }
    if (found.size === MEANING_PIECES || near.length < limit) return found
  }
}
