/**
 * A run that leaves with what it made: its folder holds the voice itself, its control, and the owner's texts as it learnt
 * them. What goes on from it or lies over it keeps copies in its own folder.
 */
import path from 'node:path'
import { IdiolectError } from '../../errors.ts'
import type { Store } from '../../store/store.ts'
import type { AppContext } from '../context.ts'
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
