/** Pieces -> tag queries: a piece's text, and the tag that its author lists first. */
import { withoutHeading } from './headline.ts'
import { tooShort } from './length.ts'
import type { DroppedPiece, Piece, TaskQueries, TaskQuery } from './types.ts'

/** One tag in the spelling that its owner uses most, and how many pieces have it. */
export interface TagCount {
  tag: string
  pieces: number
}

/**
 * One query a piece, in the order given; its answer is the first tag. One answer a text, since the same prompt with
 * several answers would teach that each is right only sometimes; and the first, since it is what the author puts a
 * piece under before all else. The others come up by themselves: the ranking compares all tags.
 */
export function tagQueries(pieces: Piece[]): TaskQueries {
  const queries: TaskQuery[] = []
  const dropped: DroppedPiece[] = []
  for (const piece of pieces) {
    const answer = firstTag(piece.tags ?? [])
    const input = withoutHeading(piece.text.trim(), piece.title)
    const reason = answer === '' ? 'it has no tag' : tooShort(input)
    if (reason !== null) dropped.push({ document: piece.id, reason })
    else queries.push({ task: 'tag', document: piece.id, title: piece.title, date: piece.date, input, answer })
  }
  return { queries, dropped }
}

/** The first that says anything; empty: there is none. */
export function firstTag(tags: readonly string[]): string {
  return tags.map(tidyTag).find((tag) => tag !== '') ?? ''
}

/** One line. Commas stay: a list in front matter says where one tag ends. */
export function tidyTag(tag: string): string {
  return tag.replace(/\s+/g, ' ').trim()
}

/** Are two spellings one tag? `Emacs` and `emacs` are, `open-data` and `open data` too. */
export function tagKey(tag: string): string {
  return tidyTag(tag)
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
}

/** A tag more costs some tokens: of a larger vocabulary the most used are compared, in use and in the proof. */
export const MOST_COMPARED = 400

/** The tags of these pieces, the most used first, then by name; a piece counts once for each of its tags. */
export function vocabularyOf(pieces: readonly { tags?: readonly string[] }[]): TagCount[] {
  const found = new Map<string, { pieces: number; spellings: Map<string, number> }>()
  for (const { tags = [] } of pieces) {
    const own = new Map(tags.map((tag) => [tagKey(tag), tidyTag(tag)]))
    for (const [key, tag] of own) {
      if (key.trim() === '') continue
      const entry = found.get(key) ?? { pieces: 0, spellings: new Map<string, number>() }
      entry.pieces++
      entry.spellings.set(tag, (entry.spellings.get(tag) ?? 0) + 1)
      found.set(key, entry)
    }
  }
  return [...found.values()]
    .map(({ pieces: count, spellings }) => ({
      tag: [...spellings].reduce((best, next) => (next[1] > best[1] ? next : best))[0],
      pieces: count,
    }))
    .sort((a, b) => b.pieces - a.pieces || (a.tag < b.tag ? -1 : a.tag > b.tag ? 1 : 0))
}
