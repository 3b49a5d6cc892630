/** What every service surface of the app is given. Services know the rooms below them, never each other's insides. */
import type { AppState } from '../../preload/contract.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Store } from '../store/store.ts'
import type { Emitter } from './events.ts'
import type { Bases } from './models/bases.ts'
import type { Requests } from './requests.ts'
import type { AppOptions } from './types.ts'

export interface AppContext {
  options: AppOptions
  store: Store
  catalog: Catalog
  bases: Bases
  events: Emitter
  requests: Requests
  /** The state as it is now. */
  state(): AppState
  /** Tells listeners that the state changed, and returns it. */
  changed(): AppState
}
