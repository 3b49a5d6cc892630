/**
 * The methods table from a run's folders alone: what each method gives over all users and queries, with intervals, what
 * it gains over others, and the minutes it took. Nothing is computed anew by a model.
 */
import path from 'node:path'
import { IdiolectError } from '../errors.ts'
import { bootstrapUsers, pairedByQuery, type UserEffect } from '../evaluation/statistics.ts'
import type { TaskName } from '../examples/types.ts'
import { TASKS_FOLDER } from './adapters.ts'
import { computedOf, userFolder } from './folder.ts'
import { METHODS_TABLE, type Method, parseMethod, withVoice } from './methods.ts'
import { type Minutes, minutesOf, rowMinutes, type Timed, timesOf } from './minutes.ts'
import { type LampRunRecord, type QueryResult, readRun, readUser, type UserRecord } from './result.ts'
import {
  isRoot,
  METRICS,
  type Measuring,
  measured,
  observe,
  TABLE_METRICS,
  type TableMetric,
  type TableValue,
} from './table-metrics.ts'

export interface TableRow {
  method: string
  users: number
  queries: number
  /** Those that this task and method have. */
  metrics: Partial<Record<TableMetric, TableValue>>
  /** Of a voice that others' were scored beside: users for whom its NLL is below the mean of theirs. */
  belowOthers: { users: number; of: number } | null
  /** Of others' voices: how many lie over another task adapter than they were trained over. */
  foreign: { voices: number; of: number } | null
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
  /** The benchmark's, over all of which macro F1 is; null where it is over those that occur. */
  labels: string[] | null
  rows: TableRow[]
  gains: TableGain[]
  /**
   * How the adapters were computed, in words, each way once: where there are several, equal seeds give numbers that differ
   * in their last digits.
   */
  computed: string[]
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

/** One run, or the shards of one. Errors: `NoRun`, `ShardsDiffer`, `NothingToShow`, `BadRecord`, `ForeignRecord`. */
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
  const labels = first.labels ?? undefined
  const rows = methods.map((method) => rowOf(method, shown, timed, { resamples, seed, labels }))
  const over = [...new Set(against.map((name) => parseMethod(name).name))]
  const gains = over.flatMap((reference) =>
    names.flatMap((method) => (method === reference ? [] : gainsOf(method, reference, shown, { resamples, seed }))),
  )
  return {
    task: first.task,
    file: first.file,
    users: shown.map(({ user }) => user),
    labels: first.labels ?? null,
    rows,
    gains,
    computed: waysOf(runs),
    minutes: minutesOf(timed, users.length),
  }
}

/** Lanes are left out: on one machine they differ by the size of a history. */
function waysOf(runs: readonly Run[]): string[] {
  const ways = runs.flatMap(({ out, record: { users, panel } }) => {
    const folders = [...new Set([...users, ...(panel ?? [])])].map((user) => userFolder(out, user))
    return [path.join(out, TASKS_FOLDER), ...folders].flatMap(computedOf)
  })
  const named = ways.map(
    ({ cpu, device, forms, threads }) =>
      `${cpu}${device === 'cpu' ? '' : ` with ${device}`}, ${threads} thread${threads === 1 ? '' : 's'}, ${forms}`,
  )
  return [...new Set(named)].sort()
}

/** As far as they are finished. Errors: `BadRecord`, `ForeignRecord`. */
export function finishedUsers(out: string, { users, config }: LampRunRecord): UserRecord[] {
  return users.flatMap((user) => readUser(userFolder(out, user), config, user) ?? [])
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
  // Of the scores, whose order is the file's: keys that are whole numbers would stand in ascending order.
  const [asked] = Object.values(user.methods)
  const kept = new Set(asked?.scores.slice(0, most).map(({ query }) => query))
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

function rowOf(method: Method, users: UserRecord[], timed: Timed[], measuring: Measuring): TableRow {
  const scores = users.flatMap((user) => user.methods[method.name]?.scores ?? [])
  const metrics: TableRow['metrics'] = {}
  for (const metric of METRICS[users[0]?.task ?? 'headline']) {
    const value = measured(metric, method.name, users, measuring)
    if (value) metrics[metric] = value
  }
  return {
    method: method.name,
    users: users.filter(({ methods }) => methods[method.name]).length,
    queries: scores.length,
    metrics,
    belowOthers: belowOthers(method, users),
    foreign: foreignIn(method, users),
    minutes: rowMinutes(method, timed),
  }
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

function foreignIn({ name, task, voice }: Method, users: UserRecord[]): TableRow['foreign'] {
  if (!task || voice !== 'other') return null
  const scored = users.flatMap(({ methods }) => methods[name] ?? [])
  return {
    voices: scored.reduce((sum, { foreign = 0 }) => sum + foreign, 0),
    of: scored.reduce((sum, { voices = {} }) => sum + Object.keys(voices).length, 0),
  }
}

function sumOf(scores: QueryResult[]): number {
  return scores.reduce((sum, { nll }) => sum + (nll ?? 0), 0)
}

/** In each of the task's metrics that are means over queries and that both methods have. */
export function gainsOf(method: string, over: string, users: UserRecord[], chance: Chance): TableGain[] {
  return METRICS[users[0]?.task ?? 'headline'].flatMap((metric) => {
    if (metric === 'macroF1' || isRoot(metric)) return []
    const [own, other] = [observe(metric, method, users), observe(metric, over, users)]
    const observations = TABLE_METRICS[metric].less ? pairedByQuery(other, own) : pairedByQuery(own, other)
    if (observations.length === 0) return []
    return [{ method, over, metric, effect: bootstrapUsers({ observations, ...chance }) }]
  })
}
