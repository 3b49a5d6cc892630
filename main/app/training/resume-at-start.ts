/**
 * A run that was going when its owner quit goes on at the next start. One that a crash ended waits to be asked for: what
 * brought the app down may do so again. Knows which run it was, and nothing of how a run works.
 */
import type { TrainingState } from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import type { AppContext } from '../context.ts'
import type { Training } from './training.ts'

const RESUME = 'training.resume'
const GOING: readonly TrainingState['stage'][] = ['preparing', 'training', 'proving']

type Deps = Pick<AppContext, 'store' | 'options'>

/** To be called before training is closed. The terminal's runs end with their command, and are resumed by one. */
export function rememberToResume({ store, options }: Deps, training: Pick<Training, 'current'>): void {
  if (options.host === 'terminal') return
  const state = training.current()
  if (state && GOING.includes(state.stage)) store.settings.set(RESUME, state.run)
}

/** Goes on with the run that was remembered; resolves with its id, or null where none was or it cannot be resumed. */
export async function resumeRemembered(
  { store, options }: Deps,
  training: Pick<Training, 'current' | 'handlers'>,
): Promise<string | null> {
  if (options.host === 'terminal') return null
  const run = store.settings.get<string | null>(RESUME)
  if (!run) return null
  const state = training.current()
  const waits = state?.run === run && state.stage === 'interrupted'
  try {
    if (waits) await training.handlers['train.resume']({ run })
  } catch (error) {
    // Quit again before its base was read: it goes on at the next start.
    if (error instanceof IdiolectError && error.name === 'Closing') return null
    // Whatever else hinders it (a base that is gone) is said when the owner asks for the run.
    store.settings.set(RESUME, null)
    return null
  }
  // Once: a run that brings the app down is not begun again by itself.
  store.settings.set(RESUME, null)
  return waits ? run : null
}
