/**
 * A voice belongs to its base. Which one writes now, which one rests because another base is in use, and which one was on
 * with each base, so that going back to a base brings its voice back.
 */
import type { CatalogModel } from '../../catalog/catalog.ts'
import type { AppContext } from '../context.ts'
import { fitsBase } from './voices.ts'

const KEY = 'voices.of-bases'

/** By the base's id; null: none was on. */
type OfBases = Record<string, string | null>

type Switched = { writing: string | null; resting: string | null }

/** The voice that is switched on: the one that writes, or the one that cannot on the base in use. */
export function switchedVoice(context: AppContext): Switched {
  const on = context.store.voices.active()?.id ?? null
  if (on === null) return { writing: null, resting: null }
  return fitsBase(context, on) ? { writing: on, resting: null } : { writing: null, resting: on }
}

/** From now on this model is used. A voice of another base rests; the one that was on with this base is on again. */
export async function changeBase(context: AppContext, model: CatalogModel): Promise<void> {
  const { store, bases } = context
  const before = bases.chosen('chat')
  const changes = model.role === 'chat' && before?.id !== model.id
  // Where a voice rests, nothing was chosen for the base that is left.
  const { writing, resting } = switchedVoice(context)
  if (changes && before && resting === null) rememberVoice(context, before.id, writing)
  await bases.choose(model)
  if (!changes) return
  const own = ofBases(context)[model.id]
  if (own === undefined || (own !== null && (store.voices.get(own) === null || !fitsBase(context, own)))) return
  store.voices.setActive(own)
}

/** The voice that is on when this base comes into use the next time. */
export function rememberVoice(context: AppContext, base: string, voice: string | null): void {
  context.store.settings.set(KEY, { ...ofBases(context), [base]: voice })
}

function ofBases({ store }: AppContext): OfBases {
  return store.settings.get<OfBases>(KEY) ?? {}
}
