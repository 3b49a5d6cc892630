/**
 * The window whose page has died is loaded again, and one that hangs too where its owner wants that: what a page shows is
 * in the data folder, or kept by the window. Knows no page.
 */
import type { WindowLike } from './electron-like.ts'

/** A page that dies more often within this time, in milliseconds, would do so for ever. */
const TIMES = 3
const WITHIN = 60_000

export interface RecoveryDeps {
  window: WindowLike
  /** Loads the page; never rejects. */
  load: () => Promise<void>
  /** Whether a page that does not answer is to be ended: its last words may be lost. */
  askToEnd: () => Promise<boolean>
  /** The page has died too often. */
  giveUp: () => void
  /** Milliseconds, by a clock that nobody sets; for tests. */
  now?: () => number
}

export function recoverPage({ window, load, askToEnd, giveUp, now = () => performance.now() }: RecoveryDeps): void {
  let deaths: number[] = []
  let asking = false
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return
    const at = now()
    deaths = deaths.filter((death) => at - death < WITHIN)
    if (deaths.length >= TIMES) return giveUp()
    deaths.push(at)
    void load()
  })
  window.on('unresponsive', async () => {
    if (asking) return
    asking = true
    try {
      if ((await askToEnd()) && !window.isDestroyed()) window.webContents.forcefullyCrashRenderer()
    } finally {
      asking = false
    }
  })
}
