/**
 * Is a text one of some others, in whatever shape: as Markdown or plain, with its title or without, cut short, or
 * revised here and there? Asked so that no piece is shown its own title, and nothing held out is trained on.
 */
import { shinglesOrWhole } from './shingles.ts'

/** Words in a row that two texts have in common only when one was made from the other. */
const RUN = 5
/** Share of the shorter text's runs that must be found. */
const SHARE = 0.3
/** Texts in which a run may stand, and their share, before it is anybody's: what stands below every letter of a series. */
const MOST_PLACES = 8
const PLACES_SHARE = 0.1
/** Share of a text's runs that make it one of the others even where they are anybody's: one of many versions. */
const SHARE_OF_ALL = 0.7

/**
 * @returns whether its text shares three tenths or more of its runs of words with one of the others, or that one with it.
 * Texts of fewer words than a run must be equal, word for word.
 */
export function createSameText(others: readonly string[]): (text: string) => boolean {
  const most = Math.max(MOST_PLACES, Math.floor(PLACES_SHARE * others.length))
  const index = indexOf(others.map(distinctRuns), most)
  return (text) => {
    const runs = distinctRuns(text)
    const shared = new Map<number, number>()
    const add = (place: number): unknown => shared.set(place, (shared.get(place) ?? 0) + 1)
    let anybodys = 0
    let found = 0
    for (const run of runs) {
      const count = index.visit(run, add)
      if (count > 0) found++
      if (count > most) anybodys++
    }
    if (anybodys > 0 && found >= SHARE_OF_ALL * runs.length) return true
    for (const [place, count] of shared) {
      if (count >= SHARE * Math.min(runs.length - anybodys, index.sizes[place] as number)) return true
    }
    return false
  }
}

interface RunIndex {
  /** Of each text, its runs that are not anybody's. */
  sizes: number[]
  /** @returns in how many texts a run stands; those that it is in are visited where it is not anybody's */
  visit(run: number, onPlace: (place: number) => unknown): number
}

/** An open hash table: a `Map` of as many runs takes several times as long, and a library has millions. */
function indexOf(sets: readonly Float64Array[], most: number): RunIndex {
  const total = sets.reduce((sum, set) => sum + set.length, 0)
  const mask = 2 ** Math.ceil(Math.log2(2 * total + 2)) - 1
  const keys = new Float64Array(mask + 1).fill(-1)
  const counts = new Int32Array(mask + 1)
  /** Of each slot its latest entry; of each entry its text, and the slot's entry before it. */
  const latest = new Int32Array(mask + 1).fill(-1)
  const places = new Int32Array(total)
  const before = new Int32Array(total)
  const slotOf = (run: number): number => {
    let slot = run & mask
    while (keys[slot] !== -1 && keys[slot] !== run) slot = (slot + 1) & mask
    return slot
  }
  let entry = 0
  for (const [place, set] of sets.entries()) {
    for (const run of set) {
      const slot = slotOf(run)
      keys[slot] = run
      counts[slot] = (counts[slot] as number) + 1
      places[entry] = place
      before[entry] = latest[slot] as number
      latest[slot] = entry++
    }
  }
  const visitSlot = (slot: number, onPlace: (place: number) => unknown): void => {
    for (let at = latest[slot] as number; at >= 0; at = before[at] as number) onPlace(places[at] as number)
  }
  const sizes = sets.map((set) => set.length)
  for (const [slot, count] of counts.entries()) {
    if (count <= most) continue
    visitSlot(slot, (place) => {
      sizes[place] = (sizes[place] as number) - 1
    })
  }
  return {
    sizes,
    visit(run, onPlace) {
      const slot = slotOf(run)
      const count = counts[slot] as number
      if (count <= most) visitSlot(slot, onPlace)
      return count
    },
  }
}

/** Ascending. */
function distinctRuns(text: string): Float64Array {
  const runs = Float64Array.from(shinglesOrWhole(text, RUN)).sort()
  let count = 0
  for (const run of runs) if (count === 0 || run !== runs[count - 1]) runs[count++] = run
  return runs.subarray(0, count)
}
