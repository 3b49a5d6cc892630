/** The block of facts above a draft's text: kept apart while it is written, put back when it is written out. */
import { isMap, isScalar, parseDocument } from 'yaml'
import { splitFrontMatter } from '../library/front-matter.ts'
import { oneLine } from './title.ts'

export interface Split {
  /** With its marks and the lines below it; null where there is none, or it cannot be read. */
  matter: string | null
  title: string | null
  body: string
}

export function splitMatter(text: string): Split {
  const split = splitFrontMatter(text)
  if ('reason' in split || split.body === text) return { matter: null, title: null, body: text }
  const body = split.body.replace(/^\s*\n/, '')
  const title = typeof split.data.title === 'string' ? split.data.title.trim() : ''
  return { matter: text.slice(0, text.length - body.length), title: title === '' ? null : title, body }
}

/**
 * The whole file's text. A title that the owner changed is changed in YAML too, all else stays as it stands; where that
 * cannot be had, the block of facts stays as it is.
 */
export function joinMatter(matter: string | null, title: string | null, body: string): string {
  if (matter === null) return body
  const titled = title === null ? null : withTitle(matter, title)
  return (titled !== null && saysNothingElse(matter, titled, title) ? titled : matter) + body
}

/** Null where it has no title to change, or has this one. */
function withTitle(matter: string, title: string): string | null {
  const yaml = /^(\s*---[ \t]*\n)([\s\S]*?)(\n(?:---|\.\.\.)[ \t]*\n[\s\S]*)$/.exec(matter)
  if (!yaml) return null
  const [, opening = '', source = '', closing = ''] = yaml
  const document = parseDocument(source, { logLevel: 'silent' })
  const node = document.errors.length === 0 && isMap(document.contents) ? document.contents.get('title', true) : null
  if (!isScalar(node) || !node.range) return null
  if (node.value !== null && oneLine(String(node.value)) === oneLine(title)) return null
  const [from, to] = node.range
  const [before, after] = [source.slice(0, from), source.slice(to)]
  // An empty value begins right behind its colon, and may be followed by a remark; a block's value ends with its line.
  const space = before.endsWith(':') ? ' ' : ''
  const end = from === to ? (after.startsWith('#') ? ' ' : '') : (/\n*$/.exec(source.slice(from, to))?.[0] ?? '')
  return opening + before + space + JSON.stringify(title) + end + after + closing
}

/** Is the title what was wanted, and every other fact as before? */
function saysNothingElse(before: string, after: string, title: string | null): boolean {
  const [old, own] = [splitFrontMatter(before), splitFrontMatter(after)]
  if ('reason' in old || 'reason' in own || own.data.title !== title) return false
  const others = (data: Record<string, unknown>) => JSON.stringify({ ...data, title: null })
  return own.body === old.body && others(own.data) === others(old.data)
}
