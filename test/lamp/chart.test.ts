import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import { UNKNOWN } from '../../main/evaluation/intervals.ts'
import { type Chart, drawChart } from '../../main/lamp/chart.ts'
import { linearScale, logScale, roundSteps } from '../../main/lamp/scale.ts'

const chart: Chart = {
  title: 'How much history does <a voice> need?',
  subtitle: 'headline, 2 users & 9 queries',
  note: 'Whiskers: 95% intervals.',
  x: { label: 'items of history', categories: ['5', '10', 'all'] },
  y: { label: 'gain, nats per token' },
  joined: true,
  series: [
    {
      name: 'voice',
      points: [
        { x: 0, y: -0.1, low: -0.2, high: 0.05 },
        { x: 1, y: 0.2, low: 0.1, high: 0.3 },
        { x: 2, y: 0.4, ...UNKNOWN },
      ],
    },
  ],
}

function drawn(what: Chart) {
  const { document } = parseHTML(`<html><body>${drawChart(what)}</body></html>`)
  const all = (css: string) => [...document.querySelectorAll(css)]
  return { all, texts: all('text').map((one) => one.textContent), document }
}

const numbers = (path: string | null | undefined): number[] =>
  (path?.match(/-?\d+(\.\d+)?/g) ?? []).map((one) => Number(one))

describe('a chart', () => {
  it('names itself, its axes and every point, for eyes and without', () => {
    const { texts, document } = drawn(chart)
    expect(document.querySelector('svg')?.getAttribute('role')).toBe('img')
    expect(document.querySelector('title')?.textContent).toBe(chart.title)
    const told = document.querySelector('desc')?.textContent
    expect(told).toContain('5: −0.1 (95% interval −0.2 to 0.05); 10: 0.2 (95% interval 0.1 to 0.3); all: 0.4.')
    for (const words of [chart.title, chart.subtitle, chart.note, 'items of history', 'gain, nats per token', 'all'])
      expect(texts).toContain(words)
    expect(texts).toContain('−0.10')
  })

  it('puts marks, whiskers and the line where the axis says', () => {
    const { all } = drawn(chart)
    const places = numbers(all('polyline')[0]?.getAttribute('points'))
    const marks = all('circle.mark').map((one) => [one.getAttribute('cx'), one.getAttribute('cy')].map(Number))
    expect(marks.flat()).toEqual(places)
    const zero = numbers(all('path.zero')[0]?.getAttribute('d'))[1] as number
    const [low, middle] = marks as [number[], number[]]
    // A mean below zero stands below the line of zero, and twice the value at twice the distance.
    expect((low[1] as number) - zero).toBeCloseTo((zero - (middle[1] as number)) / 2, 0)
    expect(all('path.whisker')).toHaveLength(2)
    const [x, from, to] = numbers(all('path.whisker')[1]?.getAttribute('d'))
    expect(x).toBe(middle[0])
    expect(((from as number) + (to as number)) / 2).toBeCloseTo(middle[1] as number, 0)
    expect(all('circle.hollow')).toHaveLength(1)
  })

  it('tells series apart by mark and by name, and sets them beside each other', () => {
    const [first] = chart.series
    const two = {
      ...chart,
      series: [
        first as Chart['series'][number],
        { name: 'with retrieval', points: [{ x: 1, y: 0.3, low: 0.2, high: 0.35 }] },
      ],
    }
    const { all, texts } = drawn(two)
    expect(texts).toContain('with retrieval')
    // One in the picture, one in the legend.
    expect(all('rect.mark')).toHaveLength(2)
    const square = all('rect.mark').at(-1)
    expect(Number(square?.getAttribute('x')) + 4).toBeGreaterThan(Number(all('circle.mark')[2]?.getAttribute('cx')))
    expect(all('text.value')).toEqual([])
  })

  it('spreads counts over powers', () => {
    const counts = [11_520, 57_600, 460_800, 3_700_000]
    const points = counts.map((x, i) => ({ x, y: i, low: i - 0.2, high: i + 0.2 }))
    const { all, texts, document } = drawn({
      ...chart,
      x: { label: 'numbers trained', log: true },
      series: [{ name: 'a', points }],
    })
    expect(texts).toContain('100 k')
    expect(document.querySelector('desc')?.textContent).toContain('11,520: 0 ')
    const at = all('circle.mark').map((one) => Number(one.getAttribute('cx')))
    expect(((at[1] as number) - (at[0] as number)) / ((at[2] as number) - (at[1] as number))).toBeCloseTo(
      Math.log(57_600 / 11_520) / Math.log(460_800 / 57_600),
      1,
    )
  })

  it('draws a single point, even one of zero, and refuses none', () => {
    const points = [{ x: 0, y: 0, ...UNKNOWN }]
    expect(drawChart({ ...chart, series: [{ name: 'a', points }] })).not.toContain('NaN')
    expect(
      drawChart({
        ...chart,
        x: { label: 'n', log: true },
        series: [{ name: 'a', points: [{ x: 8, y: 1, ...UNKNOWN }] }],
      }),
    ).not.toContain('NaN')
    expect(() => drawChart({ ...chart, series: [{ name: 'a', points: [] }] })).toThrow('has no points')
  })
})

describe('scales', () => {
  it('choose round steps around the values', () => {
    expect(roundSteps(-0.12, 0.95, 6)).toEqual([-0.2, 0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(roundSteps(0, 3, 5)).toEqual([0, 1, 2, 3])
    expect(roundSteps(0, 0.0021, 4)).toEqual([0, 0.001, 0.002, 0.003])
    expect(() => roundSteps(1, 1, 4)).toThrow('has no length')
  })

  it('place values', () => {
    const linear = linearScale([0, 0.9], [100, 0])
    expect([linear.at(0), linear.at(0.5), linear.at(1)]).toEqual([100, 50, 0])
    const log = logScale([1000, 100_000], [0, 100])
    expect(log.at(10_000)).toBeCloseTo(50, 10)
    expect(log.ticks).toEqual([1000, 10_000, 100_000])
    expect(() => logScale([0, 1], [0, 1])).toThrow('from 0 to 1')
  })
})
