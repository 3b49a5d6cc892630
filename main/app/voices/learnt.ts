/**
 * What a voice's file tells of what it learnt (`extra.learnt`): the tasks, and of each piece the beginning of its file's
 * hash, no word of it. So an owner's voice that comes back, on another machine too, is known for what it is.
 */
import type { TrainingTask } from '../../../preload/contract.ts'
import { TASK_NAMES } from '../../examples/tasks.ts'
import type { Store } from '../../store/store.ts'
import type { LearnedNote } from '../library/learned.ts'
import { hashOf } from '../training/task-run.ts'

export interface Learnt {
  /** Empty: not known. */
  tasks: TrainingTask[]
  /** Of each piece that trained it, ascending: not in the order of their writing. */
  hashes: string[]
}

/** @param learned what the run noted, as the library is now */
export function learntBy({ documents }: Store, tasks: TrainingTask[], { pieces }: LearnedNote): Learnt {
  const trained = new Set(pieces.filter(({ part }) => part === 'training').map(({ document }) => document))
  const hashes = documents.files().flatMap(({ id, hash }) => (trained.has(id) ? [hashOf(hash)] : []))
  return { tasks, hashes: [...new Set(hashes)].sort() }
}

/** As a file tells, which may come from anywhere: what is not of this form is left out. */
export function learntIn(extra: Record<string, unknown>): Learnt {
  const { tasks, hashes } = (extra.learnt ?? {}) as Partial<Record<keyof Learnt, unknown>>
  return {
    tasks: Array.isArray(tasks) ? TASK_NAMES.filter((task) => tasks.includes(task)) : [],
    hashes: Array.isArray(hashes) ? hashes.filter((hash) => typeof hash === 'string') : [],
  }
}
