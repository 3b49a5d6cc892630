/**
 * Reading: files of writing in, pieces out. Pure of the store and of models: it runs in a worker thread. What cannot
 * be read becomes a reason, never an exception.
 */
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import type { DocumentSummary, Said } from '../../preload/contract.ts'
import { sha256Of } from '../hash.ts'
import { because, type Reason, reasonOf } from '../said.ts'
import { cutPassages } from './cut.ts'
import { decodeText } from './decode.ts'
import { readDocx } from './docx.ts'
import type { Facts } from './facts.ts'
import { saidUnreachable } from './find.ts'
import { splitFrontMatter } from './front-matter.ts'
import { readHtml } from './html.ts'
import { kindOf, READABLE } from './kinds.ts'
import { readMarkdown } from './markdown.ts'
import { matterFacts } from './matter-facts.ts'
import { nameFacts } from './name.ts'
import { readPlainText } from './plain-text.ts'
import { countWords } from './words.ts'

/** Grows when the readers change what they make of a file: then unchanged files are read again. */
export const READER_VERSION = 3
/** Larger files are no pieces but archives. */
export const MAX_BYTES = 20_000_000

/** A piece as its file tells it, cut into passages. */
export interface PieceRead {
  path: string
  /** sha256 of the bytes, hex. */
  hash: string
  size: number
  /** Whole milliseconds since 1970. */
  mtime: number
  title: string
  date: string | null
  tags: string[]
  rating: number | null
  authors: string[]
  draft: boolean
  kind: DocumentSummary['kind']
  words: number
  text: string
  passages: string[]
}

/** What is known of a file from the last import. */
export interface KnownState {
  mtime: number
  size: number
  hash: string
  reader: number
}

export type ReadResult =
  | { type: 'piece'; piece: PieceRead }
  /** `touched`: mtime or size differ from what is known, the content does not. */
  | { type: 'unchanged'; path: string; touched: { mtime: number; size: number } | null }
  | { type: 'skipped'; path: string; reason: string; said: Said }

/** Reads one file. With `known`, a file of the same time and size, or of the same content, is `unchanged`. */
export function readFile(file: string, known: KnownState | null): ReadResult {
  const skipped = ({ reason, said }: Reason): ReadResult => ({ type: 'skipped', path: file, reason, said })
  try {
    const stat = statSync(file)
    const mtime = Math.floor(stat.mtimeMs)
    const same = known !== null && known.reader === READER_VERSION
    if (same && known.mtime === mtime && known.size === stat.size)
      return { type: 'unchanged', path: file, touched: null }
    if (stat.size > MAX_BYTES) return skipped(because('skip.large', stat.size, MAX_BYTES))
    const bytes = readFileSync(file)
    const hash = sha256Of(bytes)
    if (same && known.hash === hash) {
      return { type: 'unchanged', path: file, touched: { mtime, size: bytes.length } }
    }
    const piece = readPiece(file, bytes)
    if ('reason' in piece) return skipped(piece)
    return { type: 'piece', piece: { ...piece, path: file, hash, size: bytes.length, mtime } }
  } catch (error) {
    return skipped(reasonOf(saidUnreachable('file', error)))
  }
}

type Content = Omit<PieceRead, 'path' | 'hash' | 'size' | 'mtime'>

/** A file's bytes as a piece, or why it is none. */
export function readPiece(file: string, bytes: Uint8Array): Content | Reason {
  const kind = kindOf(file)
  if (kind === null) return because('skip.kind', path.extname(file) || null, READABLE)
  if (bytes.length === 0) return because('skip.empty')
  const read = kind === 'docx' ? readDocx(bytes) : readText(bytes, kind)
  if ('reason' in read) return read
  const { facts, heading } = read
  const name = nameFacts(file)
  const title = facts.title ?? heading ?? name.title
  let text = read.text.normalize('NFC')
  // Only a heading that repeats the title goes; another one belongs to the text.
  if (heading !== null && kind !== 'html' && !sameTitle(heading, title))
    text = text === '' ? heading : `${heading}\n\n${text}`
  if (kind === 'html' || kind === 'docx') text = withoutTitle(text, title)
  const words = countWords(text)
  if (words === 0) return because('skip.noProse')
  return {
    title,
    date: facts.date ?? name.date,
    tags: facts.tags,
    rating: facts.rating,
    authors: facts.authors,
    draft: facts.draft || name.draft,
    kind,
    words,
    text,
    passages: cutPassages(text),
  }
}

interface Body {
  facts: Facts
  heading: string | null
  text: string
}

function readText(bytes: Uint8Array, kind: Exclude<DocumentSummary['kind'], 'docx'>): Body | Reason {
  const decoded = decodeText(bytes, kind)
  if ('reason' in decoded) return decoded
  const matter = splitFrontMatter(decoded.text)
  if ('reason' in matter) return matter
  const facts = matterFacts(matter.data)
  if (kind !== 'html') {
    const { heading, text } = kind === 'markdown' ? readMarkdown(matter.body) : readPlainText(matter.body)
    return { facts, heading, text }
  }
  const page = readHtml(matter.body)
  facts.title ??= page.facts.title
  facts.date ??= page.facts.date
  facts.rating ??= page.facts.rating
  if (facts.tags.length === 0) facts.tags = page.facts.tags
  if (facts.authors.length === 0) facts.authors = page.facts.authors
  facts.draft ||= page.facts.draft
  return { facts, heading: page.heading, text: page.text }
}

function withoutTitle(text: string, title: string): string {
  const end = text.indexOf('\n\n')
  return end > 0 && sameTitle(text.slice(0, end), title) ? text.slice(end + 2) : text
}

function sameTitle(a: string, b: string): boolean {
  const plain = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
  return plain(a) === plain(b)
}
