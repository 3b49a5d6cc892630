/** A voice that leaves this machine: its file, its mixes, and the run that it came from with all that it learnt. */
import path from 'node:path'
import { removeMerged } from '../../adapters/merge.ts'
import type { AppContext } from '../context.ts'
import { deleteLeaving, noteLeaving } from '../leaving-files.ts'
import { refuseGoing, removeRun } from '../training/run-removal.ts'
import type { Card } from './card.ts'
import { mixesWith } from './voice-mixes.ts'
import { fileOf } from './voices.ts'

/** Errors: IdiolectError `RunGoesOn`; `CannotDelete` where the voice is gone from the list and a file of it is not yet. */
export function removeVoice(context: AppContext, { id, mix, run }: Card): void {
  const { store } = context
  if (run !== null) refuseGoing(context, run)
  // Made again from what is there, so it may go before the rest.
  if (!mix) removeMerged(fileOf(context, id))
  store.transaction(() => {
    // A mix without one of its voices is another mix: it goes too, as the owner was told.
    for (const other of mixesWith(store, id)) store.voices.remove(other)
    store.voices.remove(id)
    if (mix) return
    const shared = store.voices.list<Card>().some(({ card }) => card.run === run)
    const own = run === null || shared ? [] : removeRun(store, run)
    noteLeaving(store, [path.relative(store.folder, fileOf(context, id)), ...own])
  })
  const problem = deleteLeaving(store)
  context.changed()
  if (problem) throw problem
}
