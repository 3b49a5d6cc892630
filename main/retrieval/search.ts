/**
 * Hybrid search over the store: BM25 and vectors, fused by rank. It knows passages, pieces and an embedder; not what
 * is done with what it finds. The BM25 index is our own and in memory rather than LanceDB's full-text index: that one
 * counts frequencies over everything stored, and "before this date" must not know what was written later.
 */
import type { PassageHit } from '../../preload/contract.ts'
import type { Embedder } from '../inference/types.ts'
import type { StoredDocument } from '../store/documents.ts'
import type { PassageFacts } from '../store/passages.ts'
import type { Store } from '../store/store.ts'
import { type Bm25, countBelow, createBm25 } from './bm25.ts'
import { timeOf } from './earlier.ts'
import { fuse } from './fusion.ts'
import { passageText } from './passage-text.ts'

/** Share of passages without a vector from which on vectors are left out. */
const MOST_PENDING = 0.05
/** How deep each list is read before fusing, at least. */
const DEPTH = 50

export interface SearchInput {
  query: string
  k: number
  /** Only pieces dated before this ISO date; undated ones by their file's time. */
  before?: string
  /** Search all pieces, also those that are not the owner's finished own. */
  everyone?: boolean
  signal?: AbortSignal
}

export interface PieceInput {
  /** The piece at hand. */
  text: string
  k: number
  before?: string
  excludeDocument?: string
  /** Pieces that may be found, of any; the others still count in the frequencies. */
  accept?: (document: StoredDocument) => boolean
  signal?: AbortSignal
}

export interface PieceHit {
  document: StoredDocument
  score: number
  bm25Rank: number | null
  vectorRank: number | null
  bm25Score: number | null
  /** Cosine of the text and the piece's nearest passage. */
  similarity: number | null
}

/** What is searched, oldest first; good while the library's texts stand. */
interface Index {
  /** The store's version of texts that it was built from. */
  texts: number
  passages: PassageFacts[]
  times: number[]
  bm25: Bm25
  byId: Map<string, number>
  /** Built when pieces are first asked for. */
  pieces: Pieces | null
}

interface Pieces {
  /** The store's version of the library, tags and scores included, that the documents are of. */
  library: number
  documents: StoredDocument[]
  times: number[]
  bm25: Bm25
}

const indices = new WeakMap<Store, Map<boolean, Index>>()

function indexOf(store: Store, everyone: boolean): Index {
  let kept = indices.get(store)
  if (!kept) {
    kept = new Map()
    indices.set(store, kept)
  }
  const texts = store.textsVersion()
  const present = kept.get(everyone)
  if (present && present.texts === texts) return present
  const passages = store.passages.all().filter((passage) => everyone || passage.status === 'mine')
  const index: Index = {
    texts,
    passages,
    times: passages.map((passage) => passage.orderedAt),
    bm25: createBm25(passages.map(passageText)),
    byId: new Map(passages.map((passage, at) => [passage.id, at])),
    pieces: null,
  }
  kept.set(everyone, index)
  return index
}

/** The owner's pieces, oldest first, as they are now. A tag or a score that was decided on changes no word of them. */
function piecesOf(store: Store, index: Index): Pieces {
  const library = store.libraryVersion()
  const present = index.pieces
  if (present && present.library === library) return present
  const documents = store.documents.mine()
  index.pieces = {
    library,
    documents,
    times: present?.times ?? documents.map((document) => document.orderedAt),
    bm25: present?.bm25 ?? createBm25(documents.map((document) => passageText(document))),
  }
  return index.pieces
}

/**
 * The `k` passages that answer `query` best. Without an embedder, or while the library's vectors are another
 * embedder's or not yet made, BM25 alone answers (`vectorRank` is null throughout). Throws IdiolectError `BadDate`.
 */
