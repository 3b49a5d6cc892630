/**
 * ARIA 1.2 forbids names for some roles (its section 5.2.8.6), and HTML gives elements such roles. axe, in the specs,
 * sees that only where such an element has no text, so with most pages not at all.
 */
import { type AST, parse } from 'svelte/compiler'
import { describe, expect, it } from 'vitest'
import { components } from '../helpers/components.ts'

const NAMELESS =
  /^(abbr|b|bdi|bdo|cite|code|data|del|dfn|div|em|i|ins|kbd|mark|p|q|s|samp|small|span|strong|sub|sup|time|u|var)$/

/** `tag, line` of each element whose name is forbidden. */
function misnamed(source: string): string[] {
  const found: string[] = []
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return
    for (const value of Object.values(node)) if (value !== null && typeof value === 'object') visit(value)
    const { type, name, attributes, start } = node as AST.RegularElement
    if (type !== 'RegularElement' || !NAMELESS.test(name)) return
    const given = attributes.map((attribute) => (attribute.type === 'Attribute' ? attribute.name : ''))
    if (given.some((attribute) => /^aria-label(ledby)?$/.test(attribute)) && !given.includes('role'))
      found.push(`<${name}>, line ${source.slice(0, start).split('\n').length}`)
  }
  visit(parse(source, { modern: true }).fragment)
  return found
}

describe('names for assistive technology', () => {
  it('stand only where ARIA allows one', () => {
    const all = components()
    expect(all.length).toBeGreaterThan(50)
    const found = all.flatMap(({ name, source }) => misnamed(source).map((element) => `${name}: ${element}`))
    expect(found).toEqual([])
  })

  it('are found where it does not', () => {
    expect(misnamed('{#if a}\n<ins aria-label={b}>c</ins>{/if}<span role="img" aria-label="d"></span>')).toEqual([
      '<ins>, line 2',
    ])
  })
})
