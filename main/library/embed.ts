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
  const held = store.vectors.embedder()
  const isCurrent = held?.id === embedder.id && held.dimensions === embedder.dimensions
  if (isCurrent && store.passages.pendingCount() === 0) return 0
  await store.vectors.prepare({ id: embedder.id, dimensions: embedder.dimensions })
  const pending = store.passages.pendingCount()
  const total = Math.min(pending, options.most ?? pending)
  let done = 0
  while (done < total) {
    if (options.signal?.aborted) throw cancelled(`${done} of ${total} passages were embedded`)
    const batch = store.passages.pending(Math.min(BATCH, total - done))
    if (batch.length === 0) break
    options.onProgress?.(done, total, batch[0]?.path ?? null)
    const vectors = await embedder.embed(batch.map(passageText), {
      signal: options.signal,
      onProgress: (part) =>
        options.onProgress?.(done + part, total, batch[Math.min(part, batch.length - 1)]?.path ?? null),
    })
    if (options.signal?.aborted) throw cancelled(`${done} of ${total} passages were embedded`)
    await store.vectors.add(batch, vectors)
    done += batch.length
  }
  if (done > 0) options.onProgress?.(done, total, null)
  // Tidying rewrites much: only when nothing is left to come.
  if (done === pending) await store.vectors.tidy()
  return done
}

export function cancelled(soFar: string): IdiolectError {
  return new IdiolectError('Cancelled', `The import was cancelled: ${soFar}`, 'Import again to go on from there.')
}
