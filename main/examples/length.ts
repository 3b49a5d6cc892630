/** Is a text long enough to make a query of, in scripts with and without spaces? */

const LEAST_WORDS = 10
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu

/** The reason that a piece of this text is dropped with, or null. Where a script writes no spaces, two characters count as a word. */
export function tooShort(text: string): string | null {
  const unspaced = text.match(UNSPACED)?.length ?? 0
  const words = text.match(/\S+/g)?.length ?? 0
  return words + unspaced / 2 < LEAST_WORDS ? `its text has fewer than ${LEAST_WORDS} words` : null
}
