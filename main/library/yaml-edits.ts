/** Edits that put tags and a score into YAML front matter, in the style that its author writes. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { because } from '../said.ts'
import { type Change, type Edit, type Edits, RATING_KEYS, scoreLike, TAG_KEYS } from './splice.ts'

/** How deep below the top the reader looks for a fact. */
const DEPTH = 3

interface Found {
  key: string
  keyNode: Scalar
  value: Node | null
}

/** @param matter what stands between the marks @param end as a line of it ends */
export function yamlEdits(matter: string, change: Change, end: string): Edits {
  // What the reader forgives (tabs, a bare colon) may stay: the result is read again by the caller.
  const document = parseDocument(matter, { schema: 'core', uniqueKeys: false, strict: false, logLevel: 'silent' })
  const top = isMap(document.contents) ? document.contents : null
  if (top?.flow) return because('write.braces')
  const edits: Edit[] = []
  const keys: string[] = []
  const add = (key: string, value: string): void => {
    keys.push(key)
    edits.push({
      from: matter.length,
      to: matter.length,
      text: `${lineBreakBefore(matter, end)}${key}: ${value}${end}`,
    })
  }
  if (change.tags) {
    const found = findTags(top)
    if (found) {
      const made = tagEdits(matter, found, change.tags, end)
      if (made === null) return because('write.unsafeKey', found.key, true)
      keys.push(found.key)
      edits.push(...made)
    } else add('tags', flow(change.tags, null))
  }
  if (change.rating !== undefined) {
    const found = find(top, RATING_KEYS, ({ value }) => value !== null && !isMap(value))
    if (found) {
      const edit = ratingEdit(matter, found, change.rating)
      if (edit === null) return because('write.unsafeKey', found.key, false)
      keys.push(found.key)
      edits.push(edit)
    } else add('rating', String(change.rating))
  }
  return { edits, keys }
}

const lineBreakBefore = (matter: string, end: string): string => (matter === '' || matter.endsWith('\n') ? '' : end)

/** As the reader looks: nearest to the top first, there by the order of `names`. */
function find(top: YAMLMap | null, names: readonly string[], accept: (found: Found) => boolean): Found | null {
  let level = top ? [top] : []
  for (let depth = 0; depth < DEPTH && level.length > 0; depth++) {
    for (const name of names) {
      for (const { items } of level) {
        for (const { key, value } of items as Pair<unknown, Node | null>[]) {
          if (!isScalar(key) || String(key.value).toLowerCase() !== name) continue
          const found: Found = { key: String(key.value), keyNode: key, value: isBlank(value) ? null : value }
          if (accept(found)) return found
        }
      }
    }
    level = level.flatMap(({ items }) =>
      items.map(({ value }) => value).filter((value): value is YAMLMap => isMap(value)),
    )
  }
  return null
}

const isBlank = (value: Node | null): boolean => isScalar(value) && (value.value === null || value.value === '')

/** The value that is read as the tags; else an empty one that waits for them. */
function findTags(top: YAMLMap | null): Found | null {
  for (const name of TAG_KEYS) {
    const full = find(top, [name], ({ value }) =>
      isSeq(value) ? value.items.length > 0 : value !== null && !isMap(value),
    )
    if (full) return full
  }
  return find(top, ['tags'], ({ value }) => !isMap(value))
}

function tagEdits(matter: string, { keyNode, value }: Found, tags: string[], end: string): Edit[] | null {
  const keyEnd = keyNode.range?.[1]
  if (keyEnd === undefined) return null
  if (value === null || (isScalar(value) && value.range?.[0] === value.range?.[1])) {
    const colon = matter.indexOf(':', keyEnd)
    if (colon < 0) return null
    // An empty value that is written out (~, "", null) goes.
    const rest = /^[ \t]*(?:~|null|""|'')?/i.exec(matter.slice(colon + 1))?.[0] ?? ''
    return [{ from: colon + 1, to: colon + 1 + rest.length, text: ` ${flow(tags, null)}` }]
  }
  const [from, to] = value.range ?? []
  if (from === undefined || to === undefined) return null
  if (isAlias(value)) return [{ from, to, text: flow(tags, null) }]
  if (isScalar(value)) return scalarEdit(matter, value, tags, from, to)
  if (!isSeq(value)) return null
  return value.flow ? flowEdits(matter, value, tags, from, to) : blockEdits(matter, value, tags, end)
}

/** `a, b` stays a line with commas where it is one; a single tag becomes a list. */
function scalarEdit(matter: string, value: Scalar, tags: string[], from: number, to: number): Edit[] | null {
  const quote = quoteOf(value)
  const old = String(value.value)
  if (matter.slice(from, to).includes('\n')) return null
  if (!old.includes(',') || tags.some((tag) => tag.includes(','))) return [{ from, to, text: flow(tags, quote) }]
  return [{ from, to, text: one(tags.join(', '), quote, false) }]
}

interface Kept {
  node: Scalar
  tag: string
  from: number
  to: number
}

