/**
 * Words, in scripts with and without spaces. With: runs between white space. Without: two characters count as a word, as
 * they do in the library, and a cut falls between the words of a dictionary.
 */
import { beginningWhole } from '../characters.ts'
import { wordBreaks } from '../segments.ts'

/** Han, kana with the sign that lengthens them, and the scripts of South East Asia that write no spaces. */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ーｰ\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
const OPENING = '\\p{Ps}\\p{Pi}'
/** Two characters with their marks and brackets, or a run of anything else that is no white space. */
const WORD = new RegExp(
  `[${OPENING}]*(?:[${UNSPACED}]\\p{M}*){1,2}[^\\s\\p{L}\\p{N}${OPENING}${UNSPACED}]*|[^\\s${UNSPACED}]+`,
  'gu',
)
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, 'u')
const BEGINNING = new RegExp(`[\\s${UNSPACED}]`, 'u')

export function countWords(text: string): number {
  return text.match(WORD)?.length ?? 0
}

/** The place after `count` words from `start` on and the white space behind them; the text's end where it has fewer. */
export function afterWords(text: string, start: number, count: number): number {
  const words = new RegExp(WORD)
  words.lastIndex = start
  for (let i = 0; i < count; i++) if (words.exec(text) === null) return text.length
  const end = words.lastIndex
  if (IS_UNSPACED.test(text.slice(end))) {
    const [begin] = dictionaryWord(text, end)
    return begin > start ? begin : end
  }
  return end + (/^\s*/.exec(text.slice(end))?.[0].length ?? 0)
}

/**
 * The last `length` UTF-16 units at most, from the beginning of a word; from the middle of one where it takes up half of
 * them, never of a character.
 */
export function lastWords(text: string, length: number): string {
  if (text.length <= length) return text
  return text.slice(wordFrom(text, text.length - length)).trimStart()
}

const ENDS_UNSPACED = new RegExp(`[${UNSPACED}\\u3001-\\u301f\\uff01-\\uff60]$`, 'u')

/** Are these two lines of a script without spaces, so that nothing stands between them when they are one? */
export function goesOn(before: string, after: string): boolean {
  return ENDS_UNSPACED.test(before) && IS_UNSPACED.test(after)
}

/** Characters in which a word must begin. */
const LOOKED_AT = 1000

/** Where the first word begins at `at` or after it, or the white space before it; `at` where that is far away. */
export function wordFrom(text: string, at: number): number {
  const rest = text.slice(at, at + LOOKED_AT)
  // Whole already when the character before ends a word.
  if (/\s/.test(text.charAt(at - 1))) return at
  if (IS_UNSPACED.test(rest)) {
    const [begin, end] = dictionaryWord(text, at)
    return begin === at ? at : end
  }
  const next = rest.search(BEGINNING)
  if (next >= 0 && next <= rest.length / 2) return at + next
  return beginningWhole(text, at)
}

/** Longer than a dictionary's words. */
const NEAR = 32

/** Where the word that holds the place `at` begins and ends, in a script without spaces. */
function dictionaryWord(text: string, at: number): [begin: number, end: number] {
  const from = Math.max(0, at - NEAR)
  const found = wordBreaks.segment(text.slice(from, at + NEAR)).containing(at - from)
  if (found === undefined) return [at, at]
  return [from + found.index, from + found.index + found.segment.length]
}
