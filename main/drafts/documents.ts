/** Drafts from and to files of the kinds that writers have. What is large to load is loaded when first needed. */
import path from 'node:path'
import type { DraftFormat } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'
import { decodeText } from '../library/decode.ts'
import { kindOf } from '../library/kinds.ts'
import { joinMatter, splitMatter } from './front-matter.ts'
import { formOf, inForm } from './text-form.ts'

export interface DocumentRead {
  /** Markdown. */
  text: string
  title: string | null
  /** Front matter as it stood. */
  matter: string | null
}

/** Larger files are no drafts. */
export const MAX_BYTES = 20_000_000

/** A file's bytes as a draft, or why it is none, as the end of a sentence that begins with the file. */
export async function readDocument(name: string, bytes: Uint8Array): Promise<DocumentRead | { reason: string }> {
  const kind = kindOf(name)
  const suffix = path.extname(name)
  if (kind === null)
    return { reason: `is of a kind that is not read (${suffix || 'no suffix'}), only .md, .txt, .html and .docx` }
  if (bytes.length > MAX_BYTES)
    return { reason: `has ${(bytes.length / 1e6).toFixed(1)} MB, and drafts hold up to ${MAX_BYTES / 1e6} MB` }
  if (kind === 'docx') {
    const { fromDocx } = await import('./from-docx.ts')
    const read = await fromDocx(bytes)
    return 'reason' in read ? { reason: `cannot be read: ${read.reason}` } : { ...read, title: null, matter: null }
  }
  const decoded = decodeText(bytes, kind)
  if ('reason' in decoded) return { reason: `cannot be read: ${decoded.reason}` }
  if (kind === 'html') {
    const { fromHtml } = await import('./from-html.ts')
    const title = /<title[^>]*>([^<]*)<\/title>/i.exec(decoded.text)?.[1]?.trim() || null
    return { text: fromHtml(decoded.text), title, matter: null }
  }
  if (kind === 'text') return { text: decoded.text, title: null, matter: null }
  const { body, matter, title } = splitMatter(decoded.text)
  return { text: body, matter, title }
}

/** The same. Errors: IdiolectError `Unreadable`, naming `file` and why. */
export async function readWhole(name: string, bytes: Uint8Array, file = name): Promise<DocumentRead> {
  const read = await readDocument(name, bytes)
  if ('reason' in read) throw unreadable(file, read.reason)
  return read
}

export function unreadable(file: string, why: string): IdiolectError {
  return new IdiolectError(
    'Unreadable',
    `${file} ${why}`,
    'Choose a Markdown, text, HTML or Word file that can be read.',
  )
}

export interface DocumentWritten {
  title: string
  /** Did the owner give the title. */
  named: boolean
  matter: string | null
  text: string
}

/** @param there what the file holds that is replaced: Markdown and text keep its encoding and line ends */
export async function writeDocument(
  format: DraftFormat,
  draft: DocumentWritten,
  there: Uint8Array | null = null,
): Promise<Uint8Array> {
  if (format === 'docx') {
    const { toDocx } = await import('./to-docx.ts')
    return toDocx(draft.text, draft.title)
  }
  if (format === 'html') {
    const { toHtml } = await import('./to-html.ts')
    return Buffer.from(toHtml(draft.text, draft.title))
  }
  const text = joinMatter(draft.matter, draft.named ? draft.title : null, draft.text)
  const whole = text === '' || text.endsWith('\n') ? text : `${text}\n`
  return there === null ? Buffer.from(whole) : inForm(whole, formOf(there))
}
