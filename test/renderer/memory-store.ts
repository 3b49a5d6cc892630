/** The browser's storage, in memory. `room`: characters that fit under one key. */
import type { Store } from '../../renderer/lib/storage.ts'

export function memoryStore(room = Number.POSITIVE_INFINITY): Store {
  const items = new Map<string, string>()
  return {
    get length() {
      return items.size
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem(key, value) {
      if (value.length > room) throw new Error('QuotaExceededError')
      items.set(key, value)
    },
    removeItem: (key) => void items.delete(key),
  }
}
