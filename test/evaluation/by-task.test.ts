import { describe, expect, it } from 'vitest'
import { byTask, type Comparison } from '../../main/evaluation/by-task.ts'

/** One passage of ten tokens a piece, which gains as said. */
function proseOf(gains: number[], withRetrieval = gains) {
  const against = (gained: number[]): Comparison => {
    const observed = (each: (gain: number) => number) =>
      gained.map((gain, i) => ({ sum: 10 * each(gain), tokens: 10, cluster: `piece ${i}` }))
    return { worse: observed(() => 4), better: observed((gain) => 4 - gain) }
  }
  const queries = gains.map((_, i) => ({ task: 'prose' as const, document: `piece ${i}` }))
  return byTask(queries, { overBase: against(gains), overBaseWithRetrieval: against(withRetrieval) }, 1)[0]
}

describe('a task of a proof', () => {
  it('is not better by a mean that chance may have made', () => {
    const found = proseOf([0.5, -0.1, -0.2, 0.3, -0.4, 0.2])
    expect(found?.gain.overBase.mean).toBeCloseTo(0.05, 10)
    expect(found?.better).toBe(false)
    // Below five pieces too.
    expect(proseOf([0.5, -0.4, 0.1])?.better).toBe(false)
  })

  it('is better from three to one on, where 95% would silence it', () => {
    // Eight passages with a gain of .1 and a spread of .18, in even steps of the normal distribution.
    const steps = [-1.534, -0.887, -0.489, -0.157, 0.157, 0.489, 0.887, 1.534]
    const found = proseOf(steps.map((step) => 0.1 + 0.18 * step))
    expect(found?.gain.overBase.low).toBeLessThan(0)
    expect(found?.better).toBe(true)
    expect(proseOf([0.3, 0.1, 0.2])?.better).toBe(true)
  })

  it('is better in every comparison, or not at all', () => {
    const gains = [0.3, 0.1, 0.2, 0.3, 0.2]
    expect(proseOf(gains, [0.3, -0.1, -0.2, 0.1, 0])?.better).toBe(false)
  })

  it('is not better by one piece alone, which says nothing of another', () => {
    expect(proseOf([0.5])?.better).toBe(false)
  })
})
