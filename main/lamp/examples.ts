/** A LaMP user's history and queries as the examples room's queries and token examples. */
import type { BuildExample, RetrievedPair, TaskQuery } from '../examples/types.ts'
import { createBm25 } from '../retrieval/bm25.ts'
import type { TokenExample } from '../trainer/types.ts'
import type { LampUser } from './file.ts'

/** Characters (code points) before a passage that its prompt shows, as in the data's own queries. */
const PROSE_BEFORE = 600

/**
 * The history as answered queries. Headline: a piece's text and its title. Prose: the end of a passage and the passage
 * after it, so one fewer than there are passages.
 */
export function lampHistory(user: LampUser): TaskQuery[] {
  if (user.task === 'headline') {
    return user.profile.map(({ id, text, title, date }) => ({
      task: 'headline',
      document: id,
      title,
      date: date ?? '',
      input: text,
      answer: title,
    }))
  }
  return user.profile.slice(1).map(({ id, text, title, date }, i) => ({
    task: 'prose',
    document: id,
    title,
    date: date ?? '',
    input: Array.from(user.profile[i]?.text ?? '')
      .slice(-PROSE_BEFORE)
      .join(''),
    answer: text,
  }))
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

/**
 * Retrieval over a user's history for its queries: `k` earlier items by BM25, best first. A headline's neighbour is found
 * by its text and title (as LaMP's own), a passage's by its text. The passage right before a query is left out: it is
 * the query's own input.
 */
export function lampRetrieval(user: LampUser, k: number): (query: TaskQuery) => RetrievedPair[] {
  const history = lampHistory(user)
  const bm25 = createBm25(
    history.map(({ task, answer, input }) => (task === 'headline' ? `${answer} ${input}` : answer)),
  )
  return (query) =>
    bm25
      .search(query.input, k, {
        accept: (index) => query.task === 'headline' || history[index]?.answer.endsWith(query.input) === false,
      })
      .flatMap(({ index }) => history[index] ?? [])
      .map(({ document, input, answer }) => ({ document, input, answer }))
}
