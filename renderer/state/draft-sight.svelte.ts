import { localStore, readStored, type Store, writeStored } from '../lib/storage.ts'

const SIGHT = 'idiolect-draft-sight'
const PLACE = 'idiolect-draft-place'

/** How the drafts are looked at, and which was open: remembered by the window from one start to the next. */
export class DraftSight {
  #store: Store | null
  #writers = $state(false)
  #byItself = $state(false)
  #focus = $state(false)
  panel = $state(false)

  constructor(store: Store | null = localStore()) {
    this.#store = store
    const kept = readStored(store, SIGHT)
    const is = (name: string): boolean =>
      typeof kept === 'object' && kept !== null && (kept as Record<string, unknown>)[name] === true
    this.#writers = is('writers')
    this.#byItself = is('byItself')
    this.#focus = is('focus')
  }

  /** Shows who wrote what. */
  get writers() {
    return this.#writers
  }
  set writers(on: boolean) {
    this.#writers = on
    this.#write()
  }

  /** Goes on by itself after a pause. */
  get byItself() {
    return this.#byItself
  }
  set byItself(on: boolean) {
    this.#byItself = on
    this.#write()
  }

  /** The draft and nothing else. */
  get focus() {
    return this.#focus
  }
  set focus(on: boolean) {
    this.#focus = on
    this.#write()
  }

  /** The draft that was open in this data folder when the window was left. */
  draft(home: string): string | null {
    const place = readStored(this.#store, PLACE)
    if (typeof place !== 'object' || place === null) return null
    const { home: of, draft } = place as { home?: unknown; draft?: unknown }
    return of === home && typeof draft === 'string' ? draft : null
  }
  remember(home: string, draft: string): void {
    writeStored(this.#store, PLACE, { home, draft })
  }
  forget(): void {
    writeStored(this.#store, PLACE, null)
  }

  #write(): void {
    writeStored(this.#store, SIGHT, { writers: this.#writers, byItself: this.#byItself, focus: this.#focus })
  }
}
