/** What the methods table measures: of each metric its name, whether less is better, and its value with its interval. */
import { macroF1Of } from '../evaluation/metrics.ts'
import { bootstrapQueries, bootstrapUsers, type UserObservation } from '../evaluation/statistics.ts'
import type { TaskName } from '../examples/types.ts'
import { parseMethod, withVoice } from './methods.ts'
import type { QueryResult, UserRecord } from './result.ts'
import { predictionsOf } from './summarize.ts'

/** What is measured, and whether less is better. NLL per answer token, the others per query. */
export const TABLE_METRICS = {
  nll: { name: 'NLL', less: true },
  accuracy: { name: 'accuracy', less: false },
  macroF1: { name: 'macro F1', less: false },
  mae: { name: 'MAE', less: true },
  rmse: { name: 'RMSE', less: true },
  logLoss: { name: 'log-loss', less: true },
  rouge1: { name: 'ROUGE-1', less: false },
  rougeL: { name: 'ROUGE-L', less: false },
  writtenAccuracy: { name: 'accuracy, written', less: false },
  writtenMae: { name: 'MAE, written', less: true },
  writtenRmse: { name: 'RMSE, written', less: true },
  likeliest: { name: 'own likeliest', less: false },
} as const
export type TableMetric = keyof typeof TABLE_METRICS

export const METRICS: Record<TaskName, TableMetric[]> = {
  headline: ['nll', 'rouge1', 'rougeL'],
  tag: ['accuracy', 'macroF1', 'logLoss', 'nll', 'writtenAccuracy'],
  rate: ['mae', 'rmse', 'logLoss', 'accuracy', 'nll', 'writtenMae', 'writtenRmse', 'writtenAccuracy'],
  prose: ['nll', 'likeliest', 'accuracy', 'rouge1', 'rougeL'],
}

export interface TableValue {
  value: number
  /** 95%, over queries. Unknown (both ends at MAX_VALUE) from few queries. */
  low: number
  high: number
}

export interface Measuring {
  resamples: number
  seed: number
  /** The benchmark's, over all of which macro F1 is; else it is over those that occur. */
  labels?: readonly string[]
}

function macroF1In(method: string, users: UserRecord[], { resamples, seed, labels }: Measuring): TableValue | null {
  const scores = users.flatMap((user) => user.methods[method]?.scores ?? [])
  const golds = users.flatMap((user) => user.methods[method]?.scores.map(({ query }) => user.golds[query] ?? '') ?? [])
  const predictions = predictionsOf(scores)
  if (predictions === null) return null
  const macroF1 = macroF1Of(golds, predictions, labels)
  return { value: macroF1(golds.keys()), ...bootstrapQueries(golds.length, macroF1, { resamples, seed }) }
}

/** Null where the method has it of no query; of macro F1 where it has no prediction for one. */
export function measured(
  metric: TableMetric,
  method: string,
  users: UserRecord[],
  measuring: Measuring,
): TableValue | null {
  if (metric === 'macroF1') return macroF1In(method, users, measuring)
  const { resamples, seed } = measuring
  const observations = observe(metric, method, users)
  if (observations.length === 0) return null
  const { mean, overQueries } = bootstrapUsers({ observations, resamples, seed })
  const { low, high } = overQueries
  if (!isRoot(metric)) return { value: mean, low, high }
  const root = (square: number): number => (Math.abs(square) === Number.MAX_VALUE ? square : Math.sqrt(square))
  return { value: Math.sqrt(mean), low: root(low), high: root(high) }
}

/** Of a mean over squares: no mean over queries itself. */
export function isRoot(metric: TableMetric): boolean {
  return metric === 'rmse' || metric === 'writtenRmse'
}

/** One number a query; of a root its square. */
export function observe(metric: TableMetric, method: string, users: UserRecord[]): UserObservation[] {
  return users.flatMap((user) =>
    (user.methods[method]?.scores ?? []).flatMap((score, i): UserObservation[] => {
      const sum = metric === 'likeliest' ? likeliest(user, method, i) : numberOf(metric, score)
      if (sum === null || sum === undefined) return []
      return [{ user: user.user, query: score.query, sum, tokens: metric === 'nll' ? score.tokens : 1 }]
    }),
  )
}

function numberOf(metric: TableMetric, score: QueryResult): number | null | undefined {
  if (metric === 'nll') return score.nll
  if (metric === 'accuracy') return score.correct
  if (metric === 'mae') return score.error
  if (metric === 'rmse') return score.squared
  if (metric === 'writtenAccuracy') return score.writtenCorrect
  if (metric === 'writtenMae') return score.writtenError
  if (metric === 'writtenRmse') return score.writtenSquared
  if (metric === 'macroF1' || metric === 'likeliest') return null
  return score[metric]
}

/** 1 where the own voice makes the query's answer likelier than every other voice does; null where none was asked. */
function likeliest(user: UserRecord, method: string, at: number): number | null {
  const parsed = parseMethod(method)
  const own = user.methods[method]?.scores[at]?.nll
  const others = user.methods[withVoice(parsed, 'other')]?.nlls
  if (parsed.voice !== 'own' || own === null || own === undefined || !others) return null
  return Object.values(others).every((nlls) => own < (nlls[at] ?? Number.POSITIVE_INFINITY)) ? 1 : 0
}
