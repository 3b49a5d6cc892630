/** Numbers and Markdown tables of the bench. */
import type { Bar, Table } from './types.ts'

export function markdown({ title, head, rows, notes }: Table): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const table = [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
  const said = notes.map((note) => `- ${note}`).join('\n')
  return [`### ${title}`, table, ...(said === '' ? [] : [said])].join('\n\n')
}

export function barTable(bars: readonly Bar[]): Table {
  const answer = ({ met }: Bar): string => (met === null ? 'not measured' : met ? 'yes' : 'no')
  return {
    title: 'Bars',
    head: ['bar', 'wanted', 'measured', 'met'],
    rows: bars.map((bar) => [bar.bar, bar.wanted, bar.measured, answer(bar)]),
    notes: [],
  }
}

/** Middle value; the mean of the two middle ones of an even count. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  if (sorted.length % 2 === 1) return sorted[middle] as number
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** `1.23 (1.10 to 1.31)`: median and whole spread. */
export function spread(values: readonly number[], digits = 2): string {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const middle = median(values).toFixed(digits)
  return values.length > 1 ? `${middle} (${low.toFixed(digits)} to ${high.toFixed(digits)})` : middle
}

/** Decimal gigabytes with two digits. */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`
}
