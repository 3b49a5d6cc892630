/**
 * The methods table from a run's folders alone: what each method gives over all users and queries, with intervals, what
 * it gains over others, and the minutes it took. Nothing is computed anew by a model.
 */
import { IdiolectError } from '../errors.ts'
import { UNKNOWN } from '../evaluation/intervals.ts'
import { bootstrapUsers, pairedByQuery, type UserEffect, type UserObservation } from '../evaluation/statistics.ts'
import type { TaskName } from '../examples/types.ts'
import { userFolder } from './folder.ts'
import { METHODS_TABLE, type Method, parseMethod, withVoice } from './methods.ts'
import { type Minutes, minutesOf, rowMinutes, type Timed, timesOf } from './minutes.ts'
import { type LampRunRecord, type QueryResult, readRun, readUser, type UserRecord } from './result.ts'
import { metricsOf } from './summarize.ts'

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
  likeliest: { name: 'own likeliest', less: false },
} as const
export type TableMetric = keyof typeof TABLE_METRICS

const METRICS: Record<TaskName, TableMetric[]> = {
  headline: ['nll', 'rouge1', 'rougeL'],
  tag: ['accuracy', 'macroF1', 'logLoss', 'nll'],
  rate: ['mae', 'rmse', 'logLoss', 'accuracy', 'nll'],
  prose: ['nll', 'likeliest', 'accuracy', 'rouge1', 'rougeL'],
}

export interface TableValue {
  value: number
  /** 95%, over queries. Unknown (both ends at MAX_VALUE) for what is no mean over queries, and for one query. */
  low: number
  high: number
}

export interface TableRow {
  method: string
  users: number
  queries: number
  /** Those that this task and method have. */
  metrics: Partial<Record<TableMetric, TableValue>>
  /** Of a voice that others' were scored beside: users for whom its NLL is below the mean of theirs. */
  belowOthers: { users: number; of: number } | null
  /** Shared adapters count in every row that uses them. */
  minutes: Minutes
}

/** What `method` gains over `over`, positive where it is better; on the queries that both have. */
export interface TableGain {
  method: string
  over: string
  metric: TableMetric
  effect: UserEffect
}

export interface LampTable {
  task: TaskName
  file: string
  users: string[]
  rows: TableRow[]
  gains: TableGain[]
  /** Of everything that is in the folders, each adapter once. */
  minutes: Minutes & { perUser: number }
}

export interface TableOptions {
  /** Only users with so many queries. */
  leastQueries?: number
  /** Only the first so many queries of a user. */
  queries?: number
  /** Gains over these; default base. */
  against?: string[]
  /** Default 4,000, fewer for thousands of queries. */
  resamples?: number
  seed?: number
}

/** Draws of a bootstrap over many queries, and its resamples at least. */
const DRAWS = 2e6
const LEAST_RESAMPLES = 500

interface Run {
  out: string
  record: LampRunRecord
}

/** One run, or the shards of one. Errors: `NoRun`, `ShardsDiffer`, `NothingToShow`. */
export function readTable(outs: readonly string[], options: TableOptions = {}): LampTable {
  const { leastQueries = 0, queries: most, against = ['base'], seed = 1 } = options
  const runs = outs.map((out): Run => {
    const record = readRun(out)
    if (record) return { out, record }
    throw new IdiolectError('NoRun', `${out} holds no run of this benchmark`, 'Name the folder of --out.')
  })
  const first = (runs[0] as Run).record
  const users = runs
    .flatMap((run) => usersOf(run, first))
    .filter(({ golds }) => Object.keys(golds).length >= leastQueries)
    // Shards bring them in another order, and a bootstrap draws by place.
    .sort((a, b) => (a.user < b.user ? -1 : 1))
  if (users.length === 0) {
    throw new IdiolectError(
      'NothingToShow',
      `${outs.join(', ')}: no user has ${Math.max(1, leastQueries)} finished queries yet`,
      null,
    )
  }
  const shown = users.map((user) => firstQueries(user, most))
  const names = orderOf(shown)
  const queries = shown.reduce((sum, { golds }) => sum + Object.keys(golds).length, 0)
  const resamples = options.resamples ?? Math.max(LEAST_RESAMPLES, Math.min(4000, Math.floor(DRAWS / queries)))
  const timed = timesOf(runs)
  const methods = names.map(parseMethod)
  const rows = methods.map((method) => rowOf(method, shown, timed, { resamples, seed }))
  const over = [...new Set(against.map((name) => parseMethod(name).name))]
  const gains = over.flatMap((reference) =>
    names.flatMap((method) => (method === reference ? [] : gainsOf(method, reference, shown, { resamples, seed }))),
  )
  return {
    task: first.task,
    file: first.file,
    users: shown.map(({ user }) => user),
    rows,
    gains,
    minutes: minutesOf(timed, users.length),
  }
}

