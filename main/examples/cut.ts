/** Texts cut by tokens. Many tokenizers cut within a character, and half of one is no part of a text. */
import type { Tokenizer } from '../inference/types.ts'

/** What stands for the bytes of half a character. */
const BROKEN_AT_END = /\ufffd+$/
const BROKEN_AT_START = /^\ufffd+/

/** The first `count` of a text's tokens as text, without the half of a character at the end. @param ids of the text or of its beginning */
export function firstOf(
  tokenizer: Pick<Tokenizer, 'detokenize'>,
  text: string,
  ids: Int32Array,
  count: number,
): string {
  const cut = tokenizer.detokenize(ids.subarray(0, count))
  const whole = cut.replace(BROKEN_AT_END, '')
  // The text itself may have the sign there.
  const own = BROKEN_AT_START.exec(text.slice(whole.length))?.[0].length ?? 0
  return cut.slice(0, whole.length + own)
}

/** The last `count` of them. @param ids of the text or of its end */
export function lastOf(tokenizer: Pick<Tokenizer, 'detokenize'>, text: string, ids: Int32Array, count: number): string {
  const cut = tokenizer.detokenize(ids.subarray(Math.max(0, ids.length - count)))
  const whole = cut.replace(BROKEN_AT_START, '')
  const own = BROKEN_AT_END.exec(text.slice(0, text.length - whole.length))?.[0].length ?? 0
  return cut.slice(Math.max(0, cut.length - whole.length - own))
}
