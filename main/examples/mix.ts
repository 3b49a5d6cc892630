/** What prompts show while training, where one adapter is to serve every prompt that it will meet in use. */
import { seeded } from '../random.ts'

/** Beside a training example: this many earlier items, and the profile or not. */
export interface ShownInTraining {
  retrieved: number
  profile: boolean
}

/** A mix shows up to so many earlier items: with three, entries of a usual prompt are too short to be of use. */
const MOST_MIXED = 2

/** Drawn by the seed, the owner and the item alone: neither other items nor what else is trained changes it. */
export function drawnMix(seed: number, owner: string, item: string): ShownInTraining {
  const random = seeded(`mix/${seed}/${JSON.stringify([owner, item])}`)
  return { retrieved: random.below(MOST_MIXED + 1), profile: random.next() < 0.5 }
}
