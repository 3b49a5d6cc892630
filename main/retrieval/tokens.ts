/** Text to search terms: words in lower case; where a script writes no spaces, characters and pairs, or a dictionary's words. */
import { wordBreaks } from '../segments.ts'

const RUN = /[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const PARTS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]+|[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{M}]+|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/gu
const CJK = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u
const DICTIONARY = /^[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

/** Terms of `text` in order, repeats kept; no stemming, no stop words (their inverse document frequency is near 0). */
export function termsOf(text: string): string[] {
  const terms: string[] = []
  for (const [run] of text.normalize('NFKC').toLowerCase().matchAll(RUN)) {
    if (!UNSPACED.test(run)) {
      terms.push(run.replace(/['’]s$/, '').replaceAll('’', "'"))
      continue
    }
    for (const [part] of run.matchAll(PARTS)) {
      if (CJK.test(part)) pushPairs(terms, [...part])
      else if (DICTIONARY.test(part)) {
        for (const { segment, isWordLike } of wordBreaks.segment(part)) if (isWordLike) terms.push(segment)
      } else terms.push(part)
    }
  }
  return terms
}

function pushPairs(terms: string[], characters: string[]): void {
  characters.forEach((character, index) => {
    terms.push(character)
    const next = characters[index + 1]
    if (next !== undefined) terms.push(character + next)
  })
}
