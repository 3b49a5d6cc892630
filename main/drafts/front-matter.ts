/** The block of facts above a draft's text: kept apart while it is written, put back when it is written out. */
import { isMap, isScalar, parseDocument } from 'yaml'
import { splitFrontMatter } from '../library/front-matter.ts'

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

/** The whole file's text. A title that the owner changed is changed in YAML too, all else stays as it stands. */
export function joinMatter(matter: string | null, title: string | null, body: string): string {
  if (matter === null) return body
  const yaml = /^(\s*---[ \t]*\n)([\s\S]*?)(\n(?:---|\.\.\.)[ \t]*\n[\s\S]*)$/.exec(matter)
  if (yaml && title !== null) {
    const source = yaml[2] ?? ''
    const document = parseDocument(source, { logLevel: 'silent' })
    const node = document.errors.length === 0 && isMap(document.contents) ? document.contents.get('title', true) : null
    const range = isScalar(node) && String(node.value) !== title ? node.range : null
    if (range)
      return `${yaml[1]}${source.slice(0, range[0])}${JSON.stringify(title)}${source.slice(range[1])}${yaml[3]}${body}`
  }
  return matter + body
}
