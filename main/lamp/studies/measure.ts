/** What a study compares: the likelihood of what the user wrote, or a number a query that the task has. */
import type { UserObservation } from '../../evaluation/statistics.ts'
import type { QueryResult } from '../result.ts'

export interface Measure {
  name: MeasureName
  /** Of a difference, for an axis: "gain over the base, nats per token". */
  unit: string
  better: 'lower' | 'higher'
}

export const MEASURES = {
  nll: { name: 'nll', unit: 'nats per answer token', better: 'lower' },
  correct: { name: 'correct', unit: 'share of right answers', better: 'higher' },
  error: { name: 'error', unit: 'absolute error', better: 'lower' },
  logLoss: { name: 'logLoss', unit: 'nats of log-loss', better: 'lower' },
  rouge1: { name: 'rouge1', unit: 'ROUGE-1', better: 'higher' },
  rougeL: { name: 'rougeL', unit: 'ROUGE-L', better: 'higher' },
} as const satisfies Record<string, Measure>
export type MeasureName = 'nll' | 'correct' | 'error' | 'logLoss' | 'rouge1' | 'rougeL'

/** The query's contribution: nats over its answer's tokens, or its own number; null where it has none. */
export function observe(user: string, result: QueryResult, measure: Measure): UserObservation | null {
  const { query, nll, tokens } = result
  if (measure.name === 'nll') return nll === null || tokens === 0 ? null : { user, query, sum: nll, tokens }
  const value = result[measure.name]
  return value === undefined || value === null ? null : { user, query, sum: value, tokens: 1 }
}
