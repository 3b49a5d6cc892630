/** `lamp table` and `lamp merge`: the methods table as text, from what a run keeps on disk. */
import path from 'node:path'
import type { Command } from 'commander'
import { makeFolder, writeJson } from '../atomic.ts'
import { IdiolectError } from '../errors.ts'
import { isKnown } from '../evaluation/intervals.ts'
import { summaryFile } from '../lamp/result.ts'
import { gainIn, type LampTable, readTable, type TableOptions, type TableRow } from '../lamp/table.ts'
import { TABLE_METRICS, type TableMetric } from '../lamp/table-metrics.ts'
import { type GlobalOptions, listOption, numberOption, print } from './terminal.ts'

interface ShowOptions {
  leastQueries?: number
  queries?: number
  against?: string[]
  out?: string
}

export function lampTableCommands(lamp: Command): void {
  showOptions(
    lamp
      .command('table')
      .description('print the table of a run anew, from its folder')
      .argument('<out>', 'the folder of --out'),
  ).action((out: string, own: ShowOptions, command: Command) => {
    const { summary, lines } = showTable(path.resolve(out), own)
    print(command.optsWithGlobals<GlobalOptions>(), summary, () => lines)
  })
  showOptions(
    lamp
      .command('merge')
      .description('one table of the folders of several shards')
      .argument('<out...>', 'the folders of --out'),
  )
    .option('--out <dir>', 'also keep it there')
    .action((outs: string[], own: ShowOptions, command: Command) => {
      const folders = [...new Set(outs.map((out) => path.resolve(out)))]
      const summary = readTable(folders, tableOptions(own))
      const twice = summary.users.find((user, i) => summary.users.indexOf(user) !== i)
      if (twice !== undefined) {
        throw new IdiolectError(
          'ShardsDiffer',
          `the user ${twice} is in more than one of the folders`,
          'Name each shard once.',
        )
      }
      if (own.out !== undefined) {
        makeFolder(path.resolve(own.out))
        writeJson(summaryFile(path.resolve(own.out)), summary)
      }
      print(command.optsWithGlobals<GlobalOptions>(), summary, () => tableLines(summary))
    })
}

function showOptions(command: Command): Command {
  return command
    .option('--least-queries <n>', 'only users with so many queries', numberOption('least-queries', 1, 1e6, true))
    .option('--queries <n>', 'only the first n queries of a user', numberOption('queries', 1, 1e6, true))
    .option('--against <list>', 'gains over these methods', listOption)
}

function tableOptions({ leastQueries, queries, against }: ShowOptions): TableOptions {
  return {
    ...(leastQueries === undefined ? {} : { leastQueries }),
    ...(queries === undefined ? {} : { queries }),
    ...(against === undefined ? {} : { against }),
  }
}

/** Reads a run's table, keeps it as its summary when nothing of it is left out, and gives it in lines. */
export function showTable(out: string, own: ShowOptions = {}): { summary: LampTable; lines: string[] } {
  const summary = readTable([out], tableOptions(own))
  if (own.leastQueries === undefined && own.queries === undefined && own.against === undefined) {
    writeJson(summaryFile(out), summary)
  }
  return { summary, lines: tableLines(summary) }
}

/** What the printed table shows gains in; the summary has them in every metric. */
const GAINED: Record<LampTable['task'], TableMetric[]> = {
  headline: ['nll'],
  tag: ['accuracy'],
  rate: ['mae', 'logLoss'],
  prose: ['nll'],
}

export function tableLines(table: LampTable): string[] {
  const { head, rows, notes } = tableCells(table)
  return [...aligned([head, ...rows]), '', ...notes]
}

/** Rows are methods; a number and its 95% interval over queries, then gains and minutes. */
export function tableCells(table: LampTable): { head: string[]; rows: string[][]; notes: string[] } {
  const metrics = (Object.keys(TABLE_METRICS) as TableMetric[]).filter((metric) =>
    table.rows.some((row) => row.metrics[metric]),
  )
  const over = [...new Set(table.gains.map((gain) => gain.over))]
  const gained = GAINED[table.task].flatMap((metric) => over.map((method) => ({ metric, method })))
  const head = [
    'method',
    'queries',
    ...metrics.map((metric) => TABLE_METRICS[metric].name),
    ...gained.map(({ metric, method }) => `${TABLE_METRICS[metric].name} gain over ${method}`),
    'own < others',
    'training min',
    'scoring min',
  ]
  const rows = table.rows.map((row) => [
    row.method,
    String(row.queries),
    ...metrics.map((metric) => valueText(row, metric)),
    ...gained.map(({ metric, method }) => gainText(table, row.method, method, metric)),
    row.belowOthers ? `${row.belowOthers.users} of ${row.belowOthers.of}` : '',
    row.minutes.training.toFixed(1),
    (row.minutes.scoring + row.minutes.generating).toFixed(1),
  ])
  const { training, scoring, generating, perUser } = table.minutes
  const sum = training + scoring + generating
  const notes = [
    `${table.users.length} users of ${table.file}. In brackets 95% intervals by bootstrap over queries; of gains, after the bar, over users too.`,
    'NLL in nats per answer token, the end token counted. Gains are positive where the row is better.',
    ...(metrics.includes('macroF1')
      ? [
          `Macro F1 is over ${table.labels ? `all ${table.labels.length} labels of the benchmark` : 'the labels that occur'}.`,
        ]
      : []),
    ...table.rows.flatMap(({ method, foreign }) =>
      foreign && foreign.voices > 0
        ? [
            `${method}: ${foreign.voices} of ${foreign.of} voices lie over another task adapter than they were trained over, since too few users share one (--folds); the own voice never does.`,
          ]
        : [],
    ),
    ...(table.computed.length > 1
      ? [
          `Adapters were computed in ${table.computed.length} ways (${table.computed.join('; ')}): equal seeds give numbers that differ in their last digits between them.`,
        ]
      : []),
    `${sum.toFixed(1)} minutes in all (training ${training.toFixed(1)}, scoring ${(scoring + generating).toFixed(1)}), ${perUser.toFixed(2)} a user; an adapter counts in each row that uses it, once in the sum.`,
  ]
  return { head, rows, notes }
}

function valueText(row: TableRow, metric: TableMetric): string {
  const value = row.metrics[metric]
  if (!value) return ''
  return `${value.value.toFixed(3)}${isKnown(value) ? ` [${value.low.toFixed(3)}, ${value.high.toFixed(3)}]` : ''}`
}

function gainText(table: LampTable, method: string, over: string, metric: TableMetric): string {
  const effect = gainIn(table, method, over, metric)
  if (!effect) return ''
  const { mean, overQueries, overUsers } = effect
  const bounds = [overQueries, overUsers]
    .map((one) => (isKnown(one) ? `${one.low.toFixed(3)}, ${one.high.toFixed(3)}` : '?'))
    .join(' | ')
  return `${mean.toFixed(3)} [${bounds}]`
}

/** Columns as wide as their widest; the first to the left. */
function aligned(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