/** Items with their places; null where one is no tag. */
function itemsOf(value: YAMLSeq): Kept[] | null {
  const items = value.items.map((node) => {
    const range =
      isScalar(node) && (typeof node.value === 'string' || typeof node.value === 'number') ? node.range : null
    return range && isScalar(node) ? { node, tag: String(node.value).trim(), from: range[0], to: range[1] } : null
  })
  return items.every((item) => item !== null) ? items : null
}

/** Do the tags that stay keep their order, with all new ones behind them? */
function addedTo(items: readonly Kept[], tags: readonly string[]): string[] | null {
  const kept = items.filter(({ tag }) => tags.includes(tag)).map(({ tag }) => tag)
  const begins = kept.every((tag, i) => tag === tags[i])
  return begins ? tags.slice(kept.length) : null
}

function flowEdits(matter: string, value: YAMLSeq, tags: string[], from: number, to: number): Edit[] | null {
  const items = itemsOf(value)
  if (!items) return null
  const added = addedTo(items, tags)
  const last = items.at(-1)
  const quote = items[0] ? quoteOf(items[0].node) : null
  const none = items.every(({ tag }) => tags.includes(tag))
  if (added && last && none)
    return added.map((tag) => ({ from: last.to, to: last.to, text: `, ${one(tag, quote, true)}` }))
  // Comments and lines of its own would be lost.
  if (/[\n#]/.test(matter.slice(from, to).replace(/(["'])(?:\\.|(?!\1).)*\1/g, ''))) return null
  const own = new Map(items.map((item) => [item.tag, matter.slice(item.from, item.to)]))
  const parts = tags.map((tag) => own.get(tag) ?? one(tag, quote, true))
  const inner = matter.slice(from + 1, items[0]?.from ?? from + 1)
  const air = /^[ \t]+$/.test(inner) ? ' ' : ''
  return [{ from, to, text: `[${air}${parts.join(', ')}${air}]` }]
}

function blockEdits(matter: string, value: YAMLSeq, tags: string[], end: string): Edit[] | null {
  const items = itemsOf(value)
  const last = items?.at(-1)
  if (!items || !last) return null
  const added = addedTo(items, tags)
  const quote = quoteOf((items[0] as Kept).node)
  const lines = items.map((item) => lineAround(matter, item))
  if (lines.some((line) => line === null)) return null
  const [head] = lines as Line[]
  if (added === null) {
    // Another order: each value changes in its own line, and what hangs on the line stays there.
    if (tags.length !== items.length) return null
    return items.map((item, i) => ({ from: item.from, to: item.to, text: one(tags[i] as string, quote, false) }))
  }
  const gone = (lines as Line[]).filter((_, i) => !tags.includes((items[i] as Kept).tag))
  const at = (lines.at(-1) as Line).to
  const open = at > 0 && matter[at - 1] !== '\n'
  const text = added.map((tag) => `${head?.before ?? '- '}${one(tag, quote, false)}${end}`).join('')
  return [
    ...gone.map(({ from, to }) => ({ from, to, text: '' })),
    ...(text === '' ? [] : [{ from: at, to: at, text: (open ? end : '') + text }]),
  ]
}

interface Line {
  from: number
  /** Behind its end. */
  to: number
  /** Indent and dash. */
  before: string
}

/** The one line of an item; null where it does not stand in one alone. */
function lineAround(matter: string, { from, to }: Kept): Line | null {
  const start = matter.lastIndexOf('\n', from - 1) + 1
  const before = matter.slice(start, from)
  const stop = matter.indexOf('\n', to)
  return /^[ \t]*-[ \t]+$/.test(before) && !matter.slice(from, to).includes('\n')
    ? { from: start, to: stop < 0 ? matter.length : stop + 1, before }
    : null
}

function ratingEdit(matter: string, { value }: Found, rating: number): Edit | null {
  if (!isScalar(value) || !value.range) return null
  const [from, to] = value.range
  const written = scoreLike(String(value.source ?? value.value), rating)
  if (written === null) return null
  const source = matter.slice(from, to)
  return { from, to, text: /^["']/.test(source) ? `${source[0]}${written}${source[0]}` : written }
}

type Quote = '"' | "'" | null

function quoteOf(node: Scalar): Quote {
  return node.type === 'QUOTE_DOUBLE' ? '"' : node.type === 'QUOTE_SINGLE' ? "'" : null
}

const flow = (tags: readonly string[], quote: Quote): string =>
  `[${tags.map((tag) => one(tag, quote, true)).join(', ')}]`

/** One value, quoted as the others or where it must be; by the older YAML's rules, under which `yes` is no word. */
function one(text: string, quote: Quote, inFlow: boolean): string {
  const style = quote === '"' ? 'QUOTE_DOUBLE' : quote === "'" ? 'QUOTE_SINGLE' : 'PLAIN'
  const options = {
    version: '1.1',
    lineWidth: 0,
    defaultStringType: style,
    collectionStyle: inFlow ? 'flow' : 'block',
  } as const
  const list = stringify([text], options).trim()
  return (inFlow ? list.replace(/^\[\s*|\s*\]$/g, '') : list.replace(/^-\s+/, '')).trim()
}
