/** The window's last word: it is asked to save before it is closed, and waited for. Knows nothing of what it saves. */
import type { Handlers } from '../../preload/contract.ts'
import type { WindowLike } from './electron-like.ts'

/** Milliseconds: more than a long draft takes, less than anybody waits for a window that hangs. */
const PATIENCE = 5000

export interface Farewell {
  /** Whether all is saved; null where the window did not answer. */
  ask(): Promise<boolean | null>
  /** Answers the window's `app.left`. */
  left: Handlers['app.left']
}

export function createFarewell(window: WindowLike): Farewell {
  let hear: ((saved: boolean) => void) | null = null
  return {
    ask() {
      if (window.isDestroyed() || window.webContents.isDestroyed()) return Promise.resolve(null)
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, PATIENCE, null)
        hear = (saved) => {
          clearTimeout(timer)
          resolve(saved)
        }
        window.webContents.send('idiolect:event', 'app.leaving', { closing: true })
      })
    },
    async left({ saved }) {
      const known = hear !== null
      hear?.(saved)
      hear = null
      return { known }
    },
  }
}
