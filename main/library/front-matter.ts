/**
 * The block of facts before a text: YAML between `---` lines, TOML between `+++` lines, or JSON in braces. Knows where
 * it stands and what it says; what the facts mean is for facts.ts.
 */
import { createRequire } from 'node:module'
import { type Document, parseDocument } from 'yaml'
import { because, type Reason } from '../said.ts'

const load = createRequire(import.meta.url)
/** Read from disk with the first TOML there is: the app's start does without it. */
const toml = (): typeof import('smol-toml') => load('smol-toml')

export interface FrontMatter {
  data: Record<string, unknown>
  body: string
}

export type FrontMatterResult = FrontMatter | Reason

export interface Block {
  mark: '---' | '+++'
  /** Between the lines of marks, as it stands in the text. */
  matter: string
  /** Where it begins in the text. */
  at: number
  /** As the block's first line ends. */
  end: string
  /** What stands behind the line that closes it. */
  body: string
}

/**
 * Splits `text`. A text without front matter has empty data. Common slips are forgiven (tabs, a title with an
 * unquoted colon, a key given twice); what still cannot be understood is a reason that names the line.
 */
export function splitFrontMatter(text: string): FrontMatterResult {
  const block = findBlock(text)
  if (block === null) return jsonMatter(text) ?? { data: {}, body: text }
  if ('reason' in block) return block
  const firstLine = text.slice(0, block.at).split('\n').length
  return block.mark === '---'
    ? yamlMatter(block.matter, firstLine, block.body)
    : tomlMatter(block.matter, firstLine, block.body)
}

