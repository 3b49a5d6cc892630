/** Reciprocal rank fusion (Cormack, Clarke, Büttcher 2009): lists agree by rank, whatever their scores mean. */

const K = 60

export interface Fused<T> {
  item: T
  /** Sum over the lists of 1 / (60 + rank). */
  score: number
  /** 1-based rank in each list, null where absent. */
  ranks: (number | null)[]
}

/** Lists best first; the result best first, equal scores in order of first appearance. */
export function fuse<T>(lists: readonly (readonly T[])[]): Fused<T>[] {
  const fused = new Map<T, Fused<T>>()
  lists.forEach((list, which) => {
    list.forEach((item, index) => {
      let entry = fused.get(item)
      if (!entry) {
        entry = { item, score: 0, ranks: lists.map(() => null) }
        fused.set(item, entry)
      }
      if (entry.ranks[which] !== null) return
      entry.ranks[which] = index + 1
      entry.score += 1 / (K + index + 1)
    })
  })
  return [...fused.values()].sort((a, b) => b.score - a.score)
}
