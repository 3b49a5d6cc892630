/** Texts cut by tokens, for prompts. */
import { beginningWhole, endingWhole } from '../characters.ts'
import { firstOf, lastOf } from '../examples/cut.ts'
import type { Tokenizer } from '../inference/types.ts'

/** More characters than a token has: tokenizing a book to keep a paragraph takes seconds. */
const CHARACTERS = 12

export function firstTokens(tokenizer: Tokenizer, text: string, count: number): string {
  const head = text.slice(0, endingWhole(text, count * CHARACTERS))
  const ids = tokenizer.tokenize(head)
  if (ids.length > count) return `${firstOf(tokenizer, head, ids, count)}…`
  return head.length < text.length ? `${head}…` : text
}

export function lastTokens(tokenizer: Tokenizer, text: string, count: number): string {
  const tail = text.slice(beginningWhole(text, Math.max(0, text.length - count * CHARACTERS)))
  const ids = tokenizer.tokenize(tail)
  if (ids.length > count) return `…${lastOf(tokenizer, tail, ids, count)}`
  return tail.length < text.length ? `…${tail}` : text
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
