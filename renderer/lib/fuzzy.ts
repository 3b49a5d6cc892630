/** Finds names by some of their letters, in any script. Fetched with the palette: the first view does without. */
import uFuzzy from '@leeoniya/ufuzzy'

const finder = new uFuzzy({
  unicode: true,
  interSplit: "[^\\p{L}\\d']+",
  intraSplit: '\\p{Ll}\\p{Lu}',
  intraBound: '\\p{L}\\d|\\d\\p{L}|\\p{Ll}\\p{Lu}',
  intraChars: "[\\p{L}\\d']",
  intraContr: "'\\p{L}{1,2}\\b",
  // Up to three letters may be left out between two: `lbr` finds Library.
  intraIns: 3,
})
/** Words that may stand in another order than in the name. */
const ANY_ORDER = 3
/** Above this many hits they are not ranked: something more must be typed anyway. */
const RANKED = 2000

export interface Found {
  index: number
  parts: { text: string; marked: boolean }[]
}

/** The best `limit` of the names, with what was matched; none for an empty query. */
export function findNames(names: string[], query: string, limit: number): Found[] {
  const wanted = uFuzzy.latinize(query.trim())
  if (wanted === '') return []
  const [hits, info, order] = finder.search(uFuzzy.latinize(names), wanted, ANY_ORDER, RANKED)
  if (!hits) return []
  if (!info || !order) return hits.slice(0, limit).map((index) => ({ index, parts: whole(names[index] ?? '') }))
  return order.slice(0, limit).map((at) => {
    const index = info.idx[at] ?? 0
    return { index, parts: partsOf(names[index] ?? '', info.ranges[at] ?? []) }
  })
}

function whole(text: string): Found['parts'] {
  return [{ text, marked: false }]
}

/** @param ranges from, to, from, to, … into the plain-letter form, which may be longer (ß, æ): then nothing is marked */
function partsOf(name: string, ranges: number[]): Found['parts'] {
  if (uFuzzy.latinize(name).length !== name.length) return whole(name)
  const parts: Found['parts'] = []
  uFuzzy.highlight(
    name,
    ranges,
    (text, marked) => {
      if (text) parts.push({ text, marked })
      return ''
    },
    '',
    () => undefined,
  )
  return parts
}
