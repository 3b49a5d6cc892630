/**
 * Pictures of studies: means with their intervals, as SVG text. Readable in light and dark, in grey (each series has its
 * own mark) and without eyes (title and description). Knows points and words; not what was studied.
 */
import { type Bounds, isKnown } from '../evaluation/intervals.ts'
import { linearScale, logScale, type Scale } from './scale.ts'

/** A mean and its interval at a place on the x axis. */
export interface ChartPoint extends Bounds {
  /** Index into the categories, or a number above 0 on a logarithmic axis. */
  x: number
  y: number
  /** Beside the mark; default the mean where the chart has one series. */
  label?: string
}

export interface ChartSeries {
  name: string
  points: ChartPoint[]
}

export interface Chart {
  /** The question that the picture answers. */
  title: string
  /** Who and what was measured, in a line. */
  subtitle: string
  /** Under the picture: what the whiskers are, and what else must be known. */
  note?: string
  x: { label: string; categories: string[] } | { label: string; log: true }
  y: { label: string }
  /** Points of a series are joined by a line: the order of x means something. */
  joined: boolean
  series: ChartSeries[]
}

const WIDTH = 720
const LEFT = 72
const RIGHT = 28
const FONT = 13
/** Width of a letter over the font's size, a little more than most fonts have. */
const LETTER = 0.56

/** Ink and grounds of the app's own themes (renderer/styles/tokens.css); media queries work inside an <img> too. */
const LIGHT = { paper: '#fbf9f3', ink: '#22252c', soft: '#565760', rule: '#dfd7c6', zero: '#8d8676' }
const DARK = { paper: '#1a1e25', ink: '#e8e3d8', soft: '#aaa69c', rule: '#2e343d', zero: '#6b717b' }
const COLOURS = [
  ['#1d6658', '#83cbb8'],
  ['#8a5a12', '#d9ab63'],
  ['#9c322b', '#e58f83'],
  ['#4a5a8c', '#a3b4e6'],
  ['#565760', '#aaa69c'],
] as const

