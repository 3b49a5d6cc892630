/** Which states of a draft are kept: one now and then, one before much is lost, thinned where they become many. */

/** A version of how it stood is kept when the last one is this old, milliseconds. */
export const PAUSE = 5 * 60_000
/** And whenever a save takes away so many characters. */
export const LOSS = 200
/** Never thinned. */
export const NEWEST = 10
export const MOST_VERSIONS = 80
/** Characters of all versions of a draft together. */
export const MOST_SIZE = 40_000_000

/** Characters of `before` that are not in `after`, where all that changed lies between their common ends. */
export function charactersLost(before: string, after: string): number {
  const most = Math.min(before.length, after.length)
  let start = 0
  while (start < most && before.charCodeAt(start) === after.charCodeAt(start)) start++
  let end = 0
  while (end < most - start && before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end))
    end++
  return before.length - start - end
}

/** @param last when the newest version was kept, milliseconds; null when there is none. A clock set back counts as time. */
export function isTimeForVersion(before: string, after: string, last: number | null, now: number): boolean {
  if (before === after || before.trim() === '') return false
  if (last === null || Math.abs(now - last) >= PAUSE) return true
  return charactersLost(before, after) >= LOSS
}

interface Kept {
  id: string
  at: string
  size: number
  why: string
}

/**
 * Which of these (oldest first) go: among all but the newest, the one that stands nearest to the one before it, until
 * both bounds hold; refused texts, which stand nowhere else, go last.
 */
export function versionsToDrop(versions: readonly Kept[]): string[] {
  const kept = [...versions]
  const dropped: string[] = []
  let size = kept.reduce((sum, version) => sum + version.size, 0)
  while ((kept.length > MOST_VERSIONS || size > MOST_SIZE) && kept.length > NEWEST) {
    const old = kept.slice(0, kept.length - NEWEST).map((version, index) => ({ version, index }))
    const plain = old.filter(({ version }) => version.why !== 'refused')
    const choice = (plain.length > 0 ? plain : old).reduce((a, b) => (gap(kept, b.index) < gap(kept, a.index) ? b : a))
    kept.splice(choice.index, 1)
    size -= choice.version.size
    dropped.push(choice.version.id)
  }
  return dropped
}

/** The first has none before it: the farthest of all, but for a clock set back. */
function gap(versions: readonly Kept[], index: number): number {
  const before = versions[index - 1]
  const here = versions[index]
  return before && here ? Math.abs(Date.parse(here.at) - Date.parse(before.at)) : Number.POSITIVE_INFINITY
}
