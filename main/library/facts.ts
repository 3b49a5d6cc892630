/** What front matter says of a piece: title, date, tags, rating, authors, draft; also where it is nested. */
import { parseDate } from './dates.ts'

export interface Facts {
  title: string | null
  date: string | null
  tags: string[]
  rating: number | null
  authors: string[]
  draft: boolean
}

type Data = Record<string, unknown>

/** How deep below the top a fact may lie: `review.rating` is at 2. */
const DEPTH = 3
const DATES = [
  ...['date', 'published', 'publishDate', 'pubDate', 'date_published', 'published_at', 'datePublished'],
  ...['created', 'created_at', 'date created', 'date_created', 'dateCreated', 'createdAt'],
  ...['datum', 'fecha', 'дата', '日付', 'date_read'],
]

export function factsOf(data: Data): Facts {
  return {
    title: titleOf(find(data, ['title'])),
    date: dateOf(data),
    tags: tagsOf(data),
    rating: ratingOf(find(data, ['rating', 'stars', 'score'])),
    authors: authorsOf(data),
    draft: isDraft(data),
  }
}

/** Values of the first of `keys` that is there, nearest to the top first. */
function* candidates(data: Data, keys: string[]): Generator<unknown> {
  let level: Data[] = [data]
  for (let depth = 0; depth < DEPTH && level.length > 0; depth++) {
    for (const wanted of keys) {
      for (const node of level) {
        for (const [key, value] of Object.entries(node)) {
          if (key.toLowerCase() === wanted.toLowerCase() && value !== null && value !== '') yield value
        }
      }
    }
    level = level.flatMap((node) => Object.values(node).filter(isData))
  }
}

function find(data: Data, keys: string[]): unknown {
  for (const value of candidates(data, keys)) if (!isData(value)) return value
  return null
}

function isData(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function titleOf(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null
  return String(value).replace(/\s+/g, ' ').trim() || null
}

function dateOf(data: Data): string | null {
  for (const value of candidates(data, DATES)) {
    const date = parseDate(value)
    if (date !== null) return date
  }
  return null
}

function tagsOf(data: Data): string[] {
  // Who writes tags and categories both means the tags.
  for (const key of ['tags', 'tag', 'keywords', 'topics', 'categories', 'category']) {
    const tags = [...new Set(listOf(find(data, [key])))]
    if (tags.length > 0) return tags
  }
  return []
}

/** A list, or one string with commas, as trimmed non-empty strings. */
function listOf(value: unknown): string[] {
  const parts = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value]
  return parts
    .filter((part) => typeof part === 'string' || typeof part === 'number')
    .map((part) => String(part).trim())
    .filter((part) => part !== '')
}

function ratingOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string') return null
  const stars = /^[★⭐]+(½)?/u.exec(value.trim())
  if (stars) return (value.match(/[★⭐]/gu)?.length ?? 0) + (stars[1] ? 0.5 : 0)
  const number = /^(\d+(?:[.,]\d+)?)(?:\s*(?:\/|of|out of)\s*\d+|\s*stars?)?$/i.exec(value.trim())
  return number ? Number((number[1] ?? '').replace(',', '.')) : null
}

/** Authors stand at the top only: a nested one is some book's. */
function authorsOf(data: Data): string[] {
  const names: string[] = []
  for (const [key, value] of Object.entries(data)) {
    if (!/^(authors?|by|byline)$/i.test(key)) continue
    for (const entry of Array.isArray(value) ? value : [value]) {
      const name = isData(entry) ? (entry.name ?? entry.id ?? entry.login) : entry
      if (typeof name === 'string') names.push(...splitNames(name))
    }
  }
  return [...new Set(names)]
}

function splitNames(text: string): string[] {
  const parts = text.split(/\s+(?:and|&|und|et)\s+/i)
  // "Ann Lee, Bo Ray" are two people; "Lee, Ann" is one.
  const names = parts.flatMap((part) =>
    part.split(',').every((name) => /\S\s+\S/.test(name.trim())) ? part.split(',') : [part],
  )
  return names.map((name) => name.trim()).filter((name) => name !== '')
}

function isDraft(data: Data): boolean {
  const flag = (value: unknown, wanted: boolean) => value === wanted || String(value).toLowerCase() === String(wanted)
  for (const [key, value] of Object.entries(data)) {
    const name = key.toLowerCase()
    if (name === 'draft' && flag(value, true)) return true
    if ((name === 'published' || name === 'publish') && flag(value, false)) return true
    if (name === 'status' && typeof value === 'string' && /^(draft|unpublished|wip|idea)$/i.test(value.trim()))
      return true
  }
  return false
}
