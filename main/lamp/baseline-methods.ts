/** The baselines as methods of the table: what each predicts for a query, judged like a model's answer. */
import { IdiolectError } from '../errors.ts'
import type { TaskName, TaskQuery } from '../examples/types.ts'
import { answerFrequencies, bm25Vote, majorityAnswer, tfidfNeighbours, unigramAuthors } from './baselines.ts'
import { judgeLabels } from './labels.ts'
import { BASELINES_BY_TASK, type BaselineName } from './methods.ts'
import type { QueryResult } from './result.ts'
import type { LampUser } from './types.ts'

interface Guess {
  prediction: string
  /** By label; where the baseline has one. */
  distribution?: Record<string, number>
}

export interface Baselines {
  /** In the order of the queries; of prose, right is the user's own id. */
  score(name: BaselineName, user: LampUser, queries: readonly TaskQuery[]): QueryResult[]
}

/** @param everyone all users of the file: the authors among whom naive Bayes chooses */
export function createBaselines(everyone: LampUser[]): Baselines {
  let authors: ReturnType<typeof unigramAuthors> | null = null
  const guesser = (name: BaselineName, user: LampUser): ((query: TaskQuery) => Guess) => {
    if (name === 'majority') {
      const prediction = majorityAnswer(user)
      return () => ({ prediction })
    }
    if (name === 'frequencies') {
      const distribution = answerFrequencies(user)
      return () => ({ prediction: '', distribution })
    }
    if (name === 'nearest') {
      const vote = bm25Vote(user)
      return ({ input }) => ({ prediction: vote(input) })
    }
    if (name === 'tfidf') {
      const near = tfidfNeighbours(user)
      return ({ input }) => {
        const { score, distribution } = near(input)
        return { prediction: score, distribution }
      }
    }
    authors ??= unigramAuthors(everyone)
    const guess = authors
    return ({ answer }) => ({ prediction: guess(answer).user })
  }
  return {
    score(name, user, queries) {
      const guess = guesser(name, user)
      return queries.map((query, i) => ({
        query: query.document,
        tokens: 0,
        nll: null,
        ...judge(user.task, guess(query), {
          gold: user.task === 'prose' ? user.id : query.answer,
          golds: user.queries[i]?.golds,
        }),
      }))
    },
  }
}

function judge(
  task: TaskName,
  { prediction, distribution }: Guess,
  right: { gold: string; golds?: readonly string[] },
): Omit<QueryResult, 'query' | 'tokens' | 'nll'> {
  const certain = {
    prediction,
    correct: (right.golds ?? [right.gold]).includes(prediction) ? 1 : 0,
    ...(task === 'rate' ? distance(prediction, right.gold) : {}),
  }
  if (!distribution || (task !== 'tag' && task !== 'rate')) return certain
  const judged = judgeLabels(task, Object.keys(distribution), Object.values(distribution), right)
  // A baseline with a rule of its own for its prediction keeps it.
  return prediction === '' ? judged : { ...judged, ...certain }
}

function distance(prediction: string, gold: string): { error: number; squared: number } {
  const error = Math.abs(Number(prediction) - Number(gold))
  return { error, squared: error ** 2 }
}

/** Errors: `UnknownMethod` for a baseline that cannot answer this task. */
export function checkBaseline(name: BaselineName, task: TaskName): void {
  const known = BASELINES_BY_TASK[task]
  if (known.includes(name)) return
  throw new IdiolectError(
    'UnknownMethod',
    `The baseline "${name}" cannot answer the task ${task}`,
    known.length > 0 ? `Of ${task} there are ${known.join(', ')}.` : `There is no baseline of ${task}.`,
  )
}
