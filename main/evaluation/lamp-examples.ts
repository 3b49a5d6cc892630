/** A LaMP user's history and queries as the examples room's queries and token examples. */
import type { BuildExample, RetrievedPair, TaskQuery } from '../examples/types.ts'
import type { TokenExample } from '../trainer/types.ts'
import type { LampUser } from './lamp-file.ts'

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

/** The whole history as training examples, without retrieval; inputs cut to `maxInput` tokens. */
export function lampExamples(
  user: LampUser,
  builder: { example: BuildExample },
  { maxInput }: { maxInput: number },
): TokenExample[] {
  return lampHistory(user).map((query) => builder.example(query, [], { maxInput, maxRetrieved: maxInput }))
}

/** Finds texts by words; main/retrieval's BM25 fits. Indices into the texts given, best first. */
export type Search = (query: string, k: number) => number[]

/**
 * Retrieval over a user's history for its queries: `k` earlier items, best first. A headline's neighbour is found by its
 * text and title (as LaMP's own), a passage's by its text. The passage right before a query is left out: it is the
 * query's own input.
 */
export function lampRetrieval(
  user: LampUser,
  createSearch: (texts: string[]) => Search,
  k: number,
): (query: TaskQuery) => RetrievedPair[] {
  const history = lampHistory(user)
  const texts = history.map((item) => (item.task === 'headline' ? `${item.answer} ${item.input}` : item.answer))
  const search = createSearch(texts)
  return (query) =>
    search(query.input, k + 1)
      .flatMap((index) => history[index] ?? [])
      .filter((item) => item.task === 'headline' || !item.answer.endsWith(query.input))
      .slice(0, k)
      .map(({ document, input, answer }) => ({ document, input, answer }))
}