/** A name as it is most often written: one word of any script. */
const ONE_WORD = /^\s*(?:#.*\n\s*)*["']?[\p{L}\p{N}_-][\p{L}\p{M}\p{N}_.-]*["']?\s*[:=](?!\/\/)/u
const TOML_HEAD = /^\s*(?:#.*\n\s*)*\[[^\]\n]+\]/
const ASCII_WORD = /^\s*(?:#.*\n\s*)*["']?[\w-]+["']?\s*[:=]/
/** `date created: …`: a name of up to four words, where prose would have a blank line above it. */
const SOME_WORDS = /^(?:#.*\n)*["']?[\p{L}\p{M}\p{N}_.-]+(?: [\p{L}\p{M}\p{N}_.-]+){1,3}["']?\s*:(?=\s)/u

/** Where the block of YAML or TOML stands; null where there is none. Line ends may be of either kind. */
export function findBlock(text: string): Block | Reason | null {
  const opening = /^\s*(---|\+\+\+)[ \t]*(\r?\n)/.exec(text)
  if (!opening) return null
  const mark = opening[1] as Block['mark']
  const at = opening[0].length
  const rest = text.slice(at)
  const closing = (mark === '+++' ? /^\+\+\+[ \t]*\r?$/m : /^(?:---|\.\.\.)[ \t]*\r?$/m).exec(rest)
  if (!closing) {
    // A lone rule at the top is only a rule.
    if (!ASCII_WORD.test(rest.replaceAll('\r\n', '\n'))) return null
    return because('skip.openMatter', opening[0].split('\n').length - 1, mark)
  }
  const matter = rest.slice(0, closing.index)
  if (matter.trim() !== '' && !looksLikeFacts(matter.replaceAll('\r\n', '\n'), mark)) return null
  const body = rest.slice(closing.index + closing[0].replace('\r', '').length)
  return { mark, matter, at, end: opening[2] ?? '\n', body }
}

function looksLikeFacts(matter: string, mark: Block['mark']): boolean {
  if (ONE_WORD.test(matter) || (mark === '+++' && TOML_HEAD.test(matter))) return true
  // Two rules may stand around prose that has a colon: then it is no list of short names.
  const data = mark === '---' && SOME_WORDS.test(matter) ? readYaml(matter).data : null
  return data !== null && Object.keys(data).every((key) => key.length <= 40 && key.split(' ').length <= 4)
}

function yamlMatter(matter: string, firstLine: number, body: string): FrontMatterResult {
  const { data, error } = readYaml(matter)
  if (data !== null) return { data, body }
  const line = firstLine + (error?.linePos?.[0].line ?? 1) - 1
  const what = error
    ? (error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '')
    : 'it is no list of names and values'
  return because('skip.badMatter', line, what)
}

interface YamlRead {
  /** Null where it is no list of names and values. */
  data: Record<string, unknown> | null
  error: Document.Parsed['errors'][number] | undefined
}

/** Deeper than any facts: near the stack's end V8 ends the whole process, where a regular expression is compiled there. */
const DEEPEST = 100

function isTooDeep(matter: string): boolean {
  let open = 0
  for (const line of matter.split('\n')) {
    if ((line.match(/(?:^|\s)[-?:](?=\s)/g) ?? []).length > DEEPEST || /^[ \t]{1000}/.test(line)) return true
    for (const sign of line.match(/[[\]{}]/g) ?? []) {
      open = Math.max(0, open + (sign === '[' || sign === '{' ? 1 : -1))
      if (open > DEEPEST) return true
    }
  }
  return false
}

function readYaml(matter: string): YamlRead {
  if (isTooDeep(matter)) return { data: null, error: undefined }
  const tabless = indentQuoted(matter.replaceAll('\t', '  '))
  const attempts = [matter, tabless, quoteLoneColons(tabless)]
  let first: Document.Parsed | null = null
  for (const attempt of attempts) {
    const document = parseDocument(attempt, { schema: 'core', uniqueKeys: false, strict: false, logLevel: 'silent' })
    first ??= document
    if (document.errors.length > 0) continue
    let value: unknown
    try {
      value = document.toJS({ maxAliasCount: 100 })
    } catch {
      continue
    }
    if (value === null || value === undefined) return { data: {}, error: undefined }
    if (typeof value === 'object' && !Array.isArray(value))
      return { data: value as Record<string, unknown>, error: undefined }
  }
  return { data: null, error: first?.errors[0] }
}

/** Indents the further lines of a quoted value, which Ruby's YAML takes as they stand and ours does not. */
function indentQuoted(matter: string): string {
  let quote = ''
  const lines = matter.split('\n').map((line) => {
    const continued = quote !== ''
    const opened = continued ? null : /^[\w-]+:\s+(["'])/.exec(line)
    if (opened) quote = opened[1] ?? ''
    if (quote !== '') {
      const value = (opened ? line.slice(opened[0].length) : line).replace(/\\./g, '')
      if (value.replaceAll(quote + quote, '').includes(quote) || (opened && value === quote)) quote = ''
    }
    return continued ? `  ${line}` : line
  })
  return lines.join('\n')
}

/** `title: One: two` -> `title: "One: two"`, for top-level keys with a plain value. */
function quoteLoneColons(matter: string): string {
  const plain = /^([\p{L}\p{N}_-][\p{L}\p{M}\p{N}_. -]*?):[ ]+([^\s"'[{|>&*!%@`#].*?)[ ]*$/gmu
  return matter.replace(plain, (line, key: string, value: string) =>
    /: |:$| #/.test(value) ? `${key}: ${JSON.stringify(value)}` : line,
  )
}

function tomlMatter(matter: string, firstLine: number, body: string): FrontMatterResult {
  const { parse, TomlError } = toml()
  try {
    return { data: plainDates(parse(matter)) as Record<string, unknown>, body }
  } catch (error) {
    const at = error instanceof TomlError ? error.line : 1
    const line = matter.split('\n')[at - 1] ?? ''
    return because('skip.badMatter', firstLine + at - 1, JSON.stringify(line.trim().slice(0, 60)))
  }
}

/** Dates as text, with the zone that they were written in. */
function plainDates(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().replace('.000', '')
  if (Array.isArray(value)) return value.map(plainDates)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainDates(inner)]))
}

/** Hugo's third way: an object whose last brace stands at the margin, alone. Null where there is none. */
function jsonMatter(text: string): FrontMatter | null {
  const opening = /^\s*\{(?=\s*["}])/.exec(text)
  const closing = opening ? /^\}[ \t]*$/m.exec(text) : null
  if (!closing) return null
  const end = closing.index + closing[0].length
  try {
    return { data: JSON.parse(text.slice(0, end)) as Record<string, unknown>, body: text.slice(end) }
  } catch {
    return null
  }
}