/** @returns a whole SVG file. Throws RangeError for a chart without a point. */
export function drawChart(chart: Chart): string {
  const points = chart.series.flatMap((series) => series.points)
  if (points.length === 0) throw new RangeError(`the chart "${chart.title}" has no points`)
  const title = wrapped(chart.title, 18)
  const subtitle = wrapped(chart.subtitle, FONT)
  const note = wrapped(chart.note ?? '', 12)
  const legend = chart.series.length > 1 ? legendRows(chart.series) : []
  const legendTop = 40 + title.length * 24 + subtitle.length * 18
  const top = legendTop + legend.length * 22 + 16
  const bottom = top + 280
  const height = bottom + 66 + note.length * 17

  const values = points.flatMap(({ y, low, high }) => (isKnown({ low, high }) ? [y, low, high] : [y]))
  const least = Math.min(0, ...values)
  const most = Math.max(0, ...values)
  const y = linearScale([least, most > least ? most : least + 1], [bottom, top], 6)
  const x = placesOf(chart, points)

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escaped(chart.title)}</title>`,
    `<desc id="desc">${escaped(description(chart))}</desc>`,
    style(),
    `<rect class="paper" width="${WIDTH}" height="${height}" rx="6"/>`,
    ...title.map((line, i) => text(24, 36 + i * 24, line, 'title')),
    ...subtitle.map((line, i) => text(24, 36 + title.length * 24 + i * 18, line, 'soft')),
    ...legend.flatMap((row, r) => row.map(({ at, name, index }) => legendEntry(at, legendTop + r * 22, name, index))),
    ...yAxis(y, chart.y.label, top, bottom),
    ...xAxis(chart, x, bottom),
    ...chart.series.flatMap((series, index) => drawSeries(chart, series, index, x, y)),
    ...note.map((line, i) => text(24, bottom + 68 + i * 17, line, 'note')),
    '</svg>',
    '',
  ].join('\n')
}

interface Places extends Scale {
  /** Where the mark of a series stands: beside each other where they share a place. */
  of(point: ChartPoint, series: number): number
}

function placesOf(chart: Chart, points: ChartPoint[]): Places {
  if ('log' in chart.x) {
    const values = points.map((point) => point.x)
    const scale = logScale([Math.min(...values), Math.max(...values)], [LEFT, WIDTH - RIGHT])
    return { ...scale, of: (point) => scale.at(point.x) }
  }
  const width = (WIDTH - RIGHT - LEFT) / chart.x.categories.length
  const at = (index: number): number => LEFT + (index + 0.5) * width
  const count = chart.series.length
  const apart = Math.min(26, (width * 0.7) / count)
  return {
    at,
    ticks: chart.x.categories.map((_, i) => i),
    of: (point, series) => at(point.x) + (series - (count - 1) / 2) * apart,
  }
}

function drawSeries(chart: Chart, { points }: ChartSeries, index: number, x: Places, y: Scale): string[] {
  const colour = `s${index % COLOURS.length}`
  const line = points.map((point) => `${round(x.of(point, index))},${round(y.at(point.y))}`).join(' ')
  return [
    ...(chart.joined && points.length > 1 ? [`<polyline class="line ${colour}" points="${line}"/>`] : []),
    ...points.flatMap((point) => {
      const left = x.of(point, index)
      const middle = y.at(point.y)
      const label = point.label ?? (chart.series.length === 1 ? signed(point.y) : '')
      return [
        ...(isKnown(point) ? [whisker(left, y.at(point.low), y.at(point.high), colour)] : []),
        mark(left, middle, index, isKnown(point)),
        ...(label === '' ? [] : [text(left + 9, middle + 4, label, 'value')]),
      ]
    }),
  ]
}

function whisker(x: number, low: number, high: number, colour: string): string {
  const [l, h, at] = [round(low), round(high), round(x)]
  const cap = (y: number): string => `M${round(x - 5)} ${y}H${round(x + 5)}`
  return `<path class="whisker ${colour}" d="M${at} ${l}V${h}${cap(l)}${cap(h)}"/>`
}

/** A shape for each series; hollow where no interval is known. */
function mark(x: number, y: number, index: number, solid: boolean): string {
  const css = `class="mark s${index % COLOURS.length}${solid ? '' : ' hollow'}"`
  const [cx, cy] = [round(x), round(y)]
  const shapes = [
    `<circle ${css} cx="${cx}" cy="${cy}" r="4.5"/>`,
    `<rect ${css} x="${round(x - 4)}" y="${round(y - 4)}" width="8" height="8"/>`,
    `<path ${css} d="M${cx} ${round(y - 5.5)}L${round(x + 5.5)} ${cy}L${cx} ${round(y + 5.5)}L${round(x - 5.5)} ${cy}Z"/>`,
    `<path ${css} d="M${cx} ${round(y - 5)}L${round(x + 5)} ${round(y + 4)}H${round(x - 5)}Z"/>`,
    `<path ${css} d="M${cx} ${round(y + 5)}L${round(x + 5)} ${round(y - 4)}H${round(x - 5)}Z"/>`,
  ]
  return shapes[index % shapes.length] as string
}

function yAxis(y: Scale, label: string, top: number, bottom: number): string[] {
  const lines = y.ticks.map((tick) => {
    const at = round(y.at(tick))
    return `<path class="${tick === 0 ? 'zero' : 'rule'}" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/>`
  })
  const middle = round((top + bottom) / 2)
  return [
    ...lines,
    ...y.ticks.map((tick) => text(LEFT - 10, y.at(tick) + 4, number(tick), 'tick end')),
    `<text class="axis middle" transform="translate(20 ${middle}) rotate(-90)">${escaped(label)}</text>`,
  ]
}

function xAxis(chart: Chart, x: Places, bottom: number): string[] {
  const names = 'log' in chart.x ? x.ticks.map(counted) : chart.x.categories
  return [
    ...('log' in chart.x ? x.ticks.map((tick) => `<path class="zero" d="M${round(x.at(tick))} ${bottom}v5"/>`) : []),
    ...x.ticks.map((tick, i) => text(x.at(tick), bottom + 20, names[i] ?? '', 'tick middle')),
    text((LEFT + WIDTH - RIGHT) / 2, bottom + 44, chart.x.label, 'axis middle'),
  ]
}

interface LegendPlace {
  at: number
  name: string
  index: number
}

function legendRows(series: ChartSeries[]): LegendPlace[][] {
  const rows: LegendPlace[][] = [[]]
  let at = 24
  series.forEach(({ name }, index) => {
    const width = 18 + name.length * FONT * LETTER + 22
    if (at + width > WIDTH - RIGHT && at > 24) {
      rows.push([])
      at = 24
    }
    rows.at(-1)?.push({ at, name, index })
    at += width
  })
  return rows
}

function legendEntry(at: number, y: number, name: string, index: number): string {
  return mark(at + 6, y, index, true) + text(at + 18, y + 4.5, name, 'legend')
}

function style(): string {
  const rules = (theme: typeof LIGHT, which: 0 | 1): string =>
    [
      `.paper{fill:${theme.paper}}`,
      `.title,.legend,.value{fill:${theme.ink}}`,
      `.soft,.note,.tick,.axis{fill:${theme.soft}}`,
      `.rule{stroke:${theme.rule}}.zero{stroke:${theme.zero}}`,
      ...COLOURS.map((pair, i) => `.s${i}{fill:${pair[which]};stroke:${pair[which]}}`),
      `.hollow{fill:${theme.paper}}.value{stroke:${theme.paper}}`,
    ].join('')
  return [
    '<style>',
    `text{font:400 ${FONT}px "Instrument Sans","Segoe UI",system-ui,"Noto Sans",sans-serif}`,
    '.title{font:500 18px "Literata","Iowan Old Style","Noto Serif",Georgia,serif}',
    '.note,.value{font-size:12px}.tick,.value{font-variant-numeric:tabular-nums}',
    // A rim of paper keeps a number readable on a line.
    '.value{paint-order:stroke;stroke-width:4;stroke-linejoin:round}',
    '.middle{text-anchor:middle}.end{text-anchor:end}',
    '.rule,.zero{stroke-width:1;fill:none}.mark{stroke-width:1.5}',
    rules(LIGHT, 0),
    `@media (prefers-color-scheme: dark){${rules(DARK, 1)}}`,
    '.whisker,.line{fill:none}.whisker{stroke-width:1.5}.line{stroke-width:1.5;stroke-opacity:.45}',
    '</style>',
  ].join('\n')
}

/** Everything that the picture shows, in words. */
function description(chart: Chart): string {
  const { x } = chart
  const place = (point: ChartPoint): string => ('log' in x ? counted(point.x) : (x.categories[point.x] ?? ''))
  const parts = chart.series.map(({ name, points }) => {
    const told = points.map((point) => {
      const bounds = isKnown(point) ? ` (95% interval ${number(point.low)} to ${number(point.high)})` : ''
      return `${place(point)}: ${number(point.y)}${bounds}`
    })
    return `${chart.series.length > 1 ? `${name}: ` : ''}${told.join('; ')}.`
  })
  return [`${chart.subtitle}.`, `${chart.y.label} by ${x.label}.`, ...parts, chart.note ?? ''].join(' ').trim()
}

/** Lines that fit the picture's width at this size. */
function wrapped(words: string, size: number): string[] {
  const room = Math.floor((WIDTH - 48) / (size * LETTER * 0.93))
  const lines: string[] = []
  for (const word of words.split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

function text(x: number, y: number, words: string, css: string): string {
  return `<text class="${css}" x="${round(x)}" y="${round(y)}">${escaped(words)}</text>`
}

/** As many decimals as the value needs, three at most; a true minus sign. */
function number(value: number): string {
  return Number(value.toFixed(3)).toString().replace('-', '−')
}

function signed(value: number): string {
  return value.toFixed(Math.abs(value) < 0.01 ? 3 : 2).replace('-', '−')
}

/** 11,520 as `11,520`, 461,000 as `461 k`, 3,700,000 as `3.7 M`. */
function counted(value: number): string {
  if (value >= 1e6) return `${number(Number((value / 1e6).toPrecision(3)))} M`
  if (value >= 1e5) return `${Math.round(value / 1e3)} k`
  return value >= 1e3 ? String(Math.round(value)).replace(/(\d)(?=(\d{3})+$)/g, '$1,') : number(value)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** For XML; signs that XML 1.0 forbids are left out. */
function escaped(words: string): string {
  return words
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
