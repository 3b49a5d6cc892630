/** Some of a history, where not all of it can be taken. */
import type { TaskName } from './types.ts'

/**
 * At most `most` of the items, evenly spread over their order: the middle one of each stretch, so that one of many is not
 * the very first.
 */
export function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items]
  return Array.from({ length: most }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / most)] as T)
}

/**
 * At most `most` of a history (oldest first) to learn from. Of titles, tags and scores the newest, since a hand changes:
 * over fourteen years of one blog the newest 120 pieces leave a quarter of a nat a token less on what came next than as
 * many from all of its time (docs/notebook.md). Of prose passages of all its time, lest few pieces make up the whole.
 */
export function boundedHistory<T>(task: TaskName, items: readonly T[], most: number): T[] {
  if (task === 'prose') return spread(items, most)
  return items.slice(Math.max(0, items.length - most))
}
