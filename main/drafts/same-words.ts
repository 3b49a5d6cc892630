/**
 * Are these words among those? Compared by words alone, so that a heading's marks, a chat's Markdown or another line's end
 * make no difference. Knows texts, and not whose they are.
 */

/** Letters of a run of words that tells: a shorter one anybody may have written. */
const TELLING = 16

const wordsOf = (text: string): string => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ')

/**
 * @returns whether a text says these very words, or has them in it where they are long enough to tell. One word alone tells
 * nothing.
 */
export function createSameWords(text: string): (other: string) => boolean {
  const wanted = wordsOf(text)
  const all = wanted.split(' ')
  if (all.length < 2) return () => false
  // What has not even the longest word need not be cut into words.
  const longest = all.reduce((a, b) => (b.length > a.length ? b : a))
  return (other) => {
    if (!other.toLowerCase().includes(longest)) return false
    const found = wordsOf(other)
    return found === wanted || (wanted.length >= TELLING && ` ${found} `.includes(` ${wanted} `))
  }
}
