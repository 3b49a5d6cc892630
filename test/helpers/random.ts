/** Seeded random numbers, so that a test's data are the same on every machine. */

/** Uniform numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** `n` normal numbers of this mean and standard deviation (Box and Muller). */
export function normals(random: () => number, n: number, deviation: number, mean = 0): Float32Array {
  return Float32Array.from({ length: n }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()))
    return mean + deviation * radius * Math.cos(2 * Math.PI * random())
  })
}