/** As far as they are finished. */
export function finishedUsers(out: string, { users, config }: LampRunRecord): UserRecord[] {
  return users.flatMap((user) => readUser(userFolder(out, user), config) ?? [])
}

/** What `method` gains over `over`; undefined where the table has it not. */
export function gainIn(
  { gains }: LampTable,
  method: string,
  over: string,
  metric: TableMetric,
): UserEffect | undefined {
  return gains.find((gain) => gain.method === method && gain.over === over && gain.metric === metric)?.effect
}

function usersOf({ out, record }: Run, first: LampRunRecord): UserRecord[] {
  if (record.config !== first.config) {
    throw new IdiolectError(
      'ShardsDiffer',
      `${out} was run on other data, another base or with other settings than the first folder`,
      'Run the shards alike, or print their tables one by one.',
    )
  }
  return finishedUsers(out, record)
}

function firstQueries(user: UserRecord, most = Number.POSITIVE_INFINITY): UserRecord {
  const kept = new Set(Object.keys(user.golds).slice(0, most))
  const methods = Object.entries(user.methods).map(([name, method]) => {
    const at = method.scores.flatMap(({ query }, i) => (kept.has(query) ? [i] : []))
    const pick = <T>(list: T[]): T[] => at.map((i) => list[i] as T)
    const nlls =
      method.nlls && Object.fromEntries(Object.entries(method.nlls).map(([voice, all]) => [voice, pick(all)]))
    return [name, { ...method, scores: pick(method.scores), ...(nlls && { nlls }) }]
  })
  return { ...user, methods: Object.fromEntries(methods) }
}

/** As the table lists them; others after, by name. */
function orderOf(users: UserRecord[]): string[] {
  const names = new Set(users.flatMap(({ methods }) => Object.keys(methods)))
  const known = METHODS_TABLE.filter((name) => names.has(name))
  return [...known, ...[...names].filter((name) => !known.includes(name)).sort()]
}

type Chance = { resamples: number; seed: number }

function rowOf(method: Method, users: UserRecord[], timed: Timed[], chance: Chance): TableRow {
  const scores = users.flatMap((user) => user.methods[method.name]?.scores ?? [])
  const golds = users.flatMap(
    (user) => user.methods[method.name]?.scores.map(({ query }) => user.golds[query] ?? '') ?? [],
  )
  const { macroF1 } = metricsOf(scores, golds)
  const metrics: TableRow['metrics'] = {}
  for (const metric of METRICS[users[0]?.task ?? 'headline']) {
    const value = metric === 'macroF1' ? bare(macroF1) : metricOf(metric, method.name, users, chance)
    if (value) metrics[metric] = value
  }
  return {
    method: method.name,
    users: users.filter(({ methods }) => methods[method.name]).length,
    queries: scores.length,
    metrics,
    belowOthers: belowOthers(method, users),
    minutes: rowMinutes(method, timed),
  }
}

function bare(value: number | undefined): TableValue | null {
  return value === undefined ? null : { value, ...UNKNOWN }
}

function metricOf(metric: TableMetric, method: string, users: UserRecord[], chance: Chance): TableValue | null {
  const observations = observe(metric, method, users)
  if (observations.length === 0) return null
  const { mean, overQueries } = bootstrapUsers({ observations, ...chance })
  const { low, high } = overQueries
  if (metric !== 'rmse') return { value: mean, low, high }
  const root = (square: number): number => (Math.abs(square) === Number.MAX_VALUE ? square : Math.sqrt(square))
  return { value: Math.sqrt(mean), low: root(low), high: root(high) }
}

/** One number a query; of `rmse` its square. */
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

function belowOthers(method: Method, users: UserRecord[]): TableRow['belowOthers'] {
  if (method.voice !== 'own') return null
  const pairs = users.flatMap(({ methods }) => {
    const own = methods[method.name]
    const other = methods[withVoice(method, 'other')]
    return own && other ? [sumOf(own.scores) < sumOf(other.scores)] : []
  })
  return pairs.length === 0 ? null : { users: pairs.filter(Boolean).length, of: pairs.length }
}

function sumOf(scores: QueryResult[]): number {
  return scores.reduce((sum, { nll }) => sum + (nll ?? 0), 0)
}

/** In each of the task's metrics that are means over queries and that both methods have. */
export function gainsOf(method: string, over: string, users: UserRecord[], chance: Chance): TableGain[] {
  return METRICS[users[0]?.task ?? 'headline'].flatMap((metric) => {
    if (metric === 'macroF1' || metric === 'rmse') return []
    const [own, other] = [observe(metric, method, users), observe(metric, over, users)]
    const observations = TABLE_METRICS[metric].less ? pairedByQuery(other, own) : pairedByQuery(own, other)
    if (observations.length === 0) return []
    return [{ method, over, metric, effect: bootstrapUsers({ observations, ...chance }) }]
  })
}
