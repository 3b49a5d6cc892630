/**
 * Which words of a changed text stood in it before. Runs of words that stand once in either are its anchors, as in a patience
 * diff, and what lies between two of them is compared word for word: a name replaced throughout a novel takes no longer
 * than a typo, where a plain diff gives up. Knows words, and not whose they are.
 */
import { diffArrays } from 'diff'

/** Words of an anchor. */
const ANCHOR = 4
/** Words that differ at most between two anchors, beyond which all that stands between them is new. */
const MOST_EDITS = 400

export interface Alignment {
  /** Of each word now, its place among the words before, ascending; -1: it is new. */
  from: Int32Array
  /** Of each word now, whether it was too much to be compared with what stood there. */
  unknown: Uint8Array
}

export function align(before: readonly string[], now: readonly string[]): Alignment {
  const from = new Int32Array(now.length).fill(-1)
  const unknown = new Uint8Array(now.length)
  let [old, at] = [0, 0]
  const between = (oldEnd: number, nowEnd: number): void => {
    compare(before.slice(old, oldEnd), now.slice(at, nowEnd), (place, was) => {
      if (was === null) unknown[at + place] = 1
      else from[at + place] = old + was
    })
    old = oldEnd
    at = nowEnd
  }
  for (const [oldPlace, nowPlace] of anchors(before, now)) {
    // Anchors overlap where a stretch is the same.
    if (oldPlace < old || nowPlace < at) continue
    between(oldPlace, nowPlace)
    for (let word = 0; word < ANCHOR; word++) from[at++] = old++
  }
  between(before.length, now.length)
  return { from, unknown }
}

/** @param found a word's place now, and its place before or null where nobody knows */
function compare(
  before: readonly string[],
  now: readonly string[],
  found: (place: number, was: number | null) => void,
): void {
  if (before.length === 0 || now.length === 0) return
  const changes = diffArrays([...before], [...now], { maxEditLength: MOST_EDITS })
  if (changes === undefined) {
    for (let place = 0; place < now.length; place++) found(place, null)
    return
  }
  let [old, at] = [0, 0]
  for (const { added, removed, value } of changes) {
    if (removed) old += value.length
    else if (added) at += value.length
    else for (let word = 0; word < value.length; word++) found(at++, old++)
  }
}

/** Places of the runs that stand once in both, as many as stand in the same order in both. */
function anchors(before: readonly string[], now: readonly string[]): [old: number, now: number][] {
  const [old, other] = [placesOnce(before), placesOnce(now)]
  const pairs: [number, number][] = []
  for (const [run, place] of old) {
    const there = other.get(run) ?? -1
    if (place >= 0 && there >= 0) pairs.push([place, there])
  }
  return ascending(pairs)
}

/** Each run's place; -1 for one that stands there more than once. In the order of the text. */
function placesOnce(words: readonly string[]): Map<string, number> {
  const places = new Map<string, number>()
  for (let at = 0; at + ANCHOR <= words.length; at++) {
    const run = words.slice(at, at + ANCHOR).join('\n')
    places.set(run, places.has(run) ? -1 : at)
  }
  return places
}

/** The longest part of the pairs, which ascend in their first place, that ascends in the second too. */
function ascending(pairs: [number, number][]): [number, number][] {
  /** Of each length, the pair that ends lowest; of each pair, the one before it. */
  const ends: number[] = []
  const previous = new Int32Array(pairs.length).fill(-1)
  const second = (pair: number): number => (pairs[pair] as [number, number])[1]
  for (let pair = 0; pair < pairs.length; pair++) {
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (second(ends[middle] as number) < second(pair)) low = middle + 1
      else high = middle
    }
    if (low > 0) previous[pair] = ends[low - 1] as number
    ends[low] = pair
  }
  const chosen: [number, number][] = []
  for (let pair = ends.at(-1) ?? -1; pair >= 0; pair = previous[pair] as number)
    chosen.push(pairs[pair] as [number, number])
  return chosen.reverse()
}
