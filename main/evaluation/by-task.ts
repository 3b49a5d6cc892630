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
 * One entry a task, in order of appearance. `better`: the task's mean gain is above zero in every comparison given. Its
 * interval is not asked to be: a task has few of the proof's pieces, and the verdict on all of them has been clear of zero.
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
    const gainOf = ({ worse, better }: Comparison) => bootstrap({ observations: paired(of(worse), of(better)), seed })
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
      better: Object.values(gain).every(({ mean }) => mean > 0),
    }
  })
}

/** The tasks in which the voice would be no better than what answers without it; none where nothing was measured. */
export function worseIn({ tasks = [] }: { tasks?: TaskProof[] | undefined }): TaskProof['task'][] {
  return tasks.filter(({ better }) => !better).map(({ task }) => task)
}
