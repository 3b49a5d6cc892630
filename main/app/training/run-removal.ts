/**
 * A run that leaves with what it made: its folder holds the voice itself, its control, and the owner's texts as it learnt
 * them. What goes on from it or lies over it keeps copies in its own folder.
 */
import path from 'node:path'
import { IdiolectError } from '../../errors.ts'
import type { RunRecord } from '../../store/runs.ts'
import type { Store } from '../../store/store.ts'
import type { AppContext } from '../context.ts'
import { deleteLeaving, noteLeaving } from '../leaving-files.ts'
import type { AppOptions } from '../types.ts'
import type { Card } from '../voices/card.ts'
import { isGoing } from './run-state.ts'

/** A run that waits to be gone on with goes too: it would bring back what its owner removed. Errors: `RunGoesOn`. */
export function refuseGoing(context: Pick<AppContext, 'state'>, run: string): void {
  const { training } = context.state()
  if (training?.run !== run || !isGoing(training.stage)) return
  throw new IdiolectError('RunGoesOn', `the run ${run}, which made it, is going on`, 'Wait for it, or cancel it.')
}

/** Takes a run off the list. @returns the names to be noted as leaving, in the same transaction */
export function removeRun({ runs }: Pick<Store, 'runs'>, run: string): string[] {
  runs.remove(run)
  return /^[\w-]+$/.test(run) ? [path.join('runs', run)] : []
}

/**
 * Takes the runs off the list that came to nothing, as the window begins another: with them go the owner's texts, and
 * checkpoints of up to gigabytes, which nothing there leads to. A terminal can go on with each by its name.
 * @returns the names to be noted as leaving, in the same transaction
 */
export function removeGivenUp({ runs, voices }: Pick<Store, 'runs' | 'voices'>, host: AppOptions['host']): string[] {
  if (host === 'terminal') return []
  const over: readonly RunRecord['stage'][] = ['cancelled', 'failed']
  // A run may have failed after its voice was kept.
  const made = new Set(voices.list<Card>().map(({ card }) => card.run))
  const givenUp = runs.list().filter(({ id, stage }) => over.includes(stage) && !made.has(id))
  return givenUp.flatMap(({ id }) => removeRun({ runs }, id))
}

/**
 * Deletes a run that its owner does not want to go on with, with all that it has learnt.
 * Errors: IdiolectError `UnknownRun`; `RunGoesOn`; `AlreadyDone` where it made a voice, which is removed instead;
 * `CannotDelete` where it is off the list and a file of it is not yet gone.
 */
export function discardRun(context: Pick<AppContext, 'store' | 'state' | 'changed'>, run: string): void {
  const { store } = context
  const record = store.runs.get(run)
  if (!record) throw new IdiolectError('UnknownRun', `there is no run ${JSON.stringify(run)}`, null)
  refuseGoing(context, run)
  const made = record.stage === 'done' || store.voices.list<Card>().some(({ card }) => card.run === run)
  if (made) throw new IdiolectError('AlreadyDone', `the run ${run} is done`, 'Remove what it made instead.')
  store.transaction(() => noteLeaving(store, removeRun(store, run)))
  const problem = deleteLeaving(store)
  context.changed()
  if (problem) throw problem
}