export async function searchPassages(
  store: Store,
  embedder: Embedder | null,
  input: SearchInput,
): Promise<PassageHit[]> {
  const index = indexOf(store, input.everyone ?? false)
  const first = input.before === undefined ? index.passages.length : countBelow(index.times, timeOf(input.before))
  const depth = Math.max(DEPTH, 2 * input.k)
  const byTerms = new Map(index.bm25.search(input.query, depth, { first }).map((hit) => [hit.index, hit.score]))
  const byVector = await nearest(store, embedder, index, input.query, depth, first, input.signal)
  return fuse([[...byTerms.keys()], [...byVector.keys()]])
    .slice(0, input.k)
    .flatMap(({ item, score, ranks }) => {
      const passage = index.passages[item]
      if (!passage) return []
      const { id, document, path, title, date, text } = passage
      return [
        {
          passage: id,
          document,
          path,
          title,
          date,
          text,
          score,
          bm25Rank: ranks[0] ?? null,
          vectorRank: ranks[1] ?? null,
          bm25Score: byTerms.get(item) ?? null,
          similarity: byVector.get(item) ?? null,
        },
      ]
    })
}

/**
 * The owner's pieces nearest to `text`, best first: BM25 over whole pieces, fused with the order in which pieces' best
 * passages come by vector. For the headline's examples: what the owner called something like this before.
 */
export async function retrievePieces(store: Store, embedder: Embedder | null, input: PieceInput): Promise<PieceHit[]> {
  const index = indexOf(store, false)
  const { documents, times, bm25 } = piecesOf(store, index)
  const bound = input.before === undefined ? null : timeOf(input.before)
  const first = bound === null ? documents.length : countBelow(times, bound)
  const depth = Math.max(DEPTH, 2 * input.k)
  const places = new Map(documents.map((document, at) => [document.id, at]))
  const accept = (at: number): boolean => {
    const document = documents[at]
    return document !== undefined && document.id !== input.excludeDocument && (input.accept?.(document) ?? true)
  }
  const byTerms = new Map(bm25.search(input.text, depth, { first, accept }).map((hit) => [hit.index, hit.score]))
  const passagesFirst = bound === null ? index.passages.length : countBelow(index.times, bound)
  const byVector = new Map<number, number>()
  const near = await nearest(store, embedder, index, input.text, 4 * depth, passagesFirst, input.signal)
  for (const [at, similarity] of near) {
    const document = index.passages[at]?.document
    const place = document === undefined ? undefined : places.get(document)
    if (place !== undefined && accept(place) && !byVector.has(place)) byVector.set(place, similarity)
  }
  return fuse([[...byTerms.keys()], [...byVector.keys()]])
    .slice(0, input.k)
    .flatMap(({ item, score, ranks }) => {
      const document = documents[item]
      if (!document) return []
      const [bm25Rank = null, vectorRank = null] = ranks
      return [
        {
          document,
          score,
          bm25Rank,
          vectorRank,
          bm25Score: byTerms.get(item) ?? null,
          similarity: byVector.get(item) ?? null,
        },
      ]
    })
}

/** Are the library's vectors this embedder's, and nearly all there? */
export function hasMeaning(store: Store, { id, dimensions }: Pick<Embedder, 'id' | 'dimensions'>): boolean {
  const mark = store.vectors.embedder()
  if (!mark || mark.id !== id || mark.dimensions !== dimensions) return false
  // While vectors are still being made, those that are there would lift their passages over better ones.
  return store.passages.pendingCount() <= MOST_PENDING * store.passages.count()
}

/** Places in the index of the `depth` passages nearest to `query` among the first `first`, nearest first, and how near. */
async function nearest(
  store: Store,
  embedder: Embedder | null,
  index: Index,
  query: string,
  depth: number,
  first: number,
  signal?: AbortSignal,
): Promise<Map<number, number>> {
  const none = new Map<number, number>()
  if (embedder === null || !hasMeaning(store, embedder)) return none
  if (first === 0 || query.trim() === '') return none
  const [vector] = await embedder.embed([query], { signal })
  if (!vector) return none
  // LanceDB knows neither whose a passage is nor the history's order: read deeper until enough of the list is allowed.
  for (let limit = depth; ; limit *= 8) {
    const found = await store.vectors.nearest(vector, limit)
    const places = new Map<number, number>()
    for (const { id, similarity } of found) {
      const at = index.byId.get(id)
      if (at !== undefined && at < first) places.set(at, similarity)
      if (places.size === depth) break
    }
    if (places.size === depth || found.length < limit) return places
  }
}
