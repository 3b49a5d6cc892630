/** The arithmetic of the tables of suggestions: what is shown as chips, what is on, what a bulk acceptance would take. */
import type { LabelDecision, LabelRow, LabelState, LabelTask } from '../../preload/contract.ts'

export interface Chip {
  tag: string
  /** Null: it was not compared, as it is the piece's own or newly written. */
  probability: number | null
}

/** Keys are there for so many. */
export const MOST_CHIPS = 9
const SHOWN_SUGGESTIONS = 6
/** From here on a suggestion is on by itself. */
const LIKELY = 0.3

export const sameTag = (a: string, b: string): boolean => a.toLocaleLowerCase() === b.toLocaleLowerCase()
const has = (tags: readonly string[], tag: string): boolean => tags.some((other) => sameTag(other, tag))

export const isDecided = ({ state }: Pick<LabelRow, 'state'>): boolean =>
  state === 'accepted' || state === 'skipped' || state === 'written'

/** What the piece's suggestions and tags are as chips, in a place of their own each; `picked` may hold further ones. */
export function chipsOf(row: LabelRow, picked: readonly string[]): Chip[] {
  const suggested = row.suggestions
    .slice(0, SHOWN_SUGGESTIONS)
    .map(({ tag, probability }): Chip => ({ tag, probability }))
  const likelihood = (tag: string): number | null =>
    row.suggestions.find((suggestion) => sameTag(suggestion.tag, tag))?.probability ?? null
  const others = [...(row.before?.tags ?? []), ...row.tags, ...picked]
  const chips = [...suggested]
  for (const tag of others) {
    if (!chips.some((chip) => sameTag(chip.tag, tag))) chips.push({ tag, probability: likelihood(tag) })
  }
  return chips
}

/** What is on before the owner touches anything: the piece's own, and what is likely; without any of its own, the likeliest. */
export function pickedAtFirst(row: LabelRow): string[] {
  if (row.picked) return row.picked
  const likely = row.suggestions.filter(({ probability }) => probability >= LIKELY).map(({ tag }) => tag)
  const first = row.suggestions[0]?.tag
  const wanted = row.tags.length === 0 && likely.length === 0 && first !== undefined ? [first] : likely
  return [...row.tags, ...wanted.filter((tag) => !has(row.tags, tag))]
}

/** In the spelling that is in use already, where there is one; empty: no tag. */
export function knownTag(vocabulary: readonly { tag: string }[], written: string): string {
  const tag = written.replace(/\s+/g, ' ').trim()
  return vocabulary.find((known) => sameTag(known.tag, tag))?.tag ?? tag
}

export function toggled(picked: readonly string[], tag: string): string[] {
  return has(picked, tag) ? picked.filter((other) => !sameTag(other, tag)) : [...picked, tag]
}

/** Everything undecided that is at least this likely; tags are added to those that a piece has, and no score is replaced. */
export function bulkAbove(task: 'tag' | 'rate', rows: readonly LabelRow[], level: number): LabelDecision[] {
  return rows.flatMap((row): LabelDecision[] => {
    if (row.state !== 'suggested') return []
    if (task === 'rate') {
      const score = row.rating === null ? likelyScore(row, level) : null
      return score === null ? [] : [{ document: row.document, picked: [String(score)] }]
    }
    const added = row.suggestions.filter(({ tag, probability }) => probability >= level && !has(row.tags, tag))
    return added.length === 0 ? [] : [{ document: row.document, picked: [...row.tags, ...added.map(({ tag }) => tag)] }]
  })
}

/** Undecided pieces whose suggested score is at least this likely, and which keep a score of the owner's own. */
export function ownScoresAbove(rows: readonly LabelRow[], level: number): number {
  return rows.filter((row) => row.state === 'suggested' && row.rating !== null && likelyScore(row, level) !== null)
    .length
}

function likelyScore({ distribution, likeliest }: LabelRow, level: number): number | null {
  const best = distribution.find(({ score }) => score === likeliest)
  return best && best.probability >= level ? best.score : null
}

/** Rated pieces whose suggested score is known, the farthest from the owner's own (of before) first. */
export function disagreeing(rows: readonly LabelRow[]): LabelRow[] {
  return rows
    .flatMap((row) => {
      const own = row.before ? row.before.rating : row.rating
      return own === null || row.expected === null ? [] : [{ row, far: Math.abs(row.expected - own) }]
    })
    .sort((a, b) => b.far - a.far)
    .map(({ row }) => row)
}

/** How many tags a bulk acceptance would add. */
export function addedTags(decisions: readonly LabelDecision[], rows: readonly LabelRow[]): number {
  const tags = new Map(rows.map((row) => [row.document, row.tags.length]))
  return decisions.reduce((sum, { document, picked }) => sum + picked.length - (tags.get(document) ?? 0), 0)
}

/** The next row at or after `from` that is still to be decided; else the row after it, or the last. */
export function nextOpen(rows: readonly LabelRow[], from: number): number {
  const open = rows.findIndex((row, i) => i > from && !isDecided(row))
  return open >= 0 ? open : Math.min(from + 1, rows.length - 1)
}

/** The row as the host will have it. @param picked null: it is skipped */
export function asDecided(row: LabelRow, task: LabelTask, picked: string[] | null, step: number): LabelRow {
  const before = row.before ?? { tags: row.tags, rating: row.rating }
  if (picked === null) return { ...row, state: 'skipped', before, step, picked: null }
  const now = task === 'tag' ? { tags: picked } : { rating: Number(picked[0]) }
  return { ...row, ...now, state: 'accepted', before, step, picked }
}

/** The row as it was before it was decided, as far as it tells. */
export function asUndecided(row: LabelRow): LabelRow {
  const state = row.suggestions.length + row.distribution.length > 0 ? 'suggested' : 'waiting'
  return { ...row, ...row.before, state, before: null, step: null, picked: null }
}

/** What was decided last, and can be taken back: what stands in a file cannot. */
export function lastDecided(rows: readonly LabelRow[]): string[] {
  const open = rows.filter(({ state, step }) => step !== null && (state === 'accepted' || state === 'skipped'))
  const last = open.reduce((most, { step }) => Math.max(most, step ?? 0), 0)
  return open.filter(({ step }) => step === last).map(({ document }) => document)
}

export function countStates(rows: readonly LabelRow[]): Record<LabelState, number> {
  const counts: Record<LabelState, number> = {
    waiting: 0,
    suggested: 0,
    accepted: 0,
    skipped: 0,
    written: 0,
    failed: 0,
  }
  for (const { state } of rows) counts[state]++
  return counts
}

/** `n` of a key 1..9, or 10 of 0; null: another key. */
export function placeOfKey(key: string): number | null {
  return /^[0-9]$/.test(key) ? (key === '0' ? 10 : Number(key)) : null
}

/** `…/posts/2019` of a long path. */
export function shortFolder(path: string): string {
  const parts = path.split(/[\\/]/).filter(Boolean)
  return parts.length <= 2 ? path : `…/${parts.slice(-2).join('/')}`
}
