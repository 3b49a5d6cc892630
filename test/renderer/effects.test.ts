/**
 * An effect follows every rune that is read while it runs, also those that a store reads for itself before it first
 * waits. One that starts such a method runs again with whatever the method changes, for ever in the worst case; so what
 * an effect sets going, and wants no value of, it does within `untrack`.
 */
import { parse } from 'svelte/compiler'
import { describe, expect, it } from 'vitest'
import { components } from '../helpers/components.ts'

interface Node {
  type: string
  start: number
  [key: string]: unknown
}
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
const inner = (node: Node): Node[] => Object.values(node).flat().filter(isNode)
const nameOf = (node: unknown): string => (isNode(node) && node.type === 'Identifier' ? String(node.name) : '')
const calls = (node: Node, name: string): boolean => node.type === 'CallExpression' && nameOf(node.callee) === name

/** It unregisters what it registers and follows nobody: see CommandStore. */
const FOLLOWS_NOTHING = /^commands\.register(All)?$/

/** `store.method` or `function` that a call begins with, also before `.then(…)`. */
function called(node: Node): string {
  if (node.type === 'ChainExpression') return called(node.expression as Node)
  const callee = node.callee as Node
  if (callee.type !== 'MemberExpression') return nameOf(callee)
  let owner = callee.object as Node
  if (owner.type === 'CallExpression') return called(owner)
  while (owner.type === 'MemberExpression') owner = owner.object as Node
  return `${nameOf(owner)}.${nameOf(callee.property)}`
}

/** What the component's own functions, its stores and its properties are called. */
function followed(script: Node): Set<string> {
  const names = new Set<string>()
  const visit = (node: Node): void => {
    if (node.type === 'FunctionDeclaration') names.add(nameOf(node.id))
    if (node.type === 'VariableDeclarator' && isNode(node.init) && isNode(node.id)) {
      if (calls(node.init, 'getStores') || calls(node.init, '$props'))
        for (const property of inner(node.id)) names.add(nameOf(property.key))
    }
    inner(node).forEach(visit)
  }
  visit(script)
  return names
}

/** `call, line` of each call that an effect makes for what it does, and follows. */
function followedCalls(source: string): string[] {
  const found: string[] = []
  const script = parse(source, { modern: true }).instance?.content as unknown as Node | undefined
  if (!script) return found
  const names = followed(script)
  const take = (node: Node): void => {
    const name = called(node)
    const [root = ''] = name.split('.')
    if (root !== '' && names.has(root) && !FOLLOWS_NOTHING.test(name))
      found.push(`${name}, line ${source.slice(0, node.start).split('\n').length}`)
  }
  const isCall = (node: unknown): node is Node =>
    isNode(node) && (node.type === 'CallExpression' || node.type === 'ChainExpression')
  /** What runs while the effect does, and nothing that runs later. */
  const run = (node: Node): void => {
    if (/Function/.test(node.type) || calls(node, 'untrack')) return
    const done = node.type === 'ExpressionStatement' ? node.expression : node.operator === 'void' ? node.argument : null
    if (isCall(done) && !calls(done, 'untrack')) take(done)
    inner(node).forEach(run)
  }
  const visit = (node: Node): void => {
    if (calls(node, '$effect')) {
      const [callback] = node.arguments as Node[]
      const body = callback?.body as Node
      if (isCall(body)) take(body)
      run(body)
      return
    }
    inner(node).forEach(visit)
  }
  visit(script)
  return found
}

describe('what effects follow', () => {
  it('is nothing that they set going', () => {
    const found = components().flatMap(({ name, source }) => followedCalls(source).map((call) => `${name}: ${call}`))
    expect(found).toEqual([])
  })

  it('is found where it is', () => {
    const component = (body: string): string =>
      `<script lang="ts">const { models, commands } = getStores()\nlet { store } = $props()\nasync function look(): Promise<void> {}\n${body}</script>`
    const wrong = [
      '$effect(() => {\nvoid models.load()\n})',
      '$effect(() => void look())',
      '$effect(() => {\nif (open) void store.read().then((found) => (list = found))\n})',
      '$effect(() => {\nstore.side.forget()\n})',
    ]
    expect(wrong.map((body) => followedCalls(component(body)).length)).toEqual([1, 1, 1, 1])
    const right = [
      '$effect(() => {\nvoid watched\nuntrack(() => void models.load())\nvoid untrack(() => look())\n})',
      '$effect(() => commands.register({ run: () => void models.load() }))',
      '$effect(() => {\nconst known = models.of(id)\nelement?.scrollTo(known)\n})',
      '$effect(() => {\nconst timer = setTimeout(() => void models.load())\n})',
    ]
    expect(right.flatMap((body) => followedCalls(component(body)))).toEqual([])
  })
})
