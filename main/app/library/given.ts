/**
 * Writing that comes without a path: pasted, or dropped on a page that sees no paths. It is kept as files in the data
 * folder, so that it can be read again and goes wherever the data folder goes.
 */
import { existsSync, mkdirSync, readFileSync, utimesSync } from 'node:fs'
import path from 'node:path'
import type { DocumentSummary, GivenFile, Handlers } from '../../../preload/contract.ts'
import { writeAtomically } from '../../atomic.ts'
import { IdiolectError } from '../../errors.ts'
import { parseDate } from '../../library/dates.ts'
import { isWriting, READABLE } from '../../library/kinds.ts'
import { MAX_BYTES } from '../../library/read.ts'
import type { Store } from '../../store/store.ts'
import type { AppContext } from '../context.ts'
import { noteStaying } from '../leaving-files.ts'
import { type Imports, leaveFirstStart } from './imports.ts'
import { GIVEN, PASTED } from './removal.ts'

type StartCalls = 'library.paste' | 'library.keep' | 'start.leave'

const SLUG = 60
const DAY = 86_400_000
/** Bytes of a name before its ending: systems take 255 in all, and a number and the mark of a half-written file follow. */
const LONGEST_STEM = 200

export function startHandlers(context: AppContext, imports: Imports): Pick<Handlers, StartCalls> {
  const { store } = context
  return {
    async 'library.paste'({ title, date, text }) {
      const file = keepPasted(path.join(store.folder, PASTED), { title, date, text, before: firstDated(store) })
      noteStaying(store, path.relative(store.folder, file))
      await imports.run(`paste ${path.basename(file)}`, [file])
      const { documents } = store.documents.list({})
      const found = documents.find((document) => document.path === file) ?? sameText(context, file)
      if (!found) throw new IdiolectError('NotRead', 'the text could not be read', 'Save it as a file and choose that.')
      return found
    },
    async 'library.keep'({ files }) {
      const kept = files.map((file) => keepGiven(path.join(store.folder, GIVEN), file))
      for (const file of kept) noteStaying(store, path.relative(store.folder, file))
      return { paths: kept }
    },
    async 'start.leave'() {
      leaveFirstStart(context)
      return {}
    },
  }
}

/** The piece that says the same, where the library had it already. */
function sameText({ store }: AppContext, file: string): DocumentSummary | null {
  const reason = store.skipped.list().find((skipped) => skipped.path === file)?.reason
  const { documents } = store.documents.list({})
  return documents.find((document) => reason?.includes(document.path)) ?? null
}

export interface Pasted {
  title?: string | undefined
  /** The day it was written, `2024-05-17`; undefined or empty: nobody said. */
  date?: string | undefined
  text: string
  /** Milliseconds since 1970. A text without a date stands a day before this; by the time it was pasted, where null. */
  before: number | null
}

/** When the oldest piece was written that says so, or null. */
function firstDated(store: Store): number | null {
  return store.documents.mine().find(({ date }) => date !== null)?.orderedAt ?? null
}

/**
 * Writes a pasted text as a Markdown file of its own. Where nobody said when it was written, it gets no date, and stands before
 * all that have one, so that no proof of a voice is held over an old text as if it were the newest.
 * @returns its path. Errors: `EmptyText`, `TooLarge`, `NoDate`.
 */
export function keepPasted(folder: string, { title, date, text, before }: Pasted): string {
  const body = text.replace(/\r\n?/g, '\n').trim()
  if (body === '') throw new IdiolectError('EmptyText', 'there is no text in what was pasted', 'Paste some writing.')
  refuseLarge(Buffer.byteLength(body), 'the pasted text')
  const named = title?.trim() || firstLine(body)
  const day = date ? `date: ${dayOf(date)}\n` : ''
  const modified = before === null ? undefined : before - DAY
  return write(folder, `${slugOf(named)}.md`, Buffer.from(`${withMatter(body, named, day)}\n`), modified)
}

