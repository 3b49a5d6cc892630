/** One user's queries under one method, over one voice or several, as the result shows them. */
import { macroF1 } from '../evaluation/metrics.ts'
import { perToken } from '../evaluation/statistics.ts'
import type { LampMethodResult, LampText, QueryResult } from './result.ts'

/** The numbers of a query that a mean over queries makes sense of. */
export const QUERY_METRICS = [
  'correct',
  'error',
  'squared',
  'logLoss',
  'rouge1',
  'rougeL',
  'writtenCorrect',
  'writtenError',
  'writtenSquared',
] as const
export type QueryMetric = (typeof QUERY_METRICS)[number]

export interface VoiceScores {
  /** Whose voice; null for none. */
  voice: string | null
  scores: QueryResult[]
  texts?: LampText[]
}

/**
 * Means over the voices, query by query; predictions are those of a single voice.
 * @param golds of the queries, in their order
 * @param options `isMean` names the voices though there be one alone: of a method that is a mean over others' voices;
 * `labels` as in `metricsOf`
 */
export function summarize(
  voices: VoiceScores[],
  golds: string[],
  { isMean = false, labels }: { isMean?: boolean; labels?: readonly string[] } = {},
): LampMethodResult {
  const [first] = voices
  if (first === undefined) throw new Error('a method without scores')
  const single = voices.length === 1
  const scores = single
    ? first.scores
    : first.scores.map((_, i) => meanOf(voices.map(({ scores }) => scores[i] as QueryResult)))
  const result: LampMethodResult = {
    nll: nllOf(scores),
    tokens: scores.reduce((sum, { tokens }) => sum + tokens, 0),
    queries: scores.length,
    scores,
    ...metricsOf(scores, golds, labels),
  }
  if (!single || isMean) {
    result.voices = Object.fromEntries(voices.map(({ voice, scores }) => [voice ?? 'base', nllOf(scores) ?? 0]))
    result.nlls = Object.fromEntries(
      voices.map(({ voice, scores }) => [voice ?? 'base', scores.map(({ nll }) => nll ?? 0)]),
    )
  }
  const texts = voices.flatMap((voice) => voice.texts ?? [])
  return texts.length === 0 ? result : { ...result, texts }
}

/** Nats per token over all queries, or null where nothing was scored so. */
export function nllOf(scores: QueryResult[]): number | null {
  const scored = scores.flatMap(({ nll, tokens }) => (nll === null ? [] : [{ sum: nll, tokens }]))
  return scored.length === 0 ? null : perToken(scored)
}

type Metrics = Pick<
  LampMethodResult,
  | 'accuracy'
  | 'macroF1'
  | 'mae'
  | 'rmse'
  | 'logLoss'
  | 'rouge1'
  | 'rougeL'
  | 'writtenAccuracy'
  | 'writtenMae'
  | 'writtenRmse'
>

/** Those that these queries have. Macro F1 is over `labels`; without them over those that occur, as gold or as prediction. */
export function metricsOf(scores: QueryResult[], golds: string[], labels?: readonly string[]): Metrics {
  const means = Object.fromEntries(QUERY_METRICS.map((metric) => [metric, meanMetric(scores, metric)])) as Record<
    QueryMetric,
    number | undefined
  >
  const predictions = predictionsOf(scores)
  const metrics: Metrics = {
    accuracy: means.correct,
    macroF1: predictions ? macroF1(golds, predictions, labels) : undefined,
    mae: means.error,
    rmse: rootOf(means.squared),
    logLoss: means.logLoss,
    rouge1: means.rouge1,
    rougeL: means.rougeL,
    writtenAccuracy: means.writtenCorrect,
    writtenMae: means.writtenError,
    writtenRmse: rootOf(means.writtenSquared),
  }
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => value !== undefined))
}

function rootOf(square: number | undefined): number | undefined {
  return square === undefined ? undefined : Math.sqrt(square)
}

/** One a query; null where not every query has one, and for none. */
export function predictionsOf(scores: readonly QueryResult[]): string[] | null {
  const predictions = scores.flatMap(({ prediction }) => prediction ?? [])
  return predictions.length === scores.length && scores.length > 0 ? predictions : null
}

/** Over the queries that have it; undefined for none. */
function meanMetric(scores: QueryResult[], metric: QueryMetric): number | undefined {
  const values = scores.flatMap((score) => score[metric] ?? [])
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}

function meanOf(scores: QueryResult[]): QueryResult {
  const [first] = scores as [QueryResult]
  const mean: QueryResult = {
    query: first.query,
    tokens: first.tokens,
    nll: first.nll === null ? null : scores.reduce((sum, { nll }) => sum + (nll ?? 0), 0) / scores.length,
  }
  for (const metric of QUERY_METRICS) {
    const value = meanMetric(scores, metric)
    if (value !== undefined) mean[metric] = value
  }
  return mean
}
