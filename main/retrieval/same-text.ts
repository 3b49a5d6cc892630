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
/** Texts that are looked through for what is anybody's: evenly spread, since a long library takes seconds. */
const LOOKED_THROUGH = 100
/** Share of a text's runs that make it one of the others even where they are anybody's: one of many versions. */
const SHARE_OF_ALL = 0.7

/** Runs of words that are anybody's in a library, opaque to those who pass them on. */
export type CommonRuns = ReadonlySet<number>

const NONE: CommonRuns = new Set()

/**
 * The runs that stand below or above many texts of a library: in more than eight of them, and more than a tenth. Few texts
 * by themselves cannot tell: asked of one piece or of five, a series' sign-off would make each text of it the same.
 */
export function commonRuns(library: readonly string[]): CommonRuns {
  const step = Math.max(1, library.length / LOOKED_THROUGH)
  const some = Array.from({ length: Math.min(library.length, LOOKED_THROUGH) }, (_, i) => library[Math.floor(i * step)])
  const most = mostPlaces(some.length)
  if (some.length <= most) return NONE
  const places = new Map<number, number>()
  for (const text of some) {
    for (const run of distinctRuns(text ?? '')) places.set(run, (places.get(run) ?? 0) + 1)
  }
  return new Set([...places].filter(([, count]) => count > most).map(([run]) => run))
}

function mostPlaces(texts: number): number {
  return Math.max(MOST_PLACES, Math.floor(PLACES_SHARE * texts))
}

/**
 * @param common what is anybody's in the library that the texts are of, beside what stands in many of `others`
 * @returns whether its text shares three tenths or more of its runs of words with one of the others, or that one with it.
 * Texts of fewer words than a run must be equal, word for word.
 */
export function createSameText(others: readonly string[], common = NONE): (text: string) => boolean {
  const most = mostPlaces(others.length)
  const index = indexOf(others.map(distinctRuns), most, common)
  return (text) => {
    const runs = distinctRuns(text)
    const shared = new Map<number, number>()
    const add = (place: number): unknown => shared.set(place, (shared.get(place) ?? 0) + 1)
    let anybodys = 0
    let found = 0
    for (const run of runs) {
      const count = index.visit(run, add)
      if (count > 0) found++
      if (count > most || common.has(run)) anybodys++
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
function indexOf(sets: readonly Float64Array[], most: number, common: CommonRuns): RunIndex {
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
  const isAnybodys = (slot: number): boolean =>
    (counts[slot] as number) > most || (common.size > 0 && common.has(keys[slot] as number))
  for (const slot of counts.keys()) {
    if (!isAnybodys(slot)) continue
    visitSlot(slot, (place) => {
      sizes[place] = (sizes[place] as number) - 1
    })
  }
  return {
    sizes,
    visit(run, onPlace) {
      const slot = slotOf(run)
      if (!isAnybodys(slot)) visitSlot(slot, onPlace)
      return counts[slot] as number
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
