/**
 * The gain of a voice task by task. Pooled, a task that gains much hides one that the voice makes worse; and where it
 * does, it had better be silent. Knows observations by arm, not how they came about.
 */
import type { TaskProof } from '../../preload/contract.ts'
import type { TaskQuery } from '../examples/types.ts'
import { bootstrap, type Observation, paired } from './statistics.ts'

/** Of every query, in one order: what it was under the voice, and under what is compared with it. */
export interface Comparison {
  worse: Observation[]
  better: Observation[]
}

/**
 * One entry a task, in order of appearance. `better`: in every comparison given, the lower quartile of the task's gain (the
 * low end of its 50% interval) is above zero: it is three to one that it gained. Not so of a single piece, which says nothing.
 *
 * 95%, which the verdict on all pieces asks, would be too much: a task has few of them. With eight passages, a true gain of
 * .1 nat and .18 nat of spread (simulated), seven proofs of ten would silence the voice where it is better, and two of ten do
 * so at three to one; a true loss of .05 passes in one of thirteen. By the mean alone it passed in one of five.
 * @param comparisons with what answers without the voice, each of all queries in their order
 */
export function byTask(
  queries: readonly Pick<TaskQuery, 'task' | 'document'>[],
  comparisons: Record<'overBase' | 'overBaseWithRetrieval', Comparison> & { overTaskWithRetrieval?: Comparison },
  seed: number,
): TaskProof[] {
  return [...new Set(queries.map(({ task }) => task))].map((task) => {
    const at = [...queries.keys()].filter((i) => queries[i]?.task === task)
    const of = (all: Observation[]): Observation[] => at.map((i) => all[i] as Observation)
    const observed = ({ worse, better }: Comparison) => paired(of(worse), of(better))
    const gainOf = (one: Comparison) => bootstrap({ observations: observed(one), seed })
    const quartileOf = (one: Comparison) => bootstrap({ observations: observed(one), seed, level: 0.5 }).low
    const { overBase, overBaseWithRetrieval, overTaskWithRetrieval } = comparisons
    const gain: TaskProof['gain'] = {
      overBase: gainOf(overBase),
      overBaseWithRetrieval: gainOf(overBaseWithRetrieval),
      ...(overTaskWithRetrieval ? { overTaskWithRetrieval: gainOf(overTaskWithRetrieval) } : {}),
    }
    return {
      task,
      queries: at.length,
      pieces: new Set(at.map((i) => queries[i]?.document)).size,
      gain,
      better: Object.values(comparisons).every((one) => quartileOf(one) > 0),
    }
  })
}

/** The tasks in which the voice is not clearly better than what answers without it; none where nothing was measured. */
export function worseIn({ tasks = [] }: { tasks?: TaskProof[] | undefined }): TaskProof['task'][] {
  return tasks.filter(({ better }) => !better).map(({ task }) => task)
}
