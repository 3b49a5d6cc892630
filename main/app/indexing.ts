/**
 * Vectors for passages that have none yet, made in the background a few at a time: words are searched at once, meaning
 * follows. It waits while a voice is trained, and lets every other call go first.
 */
import type { Embedder } from '../inference/types.ts'
import { reembed } from '../library/embed.ts'
import type { AppContext } from './context.ts'

/** Passages a turn: the base's own states take seconds for these, an embedder a moment. */
const TURN = { base: 4, embedder: 64 }
/** Seconds that a command of the terminal spends on them where only the base's own states serve. */
const TERMINAL_SECONDS = 30

export interface Indexing {
  /** Begins, or looks again for what is new; returns at once. */
  begin(): void
  /** For the terminal: all of it with an embedder, else as much as half a minute gives. Returns what is left. */
  now(request: string, signal: AbortSignal): Promise<number>
  close(): Promise<void>
}

export function createIndexing(context: AppContext): Indexing {
  const { store, bases, events } = context
  let going: Promise<void> | null = null
  let closed = false

  /** One turn; false when nothing is left, or nothing can be done. */
  const turn = (request: string, signal?: AbortSignal): Promise<{ more: boolean; kind: Embedder['kind'] | null }> =>
    bases.withEmbedder(async (embedder) => {
      if (!embedder) return { more: false, kind: null }
      const done = await reembed(store, embedder, { most: TURN[embedder.kind], ...(signal ? { signal } : {}) })
      const left = store.passages.pendingCount()
      const total = left + store.passages.embeddedCount()
      if (done > 0) events.emit('import.progress', { request, stage: 'embedding', done: total - left, total, current: null })
      return { more: left > 0 && done > 0, kind: embedder.kind }
    })

  const training = (): boolean => {
    const stage = context.state().training?.stage
    return stage === 'preparing' || stage === 'training' || stage === 'paused' || stage === 'proving'
  }
  const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds).unref())

  const loop = async (): Promise<void> => {
    while (!closed) {
      if (training()) {
        await pause(1000)
        continue
      }
      if (!(await turn('indexing')).more) return
      await pause(5)
    }
  }

  return {
    begin() {
      if (going || closed) return
      // A failure here costs meaning in search, not the app: words are still found.
      going = loop()
        .catch(() => {})
        .finally(() => {
          going = null
        })
    },
    async now(request, signal) {
      const until = performance.now() + TERMINAL_SECONDS * 1000
      for (;;) {
        const { more, kind } = await turn(request, signal)
        if (!more || (kind === 'base' && performance.now() > until)) return store.passages.pendingCount()
      }
    },
    async close() {
      closed = true
      await going
    },
  }
}
