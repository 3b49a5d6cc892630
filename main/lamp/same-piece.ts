/**
 * Whether two texts are one piece: equal but for case and white space, one a long beginning of the other, or, of long ones,
 * one made from the other, as the app's own proofs ask.
 */
import { createSameText } from '../retrieval/same-text.ts'

/** Characters of a text that are compared. */
const COMPARED = 2000
/** Texts and beginnings of so many characters tell a piece; less may be a formula of its author. */
const LONG = 200

/** Lower case, one space between words, compatible forms (NFKC) as one. */
export function normalized(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
}

export interface Pieces {
  /** Whether `text` is one of the pieces. */
  has(text: string): boolean
}

/**
 * Empty texts are no pieces. Time is that of sorting the texts, then of a binary search each; and of reading each long text
 * once (10,000 in seconds).
 * @param parts of the texts which may stand alone. Equal to one, or of one beginning: the same piece; what shares runs
 * with a part alone shares a formula with it
 */
export function createPieces(texts: readonly string[], parts: readonly string[] = []): Pieces {
  const heads = [...new Set([...texts, ...parts].map(headOf))].filter((head) => head !== '').sort()
  const whole = new Set(heads)
  let madeFromOne: ((text: string) => boolean) | null = null
  return {
    has(text) {
      const head = headOf(text)
      if (head === '') return false
      if (whole.has(head)) return true
      if (head.length < LONG) return false
      if (beginsWith(head)) return true
      madeFromOne ??= createSameText(texts.filter((one) => one.length >= LONG))
      return madeFromOne(text)
    },
  }

  /** Whether one is a long beginning of the other. */
  function beginsWith(head: string): boolean {
    // What begins with `head` follows it in order.
    const after = firstNotBelow(heads, head)
    if (heads[after]?.startsWith(head)) return true
    // What `head` begins with stands before it, and everything between begins so too: the last one below, or one
    // that begins both.
    let bound = head
    for (let at = after - 1; at >= 0; at = firstNotBelow(heads, bound) - 1) {
      const below = heads[at] as string
      const shared = commonLength(below, bound)
      if (shared === below.length) return below.length >= LONG
      if (shared < LONG) return false
      bound = bound.slice(0, shared)
      if (whole.has(bound)) return true
    }
    return false
  }
}

function firstNotBelow(sorted: readonly string[], bound: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] as string) < bound) low = middle + 1
    else high = middle
  }
  return low
}

function commonLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && length < b.length && a.charCodeAt(length) === b.charCodeAt(length)) length++
  return length
}

function headOf(text: string): string {
  return normalized(text.slice(0, COMPARED))
}
