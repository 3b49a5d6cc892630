/** Giving passages their vectors. Goes on where it was broken off; another embedder starts from the beginning. */
import { IdiolectError } from '../errors.ts'
import type { Embedder } from '../inference/types.ts'
import { passageText } from '../retrieval/passage-text.ts'
import type { Store } from '../store/store.ts'

/** Passages computed and written at a time. */
const BATCH = 128

export interface EmbedOptions {
  onProgress?: (done: number, total: number, current: string | null) => void
  signal?: AbortSignal
  /** At most so many in this call: the rest waits for another. */
  most?: number
}

/**
 * Computes the vectors that are missing under `embedder`; all of them when the library was embedded with another one.
 * Returns how many were computed. Throws IdiolectError `Cancelled`; what was written before stays.
 */
export async function reembed(store: Store, embedder: Embedder, options: EmbedOptions = {}): Promise<number> {
  const { passages, vectors } = store
  const held = vectors.embedder()
  const isCurrent = held?.id === embedder.id && held.dimensions === embedder.dimensions
  const nothing = isCurrent && passages.pendingCount() === 0
  if (nothing && !vectors.untidy()) return 0
  const mark = { id: embedder.id, dimensions: embedder.dimensions }
  if (!nothing) await vectors.prepare(mark)
  const { most = Number.POSITIVE_INFINITY } = options
  let done = 0
  let total = 0
  const left = (): number => Math.min(passages.pendingCount(), most - done)
  // Counted anew each time: pieces may be removed meanwhile, and vectors that were spoilt wait again.
  while (left() > 0) {
    total = done + left()
    if (options.signal?.aborted) throw cancelled(`${done} of ${total} passages were embedded`)
    const batch = passages.pending(Math.min(BATCH, left()))
    options.onProgress?.(done, total, batch[0]?.path ?? null)
    const made = await embedder.embed(batch.map(passageText), {
      signal: options.signal,
      onProgress: (part) =>
        options.onProgress?.(done + part, total, batch[Math.min(part, batch.length - 1)]?.path ?? null),
    })
    if (options.signal?.aborted) throw cancelled(`${done} of ${total} passages were embedded`)
    // Meanwhile a search may have found them spoilt, and given them up.
    await vectors.prepare(mark)
    await vectors.add(batch, made)
    done += batch.length
  }
  if (done > 0) options.onProgress?.(done, total, null)
  // Tidying rewrites much: only when nothing is left to come.
  if (passages.pendingCount() === 0) await vectors.tidy()
  return done
}

export function cancelled(soFar: string): IdiolectError {
  return new IdiolectError('Cancelled', `The import was cancelled: ${soFar}`, 'Import again to go on from there.')
}
