/** A run prepared on its very base, with the threads of a training: what it would learn, and the profiles it would show. */
import type { TrainOptions } from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import { machineThreads } from '../../inference/threads.ts'
import type { Base } from '../../inference/types.ts'
import type { AppContext } from '../context.ts'
import { type Learnt, learntBy } from '../voices/learnt.ts'
import { trainingProfiles } from '../voices/profiles.ts'
import type { InstalledBase } from './run-base.ts'
import { learntBefore } from './run-lineage.ts'
import { type PreparedRun, prepareRun } from './run-plan.ts'
import { runTasks } from './run-tasks.ts'

/** With what the voice's file will tell of it. */
export type PreparedVoice = PreparedRun & { learnt: Learnt }

/** @param writing whether profiles that are missing are written by the base, or counted as a stand-in */
export function prepareVoice(
  context: AppContext,
  options: TrainOptions,
  model: InstalledBase,
  writing: boolean,
): Promise<PreparedVoice> {
  return onBase(context, model, async (base, threads) => {
    const before = options.from === undefined ? null : learntBefore(context, options.from)
    const tasks = runTasks(context.store, options.tasks, before)
    const named = tasks.parts.map(({ task }) => task)
    const profiles = await trainingProfiles(context, named, options.profile, { base, id: model.id, writing })
    const run = prepareRun(tasks, base, options, threads, profiles)
    return { ...run, learnt: learntBy(context.store, run.tasks, run.learned) }
  })
}

/** In the background a core stays free; the terminal's user waits for nothing else. */
export function trainThreads({ options }: Pick<AppContext, 'options'>): number {
  return options.host === 'terminal' ? machineThreads().chat : machineThreads().train
}

/** Errors: IdiolectError `BaseChanged` when another base was chosen before the turn came. */
export function onBase<T>(
  context: AppContext,
  model: InstalledBase,
  work: (base: Base, threads: number) => Promise<T>,
): Promise<T> {
  return context.bases.withBase(async (base) => {
    // The turn may come late, and another base may have been chosen meanwhile: its tokens are not this one's.
    if (base.file !== model.path) {
      throw new IdiolectError(
        'BaseChanged',
        `the base was changed from ${model.path} to ${base.file} meanwhile`,
        'Train again.',
      )
    }
    return work(base, trainThreads(context))
  })
}
