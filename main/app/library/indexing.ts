/**
 * Vectors for passages that have none yet, made in the background a few at a time: words are searched at once, meaning
 * follows. It waits while a voice is trained, and lets every other call go first.
 */
import { setTimeout } from 'node:timers/promises'
import { reembed } from '../../library/embed.ts'
import type { AppContext } from '../context.ts'

/** Passages a turn: the base's own states take seconds for these, an embedder a moment. */
const TURN = { base: 4, embedder: 64 }
/**
 * Passages that a command of the terminal gives vectors to where only the base's own states serve: they take a third of
 * a second each on two cores. Larger libraries are found by words there; the app makes their vectors while it is open.
 */
const MOST_BY_BASE = 150
/** Times that vectors are made anew because their files were spoilt: a disk that spoils all is not written to for ever. */
const MOST_LOST = 3

/** Which model made the vectors that are there, all of them. */
const MADE_BY = 'indexing.madeBy'

export interface Indexing {
  /** Begins, or looks again for what is new; returns at once. */
  begin(): void
  /** Vectors were lost: they are made anew, a few times. */
  lost(): void
  /** For the terminal: all of it with an embedder, or of a small library without one. Returns what is left. */
  now(request: string, signal: AbortSignal): Promise<number>
  close(): Promise<void>
}

export function createIndexing(context: AppContext): Indexing {
  const { store, bases, events } = context
  let going: Promise<void> | null = null
  let closed = false
  let losses = 0

  /** One turn; false when nothing is left, or nothing can be done. */
  const turn = (request: string, signal?: AbortSignal): Promise<{ more: boolean }> =>
    bases.withEmbedder(async (embedder) => {
      if (!embedder) return { more: false }
      const by = chosen()
      const done = await reembed(store, embedder, { most: TURN[embedder.kind], ...(signal ? { signal } : {}) })
      const left = store.passages.pendingCount()
      const total = left + store.passages.embeddedCount()
      if (done > 0)
        events.emit('import.progress', { request, stage: 'embedding', done: total - left, total, current: null })
      if (left === 0 && by !== null) store.settings.set(MADE_BY, by)
      return { more: left > 0 && done > 0 }
    }, signal)

  const chosen = (): string | null => {
    const model = bases.embedding()
    return model ? `${model.role}:${model.sha256}` : null
  }
  /** Seen without opening a model: that takes a second, and some hundred MB, at every start. */
  const nothingToDo = (): boolean =>
    store.passages.pendingCount() === 0 &&
    (store.passages.embeddedCount() === 0 || store.settings.get<string>(MADE_BY) === chosen())

  const training = (): boolean => {
    const stage = context.state().training?.stage
    return stage === 'preparing' || stage === 'training' || stage === 'paused' || stage === 'proving'
  }
  const ended = new AbortController()
  const pause = (milliseconds: number): Promise<void> =>
    setTimeout(milliseconds, undefined, { signal: ended.signal }).catch(() => {})

  const loop = async (): Promise<void> => {
    while (!closed && losses <= MOST_LOST) {
      if (nothingToDo()) {
        if (!store.vectors.untidy()) return
        await store.vectors.tidy()
        continue
      }
      if (training()) {
        await pause(1000)
        continue
      }
      if (!(await turn('indexing')).more) return
      await pause(5)
    }
  }

  const begin = (): void => {
    if (going || closed) return
    // A failure here costs meaning in search, not the app: words are still found.
    going = loop()
      .catch(() => {})
      .finally(() => {
        going = null
      })
  }

  return {
    begin,
    lost() {
      losses++
      begin()
    },
    async now(request, signal) {
      if (nothingToDo()) {
        if (store.vectors.untidy()) await store.vectors.tidy()
        return 0
      }
      const left = (): number => store.passages.pendingCount()
      if (bases.chosen('embedder') === null && left() > MOST_BY_BASE) return left()
      while ((await turn(request, signal)).more);
      return left()
    },
    async close() {
      closed = true
      ended.abort()
      await going
    },
  }
}
