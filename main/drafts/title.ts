/** A draft's title as it is kept, and where its owner gave none: its first heading or line. */
import { endingWhole } from '../characters.ts'

const LONGEST = 120
/** Of a title that its owner gave. */
const LONGEST_GIVEN = 300
/** Of a text: a title stands at its head. */
const SEEN = 4000

/** Without Markdown's marks; empty for a text without words. */
export function titleOf(text: string): string {
  for (const line of text.slice(0, SEEN).split('\n')) {
    const plain = line
      .replace(/^\s*(?:#{1,6}\s+|>\s?|[-*+]\s+|\d+[.)]\s+)+/, '')
      .replace(/\s#+\s*$/, '')
      .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/(?<![\p{L}\p{N}])(\*\*|__|\*|_|`|~~)(\S(?:.*?\S)?)\1(?![\p{L}\p{N}])/gu, '$2')
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim()
    if (/[\p{L}\p{N}]|\p{Extended_Pictographic}/u.test(plain)) return shortened(plain)
  }
  return ''
}

/** A title as a draft bears it. */
export function oneLine(title: string): string {
  return title
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_GIVEN)
    .replace(/[\ud800-\udbff]$|\s+$/, '')
}

function shortened(title: string): string {
  if (title.length <= LONGEST) return title
  const cut = title.slice(0, endingWhole(title, LONGEST))
  const space = cut.lastIndexOf(' ')
  return `${(space > LONGEST / 2 ? cut.slice(0, space) : cut).trimEnd()}…`
}
