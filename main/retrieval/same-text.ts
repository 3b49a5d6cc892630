/**
 * Is a text one of some others, in whatever shape: as Markdown or plain, with its title or without, cut short, or
 * revised here and there? Asked so that no piece is shown its own title, and nothing held out is trained on.
 */
import { termsOf } from './tokens.ts'

/** Words in a row that two texts have in common only when one was made from the other. */
const RUN = 5
/** Share of the shorter text's runs that must be found. */
const SHARE = 0.3

/**
 * @returns whether its text shares three tenths or more of its runs of words with the others, or they with it. Texts
 * of fewer words than a run must be equal, word for word.
 */
export function createSameText(others: readonly string[]): (text: string) => boolean {
  const sets = others.map(runsOf)
  /** The others in which a run stands. */
  const places = new Map<string, number[]>()
  for (const [index, set] of sets.entries()) {
    for (const run of set) {
      const at = places.get(run)
      if (at) at.push(index)
      else places.set(run, [index])
    }
  }
  return (text) => {
    const runs = runsOf(text)
    const shared = new Map<number, number>()
    for (const run of runs) for (const index of places.get(run) ?? []) shared.set(index, (shared.get(index) ?? 0) + 1)
    for (const [index, count] of shared) {
      const shorter = Math.min(runs.size, sets[index]?.size ?? 0)
      if (count >= SHARE * shorter) return true
    }
    return false
  }
}

function runsOf(text: string): Set<string> {
  const terms = termsOf(text)
  if (terms.length < RUN) return new Set(terms.length === 0 ? [] : [terms.join(' ')])
  return new Set(Array.from({ length: terms.length - RUN + 1 }, (_, at) => terms.slice(at, at + RUN).join(' ')))
}
