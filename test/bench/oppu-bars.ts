/** The method's bars, judged from a run's folder alone. */
import { userFolder } from '../../main/lamp/folder.ts'
import { readRun, readUser, type UserRecord } from '../../main/lamp/result.ts'
import { type LampTable, observe, readTable, type TableMetric } from '../../main/lamp/table.ts'
import type { Job } from './oppu-jobs.ts'
import type { Bar } from './types.ts'

export function tableOf(out: string, { against }: Job): LampTable {
  return readTable([out], { against })
}

export function barsOf(out: string, { task }: Job, table: LampTable): Bar[] {
  if (task === 'headline') return headlineBars(table)
  if (task === 'tag') return tagBars(table)
  if (task === 'rate') return rateBars(table)
  return proseBars(usersOf(out))
}

const OPPU = 'task+retrieval+voice'

function headlineBars(table: LampTable): Bar[] {
  const below = table.rows.find(({ method }) => method === 'voice')?.belowOthers
  return [
    ...['base', 'retrieval', 'task+retrieval', 'voice'].map((over) => clear('1', table, OPPU, over, 'nll')),
    {
      bar: "1 the own voice's NLL below the mean of others' voices",
      wanted: 'for at least 80% of users',
      measured: below ? `${below.users} of ${below.of}` : 'not scored',
      met: below ? below.users >= 0.8 * below.of : null,
    },
    notWorse('1', table, OPPU, 'retrieval', 'rougeL'),
  ]
}

function tagBars(table: LampTable): Bar[] {
  return [
    notWorse('2', table, 'retrieval+voice', 'retrieval', 'accuracy', true),
    clear('2', table, 'retrieval+voice', 'majority', 'accuracy'),
    clear('2', table, 'retrieval+voice', 'nearest', 'accuracy'),
  ]
}

function rateBars(table: LampTable): Bar[] {
  const mae = table.rows.find(({ method }) => method === 'retrieval+voice')?.metrics.mae?.value
  return [
    {
      bar: '3 MAE of retrieval+voice',
      wanted: 'below .50',
      measured: mae === undefined ? 'not scored' : mae.toFixed(3),
      met: mae === undefined ? null : mae < 0.5,
    },
    clear('3', table, 'retrieval+voice', 'frequencies', 'logLoss'),
  ]
}

const LEAST_GAIN = 0.025
const MEAN_GAIN = 0.035
const LIKELIEST = 0.9

function proseBars(users: readonly UserRecord[]): Bar[] {
  const mean = (metric: TableMetric, method: string, of: readonly UserRecord[]): number => {
    const seen = observe(metric, method, [...of])
    return seen.reduce((sum, one) => sum + one.sum, 0) / seen.reduce((sum, one) => sum + one.tokens, 0)
  }
  const authors = users.map((user) => ({
    user: user.user,
    gain: 1 - mean('nll', 'voice', [user]) / mean('nll', 'base', [user]),
    likeliest: mean('likeliest', 'voice', [user]),
    bayes: mean('accuracy', 'bayes', [user]),
  }))
  const gains = authors.map(({ gain }) => gain)
  const average = gains.reduce((sum, gain) => sum + gain, 0) / gains.length
  const likeliest = mean('likeliest', 'voice', users)
  const unsure = authors.filter((author) => author.likeliest < LIKELIEST)
  return [
    {
      bar: '4 NLL of the own voice below the base’s',
      wanted: `by ${percent(LEAST_GAIN)} for every author, ${percent(MEAN_GAIN)} on average`,
      measured: `${authors.map(({ user, gain }) => `${user} ${percent(gain)}`).join(', ')}; ${percent(average)} on average`,
      met: Math.min(...gains) >= LEAST_GAIN && average >= MEAN_GAIN,
    },
    {
      bar: '4 the own voice the likeliest of all authors’',
      wanted: `on ${percent(LIKELIEST)} of the queries`,
      measured: percent(likeliest),
      met: likeliest >= LIKELIEST,
    },
    {
      bar: '4 above naive Bayes where it is the likeliest on fewer',
      wanted: `for each author below ${percent(LIKELIEST)}`,
      measured:
        unsure.map(({ user, ...one }) => `${user} ${percent(one.likeliest)}, ${percent(one.bayes)}`).join('; ') ||
        'none is',
      met: unsure.every((author) => author.likeliest > author.bayes),
    },
  ]
}

function usersOf(out: string): UserRecord[] {
  const run = readRun(out)
  return run?.users.flatMap((user) => readUser(userFolder(out, user), run.config) ?? []) ?? []
}

function gainOf(table: LampTable, method: string, over: string, metric: TableMetric) {
  return table.gains.find((gain) => gain.method === method && gain.over === over && gain.metric === metric)?.effect
}

/** A gain whose interval over queries is clear of zero. */
function clear(bar: string, table: LampTable, method: string, over: string, metric: TableMetric): Bar {
  const effect = gainOf(table, method, over, metric)
  return {
    bar: `${bar} ${metric} of ${method} better than of ${over}`,
    wanted: 'interval clear of zero',
    measured: effect ? told(effect) : 'not scored',
    met: effect ? effect.overQueries.low > 0 : null,
  }
}

/** A gain that is none below zero; `above`: that is above it. */
function notWorse(
  bar: string,
  table: LampTable,
  method: string,
  over: string,
  metric: TableMetric,
  above = false,
): Bar {
  const effect = gainOf(table, method, over, metric)
  return {
    bar: `${bar} ${metric} of ${method} ${above ? 'above' : 'not below'} that of ${over}`,
    wanted: above ? 'a gain' : 'no loss',
    measured: effect ? told(effect) : 'not scored',
    met: effect ? (above ? effect.mean > 0 : effect.mean >= 0) : null,
  }
}

function told({
  mean,
  overQueries: { low, high },
}: {
  mean: number
  overQueries: { low: number; high: number }
}): string {
  const known = Math.abs(low) < Number.MAX_VALUE && Math.abs(high) < Number.MAX_VALUE
  return `${mean.toFixed(3)}${known ? ` (${low.toFixed(3)} to ${high.toFixed(3)})` : ''}`
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`
