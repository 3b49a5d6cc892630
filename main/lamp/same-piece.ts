/** Whether two texts are one piece: equal but for case and white space, or one a long beginning of the other. */

/** Characters of a text that are compared. */
const COMPARED = 2000
/** A beginning of so many characters tells a piece; less may be a formula of its author. */
const LONG = 200

/** Lower case, one space between words, compatible forms (NFKC) as one. */
export function normalized(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
}

export interface Pieces {
  /** Whether `text` is one of the pieces. */
  has(text: string): boolean
}

/** Empty texts are no pieces. Time is linear in all texts unless many of them share their first characters. */
export function createPieces(texts: readonly string[]): Pieces {
  const whole = new Set<string>()
  const long = new Map<string, Set<string>>()
  for (const text of texts) {
    const head = headOf(text)
    if (head === '') continue
    whole.add(head)
    if (head.length < LONG) continue
    const key = head.slice(0, LONG)
    const known = long.get(key)
    if (known) known.add(head)
    else long.set(key, new Set([head]))
  }
  return {
    has(text) {
      const head = headOf(text)
      if (head === '') return false
      if (whole.has(head)) return true
      if (head.length < LONG) return false
      for (const other of long.get(head.slice(0, LONG)) ?? []) {
        if (other.startsWith(head) || head.startsWith(other)) return true
      }
      return false
    },
  }
}

function headOf(text: string): string {
  return normalized(text.slice(0, COMPARED))
}
