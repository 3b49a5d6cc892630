/** The block of facts before a text: YAML between `---` lines, or the simple part of TOML between `+++` lines. */
import { type Document, parseDocument } from 'yaml'
import { because, type Reason } from '../said.ts'

export interface FrontMatter {
  data: Record<string, unknown>
  body: string
}

export type FrontMatterResult = FrontMatter | Reason

/**
 * Splits `text`. A text without front matter has empty data. Common slips are forgiven (tabs, a title with an
 * unquoted colon, a key given twice); what still cannot be understood is a reason that names the line.
 */
export function splitFrontMatter(text: string): FrontMatterResult {
  const opening = /^\s*(---|\+\+\+)[ \t]*\n/.exec(text)
  if (!opening) return { data: {}, body: text }
  const mark = opening[1] === '+++' ? '\\+\\+\\+' : '(?:---|\\.\\.\\.)'
  const rest = text.slice(opening[0].length)
  const closing = new RegExp(`^${mark}[ \\t]*$`, 'm').exec(rest)
  const firstLine = opening[0].split('\n').length
  const looksLikeFacts = /^\s*(?:#.*\n\s*)*["']?[\w-]+["']?\s*[:=]/.test(rest)
  if (!closing) {
    // A lone rule at the top is only a rule.
    if (!looksLikeFacts) return { data: {}, body: text }
    return because('skip.openMatter', firstLine - 1, String(opening[1]))
  }
  const matter = rest.slice(0, closing.index)
  const body = rest.slice(closing.index + closing[0].length)
  if (matter.trim() !== '' && !looksLikeFacts) return { data: {}, body: text }
  return opening[1] === '---' ? yamlMatter(matter, firstLine, body) : tomlMatter(matter, firstLine, body)
}

function yamlMatter(matter: string, firstLine: number, body: string): FrontMatterResult {
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
    if (value === null || value === undefined) return { data: {}, body }
    if (typeof value === 'object' && !Array.isArray(value)) return { data: value as Record<string, unknown>, body }
  }
  const error = first?.errors[0]
  const line = firstLine + (error?.linePos?.[0].line ?? 1) - 1
  const what = error
    ? (error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '')
    : 'it is no list of names and values'
  return because('skip.badMatter', line, what)
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
  return matter.replace(/^([\w-]+):[ ]+([^\s"'[{|>&*!%@`#].*?)[ ]*$/gm, (line, key: string, value: string) =>
    /: |:$| #/.test(value) ? `${key}: ${JSON.stringify(value)}` : line,
  )
}

/** `key = value` lines and `[section]` heads: enough for the front matter that site builders write. */
function tomlMatter(matter: string, firstLine: number, body: string): FrontMatterResult {
  const data: Record<string, unknown> = {}
  let section = data
  // Arrays may run over lines: join them first.
  const lines = matter.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const from = index
    let line = (lines[index] ?? '').trim()
    if (line === '' || line.startsWith('#')) continue
    while (/=\s*\[/.test(line) && !line.endsWith(']') && index + 1 < lines.length)
      line += ` ${(lines[++index] ?? '').trim()}`
    const head = /^\[+([\w.-]+)\]+$/.exec(line)
    if (head) {
      section = {}
      data[head[1] ?? ''] = section
      continue
    }
    const pair = /^["']?([\w.-]+)["']?\s*=\s*(.+)$/.exec(line)
    const value = pair ? tomlValue(pair[2] ?? '') : undefined
    if (!pair || value === undefined) {
      return because('skip.badMatter', firstLine + from, JSON.stringify(line.slice(0, 60)))
    }
    section[pair[1] ?? ''] = value
  }
  return { data, body }
}

function tomlValue(text: string): unknown {
  const quoted = /^(?:"((?:[^"\\]|\\.)*)"|'([^']*)')\s*(?:#.*)?$/.exec(text)
  if (quoted) return quoted[2] ?? (quoted[1] ?? '').replace(/\\(.)/g, '$1')
  if (text.startsWith('[') && text.endsWith(']')) {
    const items = text.slice(1, -1).match(/"(?:[^"\\]|\\.)*"|'[^']*'|[^,\s]+/g) ?? []
    return items.map((item) => tomlValue(item))
  }
  const bare = text.replace(/\s+#.*$/, '')
  if (bare === 'true' || bare === 'false') return bare === 'true'
  if (/^[+-]?\d+(\.\d+)?$/.test(bare)) return Number(bare)
  if (/^\d{4}-\d{2}-\d{2}/.test(bare)) return bare
  return undefined
}
