/** The method's bars, judged from a run's folder alone. */
import { isKnown } from '../../main/evaluation/intervals.ts'
import { perToken, type UserEffect } from '../../main/evaluation/statistics.ts'
import { readRun, type UserRecord } from '../../main/lamp/result.ts'
import { finishedUsers, gainIn, type LampTable, readTable } from '../../main/lamp/table.ts'
import { observe, type TableMetric } from '../../main/lamp/table-metrics.ts'
import type { Job } from './oppu-jobs.ts'
import type { Bar } from './types.ts'

export function tableOf(out: string, { against }: Job): LampTable {
  return readTable([out], { against })
}

export function barsOf(out: string, { task }: Job, table: LampTable): Bar[] {
  if (task === 'headline') return headlineBars(table)
  if (task === 'tag') return tagBars(table)
  if (task === 'rate') return rateBars(table)
  const run = readRun(out)
  return run ? proseBars(finishedUsers(out, run)) : []
}

const OPPU = 'task+retrieval+voice'

function headlineBars(table: LampTable): Bar[] {
  const below = table.rows.find(({ method }) => method === 'voice')?.belowOthers
  return [
    ...['base', 'retrieval', 'task+retrieval', 'voice'].map((over) => gainBar('1', table, OPPU, over, 'nll')),
    {
      bar: "1 the own voice's NLL below the mean of others' voices",
      wanted: 'for at least 80% of users',
      measured: below ? `${below.users} of ${below.of}` : 'not scored',
      met: below ? below.users >= 0.8 * below.of : null,
    },
    gainBar('1', table, OPPU, 'retrieval', 'rougeL', 'notBelow'),
  ]
}

function tagBars(table: LampTable): Bar[] {
  return [
    gainBar('2', table, 'retrieval+voice', 'retrieval', 'accuracy', 'above'),
    gainBar('2', table, 'retrieval+voice', 'majority', 'accuracy'),
    gainBar('2', table, 'retrieval+voice', 'nearest', 'accuracy'),
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
    gainBar('3', table, 'retrieval+voice', 'frequencies', 'logLoss'),
  ]
}

const LEAST_GAIN = 0.025
const MEAN_GAIN = 0.035
const LIKELIEST = 0.9

function proseBars(users: UserRecord[]): Bar[] {
  const mean = (metric: TableMetric, method: string, of: UserRecord[]): number => perToken(observe(metric, method, of))
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

/** How a gain is held: by its interval over queries, or by its mean alone. */
const HELD = {
  clear: { says: 'better than of', wanted: 'interval clear of zero', met: (e: UserEffect) => e.overQueries.low > 0 },
  above: { says: 'above that of', wanted: 'a gain', met: (e: UserEffect) => e.mean > 0 },
  notBelow: { says: 'not below that of', wanted: 'no loss', met: (e: UserEffect) => e.mean >= 0 },
}

function gainBar(
  bar: string,
  table: LampTable,
  method: string,
  over: string,
  metric: TableMetric,
  held: keyof typeof HELD = 'clear',
): Bar {
  const effect = gainIn(table, method, over, metric)
  const { says, wanted, met } = HELD[held]
  return {
    bar: `${bar} ${metric} of ${method} ${says} ${over}`,
    wanted,
    measured: effect ? told(effect) : 'not scored',
    met: effect ? met(effect) : null,
  }
}

function told({ mean, overQueries }: UserEffect): string {
  const { low, high } = overQueries
  return `${mean.toFixed(3)}${isKnown(overQueries) ? ` (${low.toFixed(3)} to ${high.toFixed(3)})` : ''}`
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`
