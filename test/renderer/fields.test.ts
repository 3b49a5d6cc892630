/**
 * A field that is bound to a `$derived` value forgets what was typed whenever the value behind it is read anew, though
 * nothing of it may have changed: each list from the host is made of other objects. So a field's default is derived,
 * and what was typed stands before it: `typed ?? default`.
 */
import { type AST, parse } from 'svelte/compiler'
import { describe, expect, it } from 'vitest'
import { components } from '../helpers/components.ts'

const isSlider = (attributes: AST.RegularElement['attributes']): boolean =>
  attributes.some(
    (one) => one.type === 'Attribute' && one.name === 'type' && JSON.stringify(one.value).includes('"range"'),
  )

/** `name, line` of each field that is bound to what is derived. */
function boundToDerived(source: string): string[] {
  const found: string[] = []
  const derived = new Set(
    [...source.matchAll(/\b(?:let|const) (\w+)(?:: [^=]+)? = \$derived\b/g)].map(([, name]) => name),
  )
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return
    for (const value of Object.values(node)) if (value !== null && typeof value === 'object') visit(value)
    const { type, name, attributes } = node as AST.RegularElement
    // What is pressed or dragged, as a slider, is done with when it is let go.
    if (type !== 'RegularElement' || !/^(input|textarea)$/.test(name)) return
    for (const binding of attributes) {
      if (binding.type !== 'BindDirective' || binding.name !== 'value' || isSlider(attributes)) continue
      if (binding.expression.type === 'Identifier' && derived.has(binding.expression.name))
        found.push(`${binding.expression.name}, line ${source.slice(0, binding.start).split('\n').length}`)
    }
  }
  visit(parse(source, { modern: true }).fragment)
  return found
}

describe('fields', () => {
  it('keep what was typed, whatever is read anew behind them', () => {
    const found = components().flatMap(({ name, source }) => boundToDerived(source).map((field) => `${name}: ${field}`))
    expect(found).toEqual([])
  })

  it('are found that would not', () => {
    const field = (script: string, value: string): string =>
      `<script lang="ts">${script}</script>\n<input bind:value={${value}} />`
    expect(boundToDerived(field('let name = $derived(voice.name)', 'name'))).toEqual(['name, line 2'])
    expect(boundToDerived(field('let name: string = $derived.by(() => voice.name)', 'name'))).toEqual(['name, line 2'])
    expect(boundToDerived(field('let name = $state(voice.name)', 'name'))).toEqual([])
    expect(
      boundToDerived(field('const name = $derived(typed ?? voice.name)', '() => name, (given) => (typed = given)')),
    ).toEqual([])
  })
})
