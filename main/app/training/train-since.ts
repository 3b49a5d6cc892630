/** What the owner wrote and chose since the newest voice was trained, and whether it is enough to train again. */
import type { SinceTraining } from '../../../preload/contract.ts'
import type { AppContext } from '../context.ts'
import { readLearned } from '../library/learned.ts'
import type { Card } from '../voices/card.ts'

/** Choices, or new pieces, from which on a training is offered; of pieces also this share of those it knew. */
const LEAST_CHOICES = 10
const LEAST_PIECES = 5
const PIECES_SHARE = 0.1
/** Records looked through. */
const RECORDS = 1000

export function sinceTraining({ store }: Pick<AppContext, 'store'>): SinceTraining {
  const newest = store.voices
    .list<Card>()
    .filter(({ card }) => card.run !== null && !card.mix)
    .sort((a, b) => (a.card.createdAt < b.card.createdAt ? 1 : -1))[0]
  if (!newest) return { voice: null, since: null, choices: 0, pieces: 0, enough: false }
  const { createdAt: since, run } = newest.card
  const texts = (['tag', 'rate'] as const).flatMap((task) =>
    store.labels.picked(task, RECORDS).filter(({ at }) => at > since),
  )
  // Of the library's pieces, and of single texts.
  const choices = store.headlines.pickedSince(since) + store.labelChoices.since(since) + texts.length
  const folder = store.runs.get(run ?? '')?.folder
  const known = folder === undefined ? null : readLearned(folder)
  const met = new Set(known?.library)
  const added = known === null ? 0 : store.documents.mine().filter(({ id }) => !met.has(id)).length
  const pieces = added + store.drafts.learntSince(since)
  const least = Math.max(LEAST_PIECES, Math.ceil(PIECES_SHARE * met.size))
  return { voice: newest.id, since, choices, pieces, enough: choices >= LEAST_CHOICES || pieces >= least }
}
