/**
 * Who wrote which words of a draft. The editor marks; here a list is checked and merged, never guessed: what is the
 * assistant's stays the assistant's, however the owner edits within it.
 */
import type { DraftAuthor, DraftSpan } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'

const AUTHORS: readonly DraftAuthor[] = ['owner', 'assistant', 'quoted']

/** All of a text by one author. */
export function spansOf(text: string, author: DraftAuthor = 'owner', voice: string | null = null): DraftSpan[] {
  return text === '' ? [] : [{ from: 0, to: text.length, author, voice }]
}

/** Neighbours of one author and voice become one span. Errors: IdiolectError `BadSpans` names the first fault. */
export function checkedSpans(text: string, spans: readonly DraftSpan[]): DraftSpan[] {
  if (!Array.isArray(spans)) throw bad('they are no list')
  const merged: DraftSpan[] = []
  let end = 0
  for (const [index, span] of spans.entries()) {
    const name = `span ${index + 1}`
    const { from, to, author, voice } = span ?? {}
    if (!Number.isInteger(from) || !Number.isInteger(to)) throw bad(`${name} has no whole offsets`)
    if (!AUTHORS.includes(author)) throw bad(`${name} names ${JSON.stringify(author)} as its author`)
    if (voice !== null && typeof voice !== 'string') throw bad(`${name} has no voice, not even null`)
    if (from !== end) throw bad(`${name} begins at ${from}, and the one before ends at ${end}`)
    if (to <= from) throw bad(`${name} is empty: from ${from} to ${to}`)
    const last = merged.at(-1)
    if (last && last.author === author && last.voice === voice) last.to = to
    else merged.push({ from, to, author, voice })
    end = to
  }
  if (end !== text.length) throw bad(`they end at ${end}, and the text has ${text.length} characters`)
  return merged
}

function bad(why: string): IdiolectError {
  return new IdiolectError(
    'BadSpans',
    `the spans that say who wrote the draft do not fit its text: ${why}`,
    'This is a fault of the program; copy the text to a safe place and open the draft again.',
  )
}
