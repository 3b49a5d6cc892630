/** Seeded random numbers, so that an interval, a control and a sample can be computed again to the last digit. */

/**
 * A generator of numbers in [0, 1) that repeats for the same seed (mulberry32, period 2^32).
 * The seed is taken modulo 2^32.
 */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * A permutation of 0..count-1 that leaves nothing in its place: one random cycle through all (Sattolo 1986).
 * `count` must be 2 or more.
 */
export function randomCycle(count: number, random: () => number): number[] {
  if (count < 2) throw new RangeError(`a cycle needs 2 or more items, not ${count}`)
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * i)
    const kept = order[i] as number
    order[i] = order[j] as number
    order[j] = kept
  }
  return order
}
