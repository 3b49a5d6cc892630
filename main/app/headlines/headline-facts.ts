/** What the owner's choices of headlines come to: what the next training learns from, and whose were chosen blind. */
import type { Handlers, HeadlineFacts, HeadlineRecord } from '../../../preload/contract.ts'
import type { Store } from '../../store/store.ts'
import { pickedQueries } from '../labels/picks.ts'
import { splitLibrary } from '../training/run-split.ts'

const MOST = 10_000

export function createHeadlineFacts(store: Store): Handlers['headline.facts'] {
  let known: { version: number; isHeldOut: (text: string) => boolean } | null = null
  /** As the next training will split the library. */
  const heldOut = (): ((text: string) => boolean) => {
    const version = store.libraryVersion()
    if (known?.version !== version) {
      known = { version, isHeldOut: splitLibrary(store).isHeldOut }
    }
    return known.isHeldOut
  }
  return async () => {
    const records = store.headlines.list(MOST)
    const some = records.some(({ picked }) => picked !== null)
    const learnt = some ? pickedQueries(store, 'headline', heldOut(), []) : []
    const edited = new Set(records.filter((record) => record.edited !== null).map(({ id }) => `headline:${id}`))
    return {
      toLearn: learnt.length,
      heldOut: some ? pickedQueries(store, 'headline', () => false, []).length - learnt.length : 0,
      edited: learnt.filter(({ document }) => edited.has(document)).length,
      ...blindTally(records),
    }
  }
}

/** By choices made while the authors were hidden. */
export function blindTally(records: readonly HeadlineRecord[]): Pick<HeadlineFacts, 'blindPicks' | 'sides'> {
  const sides = new Map<string | null, { picked: number; offered: number }>()
  let blindPicks = 0
  for (const { blindPick, candidates, authors } of records) {
    const at = blindPick === null ? -1 : candidates.indexOf(blindPick)
    const author = authors[at]
    if (author === undefined) continue
    blindPicks++
    for (const id of new Set(authors)) {
      const side = sides.get(id) ?? { picked: 0, offered: 0 }
      sides.set(id, { picked: side.picked + Number(id === author), offered: side.offered + 1 })
    }
  }
  const list = [...sides].map(([voice, counts]) => ({ voice, ...counts }))
  return { blindPicks, sides: list.sort((a, b) => b.picked - a.picked || b.offered - a.offered) }
}
