/**
 * A LaMP user's history and queries as the examples room's queries, and what retrieval shows before each. Two kinds of
 * retrieval by BM25: of earlier items alone, for training, and of the whole history, for the held-out queries.
 */
import type { BuildExample, PromptOptions, RetrievedPair, TaskQuery } from '../examples/types.ts'
import { createBm25 } from '../retrieval/bm25.ts'
import type { TokenExample } from '../trainer/types.ts'
import { createPieces } from './same-piece.ts'
import type { LampUser } from './types.ts'

/** Characters (code points) before a passage that its prompt shows, as in the data's own queries. */
const PROSE_BEFORE = 600

/** How much of each text a prompt shows, in tokens. */
export interface PromptBudget {
  /** Of the query's input. */
  maxInput: number
  /** Of a retrieved entry when it is the only one; default what a query's input has. */
  maxRetrieved: number
  /** Of all retrieved entries together, divided evenly, when there are several. */
  maxRetrievedTotal: number
  /** Of prompt and answer together. */
  maxTokens?: number
}

/** What a prompt shows beside the query: `retrieved` entries, each cut to its share, and the profile. */
export function promptOptions(budget: PromptBudget, retrieved: number, profile: string | null): PromptOptions {
  const { maxInput, maxRetrieved, maxRetrievedTotal, maxTokens } = budget
  const share = Math.floor(maxRetrievedTotal / Math.max(1, retrieved))
  return {
    maxInput,
    maxRetrieved: retrieved <= 1 ? maxRetrieved : Math.max(1, Math.min(maxRetrieved, share)),
    maxTokens,
    ...(profile === null ? {} : { profile }),
  }
}

/**
 * The history as answered queries. A piece's text and what its author made of it (its title, tag, score); of prose the
 * end of a passage and the passage after it, so one fewer than there are passages.
 */
export function lampHistory(user: LampUser): TaskQuery[] {
  const { task } = user
  const query = ({ id, title, answer, date }: LampUser['profile'][number], input: string): TaskQuery => ({
    task,
    document: id,
    title,
    date: date ?? '',
    input,
    answer,
  })
  if (task !== 'prose') return user.profile.map((item) => query(item, item.text))
  return user.profile.slice(1).map((item, i) => {
    const before = Array.from(user.profile[i]?.text ?? '')
    return query(item, before.slice(-PROSE_BEFORE).join(''))
  })
}

/** The user's queries, or the first `count` of them. */
export function lampQueries(user: LampUser, count = Number.POSITIVE_INFINITY): TaskQuery[] {
  return user.queries.slice(0, count).map(({ id, input, gold, date }) => ({
    task: user.task,
    document: id,
    title: user.task === 'headline' ? gold : id,
    date: date ?? '',
    input,
    answer: gold,
  }))
}

/** The whole history as training examples, without retrieval; inputs cut to `maxInput` tokens, all to `maxTokens`. */
export function lampExamples(
  user: LampUser,
  builder: { example: BuildExample },
  { maxInput, maxTokens }: { maxInput: number; maxTokens?: number },
): TokenExample[] {
  const prompt = { maxInput, maxRetrieved: maxInput, maxTokens }
  return lampHistory(user).map((query) => builder.example(query, [], prompt))
}

export interface LampSearch {
  /** Up to `k` items of the whole history. */
  atUse(query: TaskQuery, k: number): RetrievedPair[]
  /**
   * Up to `k` items before the `index`-th of `lampHistory`, by the document frequencies of that part alone; never an
   * item of the same text.
   */
  earlier(index: number, k: number): RetrievedPair[]
}

/** Found beyond those wanted, since some may turn out to be the query's own text. */
export const SPARE = 8

/** Neither the query itself, nor what is dated after it, nor, of prose, the passage that is its input. */
export function isOther(query: TaskQuery, item: TaskQuery | undefined): boolean {
  if (item === undefined || item.document === query.document) return false
  if (query.date !== '' && item.date > query.date) return false
  return query.task !== 'prose' || !item.answer.endsWith(query.input)
}

/** The text by which an item is found. */
export function foundBy({ task, answer, input }: TaskQuery): string {
  // A bare answer is found by itself.
  return task === 'headline' || input === '' ? `${answer} ${input}` : task === 'prose' ? answer : input
}

/**
 * BM25 over a user's history. A headline's neighbour is found by its text and title (as LaMP's own), a passage's by its
 * text, a tag's and a score's by its text. The passage right before a query is left out: it is the query's own input.
 */
export function lampSearch(user: LampUser): LampSearch {
  const history = lampHistory(user)
  const bm25 = createBm25(history.map(foundBy))
  const search = (query: TaskQuery, k: number, first: number): RetrievedPair[] => {
    if (k === 0 || query.input.trim() === '') return []
    // Looked at after the search, not for each term's hits: comparing texts is the slow part.
    const own = query.task === 'prose' ? null : createPieces([query.input])
    const pairs: RetrievedPair[] = []
    for (const { index } of bm25.search(query.input, k + SPARE, {
      first,
      accept: (at) => isOther(query, history[at]),
    })) {
      const { document, input, answer } = history[index] as TaskQuery
      if (own?.has(input)) continue
      pairs.push({ document, input, answer })
      if (pairs.length === k) break
    }
    return pairs
  }
  return {
    atUse: (query, k) => search(query, k, history.length),
    earlier(index, k) {
      const query = history[index]
      if (query === undefined) throw new RangeError(`item ${index} of a history of ${history.length}`)
      return index === 0 ? [] : search(query, k, index)
    },
  }
}

/** Retrieval over a user's whole history for its queries: `k` items by BM25, best first. */
export function lampRetrieval(user: LampUser, k: number): (query: TaskQuery) => RetrievedPair[] {
  const search = lampSearch(user)
  return (query) => search.atUse(query, k)
}
