/**
 * A small seeded generator (Doty-Humphrey's sfc32, public domain algorithm), since runs must repeat bit by bit from
 * their seeds: on resume every stream is begun again from its name.
 */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Whole number in [0, n). */
  below(n: number): number
}

function hash(text: string, basis: number): number {
  let h = basis >>> 0
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619) >>> 0
  return h
}

/** A stream of its own for every name, e.g. `7/shuffle/2`. */
export function seeded(name: string): Random {
  let a = hash(name, 2166136261)
  let b = hash(name, 0x9e3779b9)
  let c = hash(name, 0x85ebca6b)
  let counter = 1
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + t) | 0
    return (t >>> 0) / 4294967296
  }
  for (let i = 0; i < 16; i++) next()
  return { next, below: (n) => Math.floor(next() * n) }
}

/** Fisher and Yates' shuffle, in place. */
export function shuffle<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const item = items[i] as T
    items[i] = items[j] as T
    items[j] = item
  }
  return items
}
