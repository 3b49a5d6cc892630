/** Work in several lanes at the same time, whose pauses and ends belong together. */

/**
 * Awaited by each lane between two pieces of its work: may wait, or throw to end the work of all.
 * @param still resolves when no lane works: all wait, or have ended
 */
export type Between = (still: () => Promise<void>) => Promise<void>

/** Ends a lane because another one failed. */
class Abandoned extends Error {}

/**
 * Does each lane's work, all at once, and is done when every lane has ended: only then may what they use be freed.
 * @param work of one lane; must await `pause` between its pieces
 * @returns what each lane gave, in order
 * @throws what the first lane threw, in order, of those that failed of themselves
 */
export async function atOnce<T, R>(
  lanes: readonly T[],
  work: (lane: T, pause: () => Promise<void>) => Promise<R>,
  between?: Between,
): Promise<R[]> {
  let working = lanes.length
  let failed = false
  const waiting: (() => void)[] = []
  const rests = (): void => {
    working--
    if (working === 0) for (const wake of waiting.splice(0)) wake()
  }
  const still = (): Promise<void> =>
    working === 0 ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve))
  const pause = async (): Promise<void> => {
    // Before a rest that may last a night, and after it.
    if (failed) throw new Abandoned()
    rests()
    try {
      await between?.(still)
    } finally {
      working++
    }
    if (failed) throw new Abandoned()
  }
  const ended = await Promise.allSettled(
    lanes.map(async (lane) => {
      try {
        return await work(lane, pause)
      } catch (error) {
        failed = true
        throw error
      } finally {
        rests()
      }
    }),
  )
  const reasons = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
  const own = reasons.find((reason) => !(reason instanceof Abandoned))
  if (own !== undefined) throw own
  return ended.map((one) => (one as PromiseFulfilledResult<R>).value)
}
