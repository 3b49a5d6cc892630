/**
 * Whose is what comes in by the clipboard? What was copied in a draft keeps its writers; what the assistant wrote
 * anywhere in this window (it all comes by the stream) stays its own; one word is the owner's. All else stands as quoted,
 * for what is not surely the owner's is nothing to learn from: a few words until the host has said that the assistant did
 * not write them, more until the owner says that they are theirs.
 */
import { type Mark, sliceMarks } from './spans.ts'

/** Up to so many words are taken for the owner's without a question to them: a name, an address, a moved phrase. */
const FEW_WORDS = 11
/** Shorter than this, being the same as the assistant's words says nothing. */
const TELLING = 16
/** Longer is none of the assistant's texts, and would take long to compare. */
export const LONGEST = 50_000
const REMEMBERED_TEXTS = 48
const REMEMBERED_UNITS = 400_000

let copied: { text: string; marks: Mark[] } | null = null
const written = new Map<string, string>()

const plainEnds = (text: string): string => text.replace(/\r\n?/g, '\n')

/** To be told what was copied or cut in a draft. */
export function rememberCopied(text: string, marks: readonly Mark[]): void {
  copied = { text: plainEnds(text), marks: [...marks] }
}

/** To be told every chunk that the assistant streams, in whatever space. `key`: of the request and its candidate. */
export function rememberWritten(key: string, chunk: string): void {
  const text = (written.get(key) ?? '') + plainEnds(chunk)
  written.delete(key)
  written.set(key, text)
  let units = 0
  for (const value of written.values()) units += value.length
  for (const [oldest, value] of written) {
    if (written.size <= REMEMBERED_TEXTS && units <= REMEMBERED_UNITS) break
    written.delete(oldest)
    units -= value.length
  }
}

export function forgetClipboard(): void {
  copied = null
  written.clear()
}

const spaced = (text: string): string => text.replace(/\s+/g, ' ').trim()

function isAssistants(text: string): boolean {
  if (text.length > LONGEST) return false
  const wanted = spaced(text)
  if (wanted.length < TELLING) return false
  for (const value of written.values()) if (spaced(value).includes(wanted)) return true
  return false
}

/** Is this a text from elsewhere, so long that the owner is asked whose it is? */
export function isAsked(text: string): boolean {
  let count = 0
  for (const _ of text.matchAll(/\S+/g)) {
    count += 1
    if (count > FEW_WORDS) return true
  }
  return text.length > 100
}

/** The marks of a text that was pasted at `at`. */
export function whoseIsPasted(text: string, at: number): Mark[] {
  const to = at + text.length
  if (copied && copied.text === text) return sliceMarks(copied.marks, 0, text.length, at)
  if (isAssistants(text)) return [{ from: at, to, author: 'assistant', voice: null }]
  if (isAsked(text) || /\S\s+\S/.test(text)) return [{ from: at, to, author: 'quoted', voice: null }]
  return []
}

/** Is nothing in this window known of it, so that the host is asked? */
export function isFromElsewhere(text: string): boolean {
  return copied?.text !== text && !isAssistants(text) && (isAsked(text) || /\S\s+\S/.test(text))
}
