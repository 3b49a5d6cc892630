/** Counting words, in scripts with and without spaces. */
const WORD = /[\p{L}\p{N}\p{M}]+(?:['’-][\p{L}\p{N}\p{M}]+)*/gu
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu

/** Has the text anything in a script without spaces between its words? */
export const writesNoSpaces = (text: string): boolean => text.search(UNSPACED) >= 0

/** Words in `text`; where a script writes no spaces, two characters count as a word. */
export function countWords(text: string): number {
  const unspaced = text.match(UNSPACED)?.length ?? 0
  const rest = unspaced > 0 ? text.replace(UNSPACED, ' ') : text
  return (rest.match(WORD)?.length ?? 0) + Math.ceil(unspaced / 2)
}
