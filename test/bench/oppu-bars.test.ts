/** How a run's folder is judged: by tables and records made up for it. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TaskName } from '../../main/examples/types.ts'
import { userFolder } from '../../main/lamp/folder.ts'
import { parseMethods } from '../../main/lamp/methods.ts'
import { type QueryResult, writeRun, writeUser } from '../../main/lamp/result.ts'
import type { LampTable, TableGain } from '../../main/lamp/table.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { barsOf } from './oppu-bars.ts'
import { JOBS, type Job } from './oppu-jobs.ts'

const jobOf = (task: TaskName): Job => JOBS.find((job) => job.task === task) as Job

function gain(method: string, over: string, metric: TableGain['metric'], mean: number, low: number): TableGain {
  const overQueries = { low, high: mean + (mean - low) }
  const effect = { mean, overQueries, overUsers: overQueries, users: 5, queries: 68, tokens: 600 }
  return { method, over, metric, effect }
}

const table = (task: TaskName, gains: TableGain[], rows: Partial<LampTable['rows'][number]>[] = []): LampTable => ({
  task,
  file: `${task}.json`,
  users: [],
  labels: null,
  computed: [],
  rows: rows as LampTable['rows'],
  gains,
  minutes: { training: 0, scoring: 0, generating: 0, perUser: 0 },
})

it('asks for methods that there are', () => {
  for (const { methods, against, generate = [], task } of JOBS) {
    expect(parseMethods(methods, task)).toHaveLength(methods.length)
    expect(methods).toEqual(expect.arrayContaining([...against, ...generate]))
  }
})

describe('headlines', () => {
  const OPPU = 'task+retrieval+voice'
  const judged = (low: number, users: number, rouge: number): (boolean | null)[] => {
    const gains = [
      gain(OPPU, 'base', 'nll', 2, 1.5),
      gain(OPPU, 'retrieval', 'nll', 1, 0.8),
      gain(OPPU, 'task+retrieval', 'nll', 0.3, 0.2),
      gain(OPPU, 'voice', 'nll', 0.2, low),
      gain(OPPU, 'retrieval', 'rougeL', rouge, rouge - 0.02),
    ]
    const rows = [{ method: 'voice', belowOthers: { users, of: 5 } }]
    return barsOf('', jobOf('headline'), table('headline', gains, rows)).map(({ met }) => met)
  }

  it('are judged by every interval, by whose voice is nearer, and by words', () => {
    expect(judged(0.1, 4, 0)).toEqual([true, true, true, true, true, true])
    expect(judged(-0.01, 3, -0.001)).toEqual([true, true, true, false, false, false])
  })

  it('that were not scored meet nothing', () => {
    const bars = barsOf('', jobOf('headline'), table('headline', []))
    expect(bars.map(({ met }) => met)).toEqual([null, null, null, null, null, null])
  })
})

it('scores need both a small error and a distribution that tells more than frequencies', () => {
  const bars = (mae: number, low: number) =>
    barsOf(
      '',
      jobOf('rate'),
      table(
        'rate',
        [gain('retrieval+voice', 'frequencies', 'logLoss', 0.1, low)],
        [{ method: 'retrieval+voice', metrics: { mae: { value: mae, low: 0, high: 1 } } }],
      ),
    ).map(({ met }) => met)
  expect(bars(0.49, 0.02)).toEqual([true, true])
  expect(bars(0.5, -0.01)).toEqual([false, false])
})

describe('prose', () => {
  const root = temporaryFolder()

  /** Two authors of ten queries; `own` of them are likeliest under the own voice, `bayes` are right by naive Bayes. */
  function judged(name: string, authors: { gain: number; own: number; bayes: number }[]) {
    const out = path.join(root, name)
    const ids = authors.map((_, i) => `author-${i}`)
    mkdirSync(out, { recursive: true })
    const config = 'c'
    const run = { version: 1 as const, config, file: 'prose.json', task: 'prose' as const, shard: null, settings: {} }
    writeRun(out, { ...run, base: { file: 'b', sha256: 's' }, methods: [], users: ids })
    authors.forEach(({ gain: share, own, bayes }, i) => {
      const queries = Array.from({ length: 10 }, (_, q) => `q${q}`)
      const scored = (nll: number, more: (q: number) => Partial<QueryResult> = () => ({})) => ({
        nll,
        tokens: 100,
        queries: 10,
        scores: queries.map((query, q) => ({ query, tokens: 10, nll: nll * 10, ...more(q) })),
      })
      const voice = 3 * (1 - share)
      const nlls = { other: queries.map((_, q) => 10 * (q < own ? voice + 1 : voice - 1)) }
      const folder = userFolder(out, ids[i] as string)
      mkdirSync(folder, { recursive: true })
      writeUser(folder, {
        version: 1,
        config,
        user: ids[i] as string,
        task: 'prose',
        golds: Object.fromEntries(queries.map((query) => [query, 'gold'])),
        methods: {
          base: scored(3),
          voice: scored(voice),
          other: { ...scored(3), nlls },
          bayes: scored(3, (q) => ({ correct: q < bayes ? 1 : 0 })),
        },
      })
    })
    return barsOf(out, jobOf('prose'), table('prose', []))
  }

  it('is judged author by author', () => {
    const good = judged('good', [
      { gain: 0.03, own: 10, bayes: 10 },
      { gain: 0.05, own: 8, bayes: 7 },
    ])
    expect(good.map(({ met }) => met)).toEqual([true, true, true])
    expect(good[0]?.measured).toBe('author-0 3.0%, author-1 5.0%; 4.0% on average')
    expect(good[2]?.measured).toBe('author-1 80.0%, 70.0%')
    const poor = judged('poor', [
      { gain: 0.02, own: 9, bayes: 9 },
      { gain: 0.06, own: 8, bayes: 8 },
    ])
    expect(poor.map(({ met }) => met)).toEqual([false, false, false])
  })
})
