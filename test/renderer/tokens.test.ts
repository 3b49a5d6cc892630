/** The palette's contrasts, computed from tokens.css as WCAG 2.2 does (relative luminance, sRGB). */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectFolder } from '../../main/entries.ts'

const css = readFileSync(path.join(projectFolder(), 'renderer', 'styles', 'tokens.css'), 'utf8')

type Palette = Map<string, { light: string; dark: string }>

/** The colours of one rule: `--ink: light-dark(#22252c, #e8e3d8);` */
function paletteOf(selector: string): Palette {
  const start = css.indexOf(`${selector} {`)
  expect(start, selector).toBeGreaterThanOrEqual(0)
  const body = css.slice(start, css.indexOf('\n}', start))
  return new Map(
    [...body.matchAll(/--([\w-]+): light-dark\((#[\da-f]{6}), (#[\da-f]{6})\);/g)].map(([, name, light, dark]) => [
      name ?? '',
      { light: light ?? '', dark: dark ?? '' },
    ]),
  )
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

const GROUNDS = ['paper', 'leaf', 'raised', 'sunk']
/** Text and the grounds that it stands on somewhere in the window. */
const TEXTS: Record<string, string[]> = {
  ink: [...GROUNDS, 'accent-soft', 'ochre-soft', 'madder-soft', 'mark'],
  'ink-soft': GROUNDS,
  accent: [...GROUNDS, 'accent-soft'],
  'accent-ink': ['accent', 'madder'],
  ochre: ['paper', 'leaf', 'raised', 'ochre-soft'],
  madder: ['paper', 'leaf', 'raised', 'madder-soft'],
}
/** What tells a control's edge or state, or is a bar in a chart: 3:1 (WCAG 1.4.11). */
const SIGNS: Record<string, string[]> = { 'rule-strong': ['paper', 'leaf', 'raised'], 'bar-base': ['paper', 'leaf'] }

function tooFaint(palette: Palette, pairs: Record<string, string[]>, least: number): string[] {
  const faint: string[] = []
  for (const [front, grounds] of Object.entries(pairs)) {
    for (const ground of grounds) {
      for (const scheme of ['light', 'dark'] as const) {
        const pair = [palette.get(front)?.[scheme], palette.get(ground)?.[scheme]]
        const found = pair[0] && pair[1] ? contrast(pair[0], pair[1]) : 0
        if (found < least) faint.push(`${front} on ${ground}, ${scheme}: ${found.toFixed(2)}`)
      }
    }
  }
  return faint
}

it('computes as WCAG does', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5)
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2)
})

describe('by day and by night', () => {
  const palette = paletteOf(':root')
  it('text stands at 4.5:1', () => expect(tooFaint(palette, TEXTS, 4.5)).toEqual([]))
  it('signs stand at 3:1', () => expect(tooFaint(palette, SIGNS, 3)).toEqual([]))
})

describe('with high contrast', () => {
  const palette = paletteOf(':root[data-contrast="more"]')
  it('every colour has its own value', () => {
    expect([...palette.keys()].sort()).toEqual([...paletteOf(':root').keys()].sort())
  })
  it('text stands at 7:1', () => expect(tooFaint(palette, TEXTS, 7)).toEqual([]))
  it('signs stand at 4.5:1, and so does every rule', () => {
    expect(tooFaint(palette, { ...SIGNS, rule: ['paper', 'leaf', 'raised'] }, 4.5)).toEqual([])
  })
})
