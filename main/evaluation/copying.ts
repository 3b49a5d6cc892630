/**
 * Copying: how much of what a voice wrote stands, word for word, in the texts it learnt from. Words are compared without
 * case and punctuation, so that a copied line does not hide behind a comma. Knows texts only.
 */

export interface SourceText {
  /** Null: it is nothing that the reader could open. */
  document: string | null
  title: string
  text: string
}

export interface CopiedRun {
  words: number
  /** As it was written. */
  text: string
  document: string | null
  title: string
}

export interface CopyingFacts {
  /** Runs of `length` words in what was written, and how many of them stand in the sources. */
  runs: number
  copied: number
  /** The longest run in common, of at least `LEAST` words; null: there is none. */
  longest: CopiedRun | null
}

/** A run that counts as copied: shorter ones are the language's, not the author's. */
export const COPIED_WORDS = 8
/** Words in common below which nothing is shown. */
const LEAST = 4

interface Words {
  words: string[]
  /** Where each word stands in its text. */
  spans: { start: number; end: number }[]
}

export function measureCopying(
  written: readonly string[],
  sources: readonly SourceText[],
  length = COPIED_WORDS,
): CopyingFacts {
  const texts = written.map(wordsOf)
  // Beginnings of runs in what was written, which is short; the sources, which are long, are read once.
  const wanted = new Map<string, { text: number; at: number }[]>()
  for (const [text, { words }] of texts.entries()) {
    for (let at = 0; at + LEAST <= words.length; at++) {
      const key = keyOf(words, at, LEAST)
      const places = wanted.get(key)
      if (places) places.push({ text, at })
      else wanted.set(key, [{ text, at }])
    }
  }
  const reach = texts.map(({ words }) => new Int32Array(words.length))
  let longest: CopiedRun | null = null
  for (const source of sources) {
    const { words } = wordsOf(source.text)
    for (let at = 0; at + LEAST <= words.length; at++) {
      for (const place of wanted.get(keyOf(words, at, LEAST)) ?? []) {
        const mine = texts[place.text] as Words
        let count = LEAST
        while (at + count < words.length && mine.words[place.at + count] === words[at + count]) count++
        const known = reach[place.text] as Int32Array
        known[place.at] = Math.max(known[place.at] as number, count)
        if (count <= (longest?.words ?? 0)) continue
        const { document, title } = source
        longest = { words: count, text: excerpt(written[place.text] as string, mine, place.at, count), document, title }
      }
    }
  }
  const runs = texts.reduce((sum, { words }) => sum + Math.max(0, words.length - length + 1), 0)
  const copied = reach.reduce((sum, each) => sum + each.filter((count) => count >= length).length, 0)
  return { runs, copied, longest }
}

/** How many of the lines are, in the same comparison, one of the titles. */
export function countSame(lines: readonly string[], titles: readonly string[]): number {
  const known = new Set(titles.map(plain))
  return lines.filter((line) => known.has(plain(line))).length
}

const plain = (text: string): string => wordsOf(text).words.join(' ')

function wordsOf(text: string): Words {
  const words: string[] = []
  const spans: Words['spans'] = []
  for (const found of text.matchAll(/[\p{L}\p{N}]+(?:[’'][\p{L}\p{N}]+)*/gu)) {
    words.push(found[0].toLowerCase().replaceAll('’', "'"))
    spans.push({ start: found.index, end: found.index + found[0].length })
  }
  return { words, spans }
}

const keyOf = (words: readonly string[], at: number, count: number): string => words.slice(at, at + count).join(' ')

function excerpt(text: string, { spans }: Words, at: number, count: number): string {
  return text.slice(spans[at]?.start, spans[at + count - 1]?.end)
}
