/**
 * Edits that put tags and a score into the simple part of TOML: `key = value` and `[section]`. What else TOML has may be
 * misread here; the caller reads what comes out and refuses it then.
 */
import { because } from '../said.ts'
import { type Change, type Edit, type Edits, RATING_KEYS, scoreLike, TAG_KEYS } from './splice.ts'

interface Entry {
  key: string
  /** 0 at the top. */
  depth: number
  value: string
  from: number
  to: number
}

/** @param matter what stands between the marks @param end as a line of it ends */
export function tomlEdits(matter: string, change: Change, end: string): Edits {
  const { entries, section } = entriesOf(matter)
  const edits: Edit[] = []
  const keys: string[] = []
  const put = (entry: Entry | null, key: string, text: string | null): boolean => {
    if (text === null) return false
    keys.push(entry?.key ?? key)
    const air = matter === '' || matter[section - 1] === '\n' || section === 0 ? '' : end
    // Behind a section's head it would belong to the section.
    edits.push(
      entry
        ? { from: entry.from, to: entry.to, text }
        : { from: section, to: section, text: `${air}${key} = ${text}${end}` },
    )
    return true
  }
  if (change.tags) {
    const entry = first(entries, TAG_KEYS)
    const plain = entry === null || /^\[[^#]*\]$/s.test(entry.value) || /^(["']).*\1$/.test(entry.value)
    if (!plain || !put(entry, 'tags', `[${change.tags.map((tag) => JSON.stringify(tag)).join(', ')}]`))
      return because('write.unsafeKey', entry?.key ?? 'tags', true)
  }
  if (change.rating !== undefined) {
    const entry = first(entries, RATING_KEYS)
    const quoted = /^(["'])(.*)\1$/.exec(entry?.value ?? '')
    const like = entry ? scoreLike(quoted?.[2] ?? entry.value, change.rating) : String(change.rating)
    if (!put(entry, 'rating', like === null || !quoted ? like : `${quoted[1]}${like}${quoted[1]}`))
      return because('write.unsafeKey', entry?.key ?? 'rating', false)
  }
  return { edits, keys }
}

/** The first by the reader's order: nearest to the top, then by name. */
function first(entries: readonly Entry[], names: readonly string[]): Entry | null {
  for (const name of names)
    for (const depth of [0, 1]) {
      const found = entries.find(
        (entry) => entry.depth === depth && entry.key.toLowerCase() === name && entry.value !== '[]',
      )
      if (found) return found
    }
  return entries.find(({ key }) => key.toLowerCase() === names[0]) ?? null
}

/** @returns the entries, and where the top ends: the first section's head, or the end */
function entriesOf(matter: string): { entries: Entry[]; section: number } {
  const entries: Entry[] = []
  let section = matter.length
  let depth = 0
  const line = /^[^\n]*(?:\n|$)/gm
  for (let at = 0; at < matter.length; ) {
    line.lastIndex = at
    const text = line.exec(matter)?.[0] ?? ''
    if (text === '') break
    if (/^\s*\[+[^\]\n]+\]+\s*(?:#.*)?\s*$/.test(text)) {
      if (depth === 0) section = at
      depth = 1
    }
    const pair = /^(\s*["']?([\w.-]+)["']?\s*=\s*)(\S.*?)?\s*$/s.exec(text)
    if (pair?.[2] !== undefined && pair[3] !== undefined) {
      const from = at + (pair[1] as string).length
      const open = /^\[[^\]]*$/.test(pair[3])
      const close = open ? matter.indexOf(']', from) : -1
      // A remark behind the value is none of it.
      const bare =
        /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|\[(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\]"'])*\]|[^\s#]+)/.exec(pair[3])?.[0] ??
        pair[3]
      const to = close >= 0 ? close + 1 : from + bare.length
      entries.push({ key: pair[2], depth, value: matter.slice(from, to), from, to })
      at = Math.max(at + text.length, to)
      continue
    }
    at += text.length
  }
  return { entries, section }
}
