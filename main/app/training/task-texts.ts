/**
 * Other people's writing, for a task adapter: the sample author's posts that the app carries, and folders that the owner
 * names with their author and licence. Knows no model; what stands in the owner's own library never comes through.
 */
import path from 'node:path'
import type { TaskText, TaskTrainOptions } from '../../../preload/contract.ts'
import { resourceFolder } from '../../entries.ts'
import { IdiolectError } from '../../errors.ts'
import type { Piece } from '../../examples/types.ts'
import { findFiles } from '../../library/find.ts'
import { isEmptyName } from '../../library/name.ts'
import { readFile } from '../../library/read.ts'
import { authorKey } from '../../library/whose.ts'
import { createSameText } from '../../retrieval/same-text.ts'
import type { Store } from '../../store/store.ts'
import { typedPath } from '../typed-path.ts'
import { whyForbidden } from './licences.ts'

export const SAMPLE_FOLDER = resourceFolder('sample')
const SAMPLE: TaskText = { path: SAMPLE_FOLDER, author: 'Edda Marrow', licence: 'CC0 1.0' }
/** Characters of a name or a licence. */
const LONGEST = 200

export interface AuthorTexts {
  author: string
  licence: string
  /** Oldest first. */
  pieces: Piece[]
  /** Of the pieces' files, hex, in the order of the pieces. */
  hashes: string[]
  /** Drafts, pieces by others, and what could not be read. */
  leftOut: number
  /** Pieces whose text stands in the owner's library. */
  own: number
}

/**
 * The texts of every author named, each apart.
 * Errors: IdiolectError `BadOption` for a folder without author or licence; `LicenceForbids`; `NothingToImport` for one
 * that is empty.
 */
export function readTaskTexts(store: Store, { sample = true, texts = [] }: TaskTrainOptions): AuthorTexts[] {
  for (const { path: folder, author, licence } of texts) {
    for (const [what, value] of Object.entries({ author, licence })) {
      if (typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST) continue
      throw new IdiolectError(
        'BadOption',
        `the texts in ${folder} came without their ${what}`,
        'Say whose they are and what their licence is: a task adapter names both.',
      )
    }
    const why = whyForbidden(licence)
    if (why !== null) {
      throw new IdiolectError(
        'LicenceForbids',
        `the texts in ${folder} are under “${licence.trim()}”, and ${why}`,
        'Leave them out; where you have their permission, name that as the licence.',
      )
    }
  }
  const isOwn = createSameText(ownTexts(store))
  const read = [...(sample ? [SAMPLE] : []), ...texts].map((text) => readAuthor(text, isOwn))
  // One author may come in several folders.
  const authors = new Map<string, AuthorTexts>()
  for (const one of read) {
    const key = `${authorKey(one.author)}|${one.licence.trim()}`
    const before = authors.get(key)
    authors.set(key, before ? joined(before, one) : one)
  }
  return [...authors.values()]
}

/** What the owner wrote, or may have written: what waits for an answer counts too. */
function ownTexts(store: Store): string[] {
  const asked = store.documents.list({ status: 'asked', limit: 1_000_000 }).documents
  return [
    ...store.documents.mine().map(({ text }) => text),
    ...asked.map(({ id }) => store.documents.get(id)?.text ?? ''),
  ]
}

function readAuthor({ path: folder, author, licence }: TaskText, isOwn: (text: string) => boolean): AuthorTexts {
  const { files, skipped } = findFiles([path.resolve(typedPath(folder))])
  const found: AuthorTexts = {
    author: author.trim(),
    licence: licence.trim(),
    pieces: [],
    hashes: [],
    leftOut: 0,
    own: 0,
  }
  found.leftOut = skipped.length
  const taken: { piece: Piece; hash: string }[] = []
  for (const file of files) {
    const result = readFile(file, null)
    if (result.type !== 'piece' || result.piece.draft || !isBy(result.piece.authors, author)) {
      found.leftOut++
      continue
    }
    const { title, text, date, mtime, tags, rating, hash } = result.piece
    if (isOwn(text)) found.own++
    else {
      const untitled = isEmptyName(title, file)
      const day = date ?? new Date(mtime).toISOString()
      taken.push({ piece: { id: hash, title, untitled, text, date: day, tags, rating }, hash })
    }
  }
  taken.sort((a, b) => (a.piece.date < b.piece.date ? -1 : a.piece.date > b.piece.date ? 1 : a.hash < b.hash ? -1 : 1))
  // The same file twice is one piece.
  const unique = taken.filter(({ hash }, i) => taken.findIndex((other) => other.hash === hash) === i)
  found.pieces = unique.map(({ piece }) => piece)
  found.hashes = unique.map(({ hash }) => hash)
  return found
}

/** A piece that names nobody, or somebody whose name is part of what the author was called. */
function isBy(authors: readonly string[], author: string): boolean {
  const key = authorKey(author)
  return authors.length === 0 || authors.some((name) => key.includes(authorKey(name)) || authorKey(name).includes(key))
}

function joined(a: AuthorTexts, b: AuthorTexts): AuthorTexts {
  const known = new Set(a.hashes)
  const added = b.pieces.filter((_, i) => !known.has(b.hashes[i] as string))
  return {
    ...a,
    pieces: [...a.pieces, ...added],
    hashes: [...a.hashes, ...added.map(({ id }) => id)],
    leftOut: a.leftOut + b.leftOut,
    own: a.own + b.own,
  }
}