/** A text that brings front matter of its own is a whole file already: all that it may lack is the day. */
function withMatter(body: string, title: string, day: string): string {
  const own = /^---\n([\s\S]*?)\n---\n/.exec(body)?.[1]
  if (own === undefined) return `---\ntitle: ${JSON.stringify(title)}\n${day}---\n\n${body}`
  return /^date\s*:/m.test(own) ? body : body.replace('---\n', () => `---\n${day}`)
}

function dayOf(date: string): string {
  const day = parseDate(date)
  if (day === null || !/^\d{4}-\d{2}-\d{2}$/.test(date)) {
    throw new IdiolectError('NoDate', `${JSON.stringify(date)} is no day`, 'Give it as 2024-05-17, or leave it out.')
  }
  return day
}

/** Keeps a file under its own name. @returns its path. Errors: `NotWriting`, `TooLarge`. */
export function keepGiven(folder: string, { name, data, modified }: GivenFile): string {
  // No part may lead out of the folder, whatever the window says.
  const parts = name.split(/[\\/]/).map((part) => part.replace(/[\p{Cc}:*?"<>|]/gu, '_'))
  const safe = parts.filter((part) => part !== '' && part !== '.' && part !== '..').slice(-8)
  const last = safe.at(-1)
  if (last === undefined || !isWriting(last)) {
    throw new IdiolectError('NotWriting', `${name} is of a kind that is not read`, `What is read: ${READABLE}.`)
  }
  const bytes = Buffer.from(data, 'base64')
  refuseLarge(bytes.length, name)
  return write(path.join(folder, ...safe.slice(0, -1)), last, bytes, modified)
}

/**
 * The same text again keeps its file; another text of the same name stands beside it.
 * @param modified when it was written, milliseconds since 1970
 */
function write(folder: string, name: string, bytes: Buffer, modified?: number): string {
  mkdirSync(folder, { recursive: true })
  const { name: whole, ext } = path.parse(name)
  const stem = cutTo(whole, LONGEST_STEM)
  for (let n = 1; ; n++) {
    const file = path.join(folder, n === 1 ? `${stem}${ext}` : `${stem}-${n}${ext}`)
    if (existsSync(file)) {
      if (readFileSync(file).equals(bytes)) return file
      continue
    }
    writeAtomically(file, (append) => append(bytes))
    if (modified !== undefined && modified > 0 && modified < Date.now()) utimesSync(file, new Date(), modified / 1000)
    return file
  }
}

/** No character is broken in two. */
function cutTo(text: string, bytes: number): string {
  let left = bytes
  let cut = ''
  for (const character of text) {
    left -= Buffer.byteLength(character)
    if (left < 0) break
    cut += character
  }
  return cut
}

function refuseLarge(bytes: number, what: string): void {
  if (bytes <= MAX_BYTES) return
  const megabytes = (n: number): string => `${(n / 1e6).toFixed(1)} MB`
  throw new IdiolectError(
    'TooLarge',
    `${what} has ${megabytes(bytes)}, and no piece over ${megabytes(MAX_BYTES)} is read`,
    'Split it into pieces.',
  )
}

/** A title from a text's first line: without Markdown's signs, and no longer than a title is. */
function firstLine(text: string): string {
  const line = text.split('\n').find((each) => each.trim() !== '') ?? ''
  const plain = line.replace(/^\s*[#>*\-\s]+/, '').trim()
  const cut = [...plain].slice(0, 80).join('')
  return cut.length < plain.length ? `${cut.replace(/\s+\S*$/, '')}…` : cut || 'Untitled'
}

/** Letters and digits of any script; never empty. */
function slugOf(title: string): string {
  const words = title.toLocaleLowerCase('en').match(/[\p{L}\p{N}]+/gu) ?? []
  return [...words.join('-')].slice(0, SLUG).join('').replace(/-+$/, '') || 'text'
}
