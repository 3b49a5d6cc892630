/** Small changes to a text by place, and what is to be changed in a piece's facts. */
import type { Reason } from '../said.ts'

export interface Change {
  /** In order; undefined: they stay. */
  tags?: string[]
  rating?: number
}

/** `text` in place of what stands from `from` up to `to`. */
export interface Edit {
  from: number
  to: number
  text: string
}

/** With the names, as they stand in the text, whose values change. */
export type Edits = { edits: Edit[]; keys: string[] } | Reason

/** @param edits none overlaps another */
export function spliced(text: string, edits: readonly Edit[]): string {
  let result = ''
  let at = 0
  for (const edit of [...edits].sort((a, b) => a.from - b.from || a.to - b.to)) {
    result += text.slice(at, edit.from) + edit.text
    at = edit.to
  }
  return result + text.slice(at)
}

/** Names that are read as tags and as a score, the first that says anything. */
export const TAG_KEYS = ['tags', 'tag', 'keywords', 'topics', 'categories', 'category']
export const RATING_KEYS = ['rating', 'stars', 'score']

/** A score as its owner writes scores: stars as stars, `4/5` as `3/5`; null: it is written in another way. */
export function scoreLike(old: string, rating: number): string | null {
  const stars = /^([★⭐])/u.exec(old)
  if (stars?.[1]) {
    if (!Number.isInteger(2 * rating) || rating < 1) return null
    return stars[1].repeat(Math.floor(rating)) + (Number.isInteger(rating) ? '' : '½')
  }
  const number = /^\d+(?:([.,])\d+)?/.exec(old)
  if (!number) return null
  return String(rating).replace('.', number[1] ?? '.') + old.slice(number[0].length)
}
