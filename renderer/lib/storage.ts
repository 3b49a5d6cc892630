/** What the window itself remembers, in the browser's storage; nothing where there is none, or no room in it. */

/** The part of the browser's storage that is used. */
export type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

/** The browser's own, or null where it has none or lets nobody use it. */
export function localStore(): Store | null {
  try {
    return globalThis.localStorage ?? null
  } catch {
    return null
  }
}

/** What was written under this key, or null: also where it is no JSON. */
export function readStored(store: Store | null, key: string): unknown {
  try {
    return JSON.parse(store?.getItem(key) ?? 'null') as unknown
  } catch {
    return null
  }
}

/** @returns whether there was room */
export function writeStored(store: Store | null, key: string, value: unknown): boolean {
  if (!store) return false
  try {
    store.setItem(key, JSON.stringify(value))
    return true
  } catch {
    return false
  }
}
