/** The library's filters: which pieces pass, in which order, and how many there are of each kind. Knows no screen. */
import type { DocumentSummary } from '../../../preload/contract.ts'

export type Length = 'short' | 'middle' | 'long'
export type FileTrouble = 'changed' | 'gone'
export type Sort = 'best' | 'newest' | 'oldest' | 'longest' | 'title'

export interface Filter {
  /** Days, both included: `2024-05-17`. Undated pieces pass only while both are null. */
  from: string | null
  to: string | null
  /** All of them. */
  tags: readonly string[]
  /** Any of them; none: all pass. So too below. */
  kinds: readonly DocumentSummary['kind'][]
  statuses: readonly DocumentSummary['status'][]
  lengths: readonly Length[]
  files: readonly FileTrouble[]
  folder: string | null
}

export const NO_FILTER: Filter = {
  from: null,
  to: null,
  tags: [],
  kinds: [],
  statuses: [],
  lengths: [],
  files: [],
  folder: null,
}

export interface Facets {
  /** Pieces that pass everything. */
  total: number
  words: number
  /** Pieces by year, undated ones under null; each facet counts what passes all other filters. */
  years: Map<number | null, number>
  tags: Map<string, number>
  kinds: Map<string, number>
  statuses: Map<string, number>
  lengths: Map<string, number>
  files: Map<string, number>
}

/** Files that are not as they were read, by piece. */
export type Troubles = ReadonlyMap<string, FileTrouble>

const SHORT = 300
const LONG = 1200

export function lengthOf({ words }: Pick<DocumentSummary, 'words'>): Length {
  return words < SHORT ? 'short' : words < LONG ? 'middle' : 'long'
}

export function yearOf({ date }: Pick<DocumentSummary, 'date'>): number | null {
  const year = Number(date?.slice(0, 4))
  return Number.isInteger(year) && year > 0 ? year : null
}

export function isFiltering(filter: Filter): boolean {
  return Object.values(filter).some((value) => (Array.isArray(value) ? value.length > 0 : value !== null))
}

const DATES = 1
const TAGS = 2
const KINDS = 4
const STATUSES = 8
const LENGTHS = 16
const FILES = 32
const FOLDER = 64

/** The filters that a piece does not pass, as bits: 0 when it passes. */
function failing(document: DocumentSummary, filter: Filter, troubles: Troubles): number {
  const { from, to, tags, kinds, statuses, lengths, files, folder } = filter
  const day = document.date?.slice(0, 10) ?? null
  let failed = 0
  if ((from !== null && (day === null || day < from)) || (to !== null && (day === null || day > to))) failed |= DATES
  if (tags.length > 0 && !tags.every((tag) => document.tags.includes(tag))) failed |= TAGS
  if (kinds.length > 0 && !kinds.includes(document.kind)) failed |= KINDS
  if (statuses.length > 0 && !statuses.includes(document.status)) failed |= STATUSES
  if (lengths.length > 0 && !lengths.includes(lengthOf(document))) failed |= LENGTHS
  if (files.length > 0) {
    const trouble = troubles.get(document.id)
    if (trouble === undefined || !files.includes(trouble)) failed |= FILES
  }
  if (folder !== null && !isIn(document.path, folder)) failed |= FOLDER
  return failed
}

/** A path with either slash, in the folder or below it. */
export function isIn(path: string, folder: string): boolean {
  return path.startsWith(folder) && (/[\\/]$/.test(folder) || /^[\\/]/.test(path.slice(folder.length)))
}

export function filtered(
  documents: readonly DocumentSummary[],
  filter: Filter,
  troubles: Troubles = new Map(),
): DocumentSummary[] {
  return documents.filter((document) => failing(document, filter, troubles) === 0)
}

export function facetsOf(documents: readonly DocumentSummary[], filter: Filter, troubles: Troubles): Facets {
  const facets: Facets = {
    total: 0,
    words: 0,
    years: new Map(),
    tags: new Map(),
    kinds: new Map(),
    statuses: new Map(),
    lengths: new Map(),
    files: new Map(),
  }
  const count = <K>(map: Map<K, number>, key: K): void => {
    map.set(key, (map.get(key) ?? 0) + 1)
  }
  for (const document of documents) {
    const failed = failing(document, filter, troubles)
    if (failed === 0) {
      facets.total += 1
      facets.words += document.words
      for (const tag of document.tags) count(facets.tags, tag)
    }
    if ((failed & ~DATES) === 0) count(facets.years, yearOf(document))
    if ((failed & ~KINDS) === 0) count(facets.kinds, document.kind)
    if ((failed & ~STATUSES) === 0) count(facets.statuses, document.status)
    if ((failed & ~LENGTHS) === 0) count(facets.lengths, lengthOf(document))
    if ((failed & ~FILES) === 0) {
      const trouble = troubles.get(document.id)
      if (trouble) count(facets.files, trouble)
    }
  }
  return facets
}

/** By letters, whatever their case and accents. A collator takes ten times as long, which is felt at 10,000 pieces. */
function byTitle(documents: readonly DocumentSummary[]): DocumentSummary[] {
  const keyed = documents.map((document) => ({
    document,
    key: document.title.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase(),
  }))
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ document }) => document)
}

/** @param documents newest first, as the host gives them: `newest` and `best` keep the order */
export function sorted(documents: DocumentSummary[], sort: Sort): DocumentSummary[] {
  if (sort === 'oldest') return documents.toReversed()
  if (sort === 'longest') return documents.toSorted((a, b) => b.words - a.words)
  if (sort === 'title') return byTitle(documents)
  return documents
}

/** Folders that hold pieces, in folders or themselves, below the one that all share; with their pieces, by path. */
export function foldersOf(documents: readonly Pick<DocumentSummary, 'path'>[]): { path: string; pieces: number }[] {
  const counts = new Map<string, number>()
  for (const { path } of documents) {
    for (let end = slashBefore(path, path.length); end > 0; end = slashBefore(path, end)) {
      const folder = path.slice(0, end)
      counts.set(folder, (counts.get(folder) ?? 0) + 1)
    }
  }
  // What holds all pieces tells nothing, except the innermost of these: where the library lies.
  const all = [...counts].filter(([, pieces]) => pieces === documents.length).map(([path]) => path)
  const root = all.sort((a, b) => b.length - a.length)[0] ?? ''
  return [...counts]
    .filter(([path]) => path.length >= root.length)
    .map(([path, pieces]) => ({ path, pieces }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

function slashBefore(path: string, end: number): number {
  return Math.max(path.lastIndexOf('/', end - 1), path.lastIndexOf('\\', end - 1))
}

export interface YearCount {
  year: number
  pieces: number
}

/** Every year from the first to the last; only those with pieces where one stray date would stretch it out of shape. */
export function yearRow(years: ReadonlyMap<number | null, number>): YearCount[] {
  const named = [...years].flatMap(([year, pieces]) => (year === null ? [] : [{ year, pieces }]))
  named.sort((a, b) => a.year - b.year)
  const first = named[0]?.year
  const last = named.at(-1)?.year
  if (first === undefined || last === undefined || last - first > 40) return named
  return Array.from({ length: last - first + 1 }, (_, i) => ({ year: first + i, pieces: years.get(first + i) ?? 0 }))
}

/** From one year's first day to another's last, whichever was named first. */
export function yearSpan(a: number, b: number): Pick<Filter, 'from' | 'to'> {
  const written = (year: number): string => String(year).padStart(4, '0')
  return { from: `${written(Math.min(a, b))}-01-01`, to: `${written(Math.max(a, b))}-12-31` }
}
