/**
 * A run's adapters: the users' voices and the task adapters below them, each trained when it is first needed and kept
 * on disk. Knows not how training is done.
 */
import path from 'node:path'
import { makeFolder } from '../atomic.ts'
import { IdiolectError } from '../errors.ts'
import { boundedHistory } from '../examples/spread.ts'
import { hashOf } from '../hash.ts'
import type { TokenExample, TrainSettings } from '../trainer/types.ts'
import { lampHistory, type PromptBudget } from './examples.ts'
import { beginTraining, type KeptVoice, keepVoice, keptVoice, userFolder } from './folder.ts'
import { searchedAhead } from './hybrid.ts'
import { type Method, promptName } from './methods.ts'
import {
  definedOf,
  FOLDS,
  LAMP_SETTINGS,
  type LampRunOptions,
  TASK_ITEMS,
  TASK_SETTINGS,
  trainPromptsOf,
} from './options.ts'
import { timed } from './times.ts'
import {
  foldsOf,
  type PromptMix,
  type TrainingSource,
  type TrainPrompts,
  taskSources,
  trainingExamples,
} from './training.ts'
import type { LampUser } from './types.ts'

export interface Adapters {
  /** The user's own, over its task adapter where the method has one. Error `NothingToScore` for no history. */
  voice(user: LampUser, method: Method): Promise<KeptVoice>
  /** The one that never saw this user. Errors: `TooFewUsers`, `TaskUserInRun`. */
  task(user: LampUser, method: Method): Promise<KeptVoice>
  /**
   * What is trained for a method, as folders and times call it.
   * Errors, before anything is done: `TooFewUsers`, `TaskUserInRun`.
   */
  names(user: LampUser, method: Method): { voice: string | null; task: string | null }
}

/** Folders of task adapters, and how their times are called. */
export const TASKS_FOLDER = 'tasks'

/** An adapter trained on a method's own prompts is that method's alone, and is called by them. */
export function adapterName(name: string, method: Method, prompts: TrainPrompts): string {
  const prompt = prompts === 'same' ? promptName(method) : ''
  return prompt === '' ? name : `${name} (${prompt})`
}

/** Of the user's adapter that a method uses; null for none. */
export function voiceName(method: Method, prompts: TrainPrompts): string | null {
  return method.voice === 'none' ? null : adapterName(method.task ? 'task+voice' : 'voice', method, prompts)
}

interface Plan {
  /** The adapter's own folder, and the one whose times it counts in, under `name`. */
  folder: string
  times: string
  name: string
  /** Whose, in words. */
  user: string
  examples: TokenExample[]
  settings: TrainSettings
  under?: KeptVoice
  about?: Record<string, unknown>
}

/** @param context `profileOf` gives null in a run without profiles */
export function createAdapters(
  options: LampRunOptions,
  context: {
    budget: PromptBudget
    baseSha256: string
    seed: number
    profileOf: (user: LampUser) => Promise<string | null>
  },
): Adapters {
  const { budget, baseSha256, seed, profileOf } = context
  const { builder, out, taskFile } = options
  const prompts = trainPromptsOf(options)
  const done = new Map<string, Promise<KeptVoice>>()
  /** Trains once, and tries again after a failure. */
  const once = (folder: string, make: () => Promise<KeptVoice>): Promise<KeptVoice> => {
    const known = done.get(folder)
    if (known) return known
    const made = make()
    done.set(folder, made)
    made.catch(() => done.delete(folder))
    return made
  }
  const mixOf = ({ retrieved, profile }: Method): PromptMix => {
    if (prompts === 'mixed') return 'mixed'
    return prompts === 'plain' ? { retrieved: 0, profile: false } : { retrieved, profile }
  }
  /** Asked of those prompts alone that may show one: a base may have to write it. */
  const profileFor = async (user: LampUser, method: Method): Promise<string | null> => {
    const mix = mixOf(method)
    return mix === 'mixed' || mix.profile ? profileOf(user) : null
  }
  const examplesOf = async (source: TrainingSource, method: Method): Promise<TokenExample[]> => {
    const { how, retrieved } = method
    // The product's search has to be waited for.
    const hybrid = prompts === 'same' && how === 'hybrid' ? await options.hybrid?.(source.user) : undefined
    const search = hybrid && (await searchedAhead(hybrid, source.items ?? lampHistory(source.user).keys(), retrieved))
    return trainingExamples(source, builder, { mix: mixOf(method), budget, seed, search })
  }
  const variant = (name: string, method: Method): string => adapterName(name, method, prompts)
  const settingsFor = (examples: TokenExample[], ...more: (Partial<TrainSettings> | undefined)[]): TrainSettings =>
    Object.assign(
      {},
      LAMP_SETTINGS,
      options.plan?.(examples) ?? {},
      { seed },
      ...more.map((one) => definedOf(one ?? {})),
      { threads: options.threads ?? LAMP_SETTINGS.threads },
    )

  /** The folds are over the whole file, so that a choice of users changes no task adapter. */
  let folds: Map<string, number> | null = null
  let trainers: LampUser[] | null = null
  const foldOf = (user: LampUser): number | null => {
    if (taskFile) {
      trainers ??= trainersOf(options)
      return null
    }
    folds ??= foldMap(options)
    return folds.get(user.id) ?? 0
  }
  const taskName = (user: LampUser, method: Method): string => {
    const fold = foldOf(user)
    return variant(fold === null ? 'task' : `task ${fold}`, method)
  }
  const names: Adapters['names'] = (user, method) => ({
    voice: voiceName(method, prompts),
    task: method.task ? taskName(user, method) : null,
  })

  const task: Adapters['task'] = (user, method) => {
    const name = taskName(user, method)
    const folder = path.join(options.tasksOut ?? out, TASKS_FOLDER, name.replaceAll(/[ ()]+/g, '-').replace(/-$/, ''))
    return once(folder, async () => {
      const fold = foldOf(user)
      const everyone = options.file.users
      const served = fold === null ? everyone : everyone.filter((one) => foldOf(one) === fold)
      const teachers = trainers ?? everyone.filter((one) => foldOf(one) !== fold)
      const chosen: TrainingSource[] = []
      for (const source of taskSources(teachers, served, options.taskItems ?? TASK_ITEMS, seed)) {
        chosen.push({ ...source, profile: await profileFor(source.user, method) })
      }
      if (chosen.length === 0) {
        throw new IdiolectError(
          'TooFewUsers',
          `A task adapter for ${user.id} is trained on other users' histories, and there is none`,
          'Take a file of more users, name one with --task-users, or leave "task" out of the methods.',
        )
      }
      const examples: TokenExample[] = []
      for (const source of chosen) examples.push(...(await examplesOf(source, method)))
      const settings = settingsFor(examples, TASK_SETTINGS, options.taskSettings)
      const about = { role: 'task', task: user.task, from: chosen.map((source) => source.user.id) }
      makeFolder(folder)
      return trained({ folder, times: folder, name, user: name, examples, settings, about })
    })
  }

  const voice: Adapters['voice'] = async (user, method) => {
    const name = names(user, method).voice ?? 'voice'
    const folder = path.join(userFolder(out, user.id), name.replaceAll(/[ ()]+/g, '-').replace(/-$/, ''))
    const under = method.task ? await task(user, method) : undefined
    return once(folder, async () => {
      const { mostPasses = Number.POSITIVE_INFINITY } = options
      const given = options.examples?.(user)
      // Each example is made by itself, with a search of its own: of a long history only those that are learnt.
      const items = boundedHistory(user.task, [...(given ?? lampHistory(user)).keys()], mostPasses)
      const examples = given
        ? items.flatMap((at) => given[at] ?? [])
        : await examplesOf({ user, profile: await profileFor(user, method), items }, method)
      if (examples.length === 0) {
        throw new IdiolectError('NothingToScore', `${user.id} has no usable item of history`, 'Leave this user out.')
      }
      const settings = settingsFor(examples, options.settings, under ? options.overSettings : undefined)
      settings.epochs = Math.min(settings.epochs, Math.max(1, Math.floor(mostPasses / examples.length)))
      makeFolder(folder)
      return trained({ folder, times: userFolder(out, user.id), name, user: user.id, examples, settings, under })
    })
  }

  const trained = async ({ folder, times, name, user, examples, settings, under, about }: Plan): Promise<KeptVoice> => {
    const { train, onProgress, signal } = options
    // Threads change the speed and last bits, for which no finished adapter is trained anew; `voice.json` says how many.
    const { threads: _threads, ...decisive } = settings
    const sorted = Object.entries(decisive).sort(([a], [b]) => (a < b ? -1 : 1))
    const plan = hashOf(['voice 2', baseSha256, JSON.stringify(sorted), under?.sha256 ?? '', ...examples])
    const kept = await keptVoice(folder, user, plan)
    const label = user === name ? name : `${user}: ${name}`
    if (kept) {
      onProgress?.({ user, stage: 'training', message: `${label} kept from ${path.relative(out, folder)}` })
      return kept
    }
    const { runFolder, resume } = beginTraining(folder, user, plan)
    const how = resume ? 'goes on training' : 'trains'
    onProgress?.({ user, stage: 'training', message: `${label} ${how} on ${examples.length} examples` })
    const result = await timed(times, name, 'training', () =>
      train(examples, [], settings, runFolder, { user, resume, signal, under, about }),
    )
    return keepVoice(folder, user, plan, result)
  }

  return { voice, task, names }
}

function foldMap({ file, folds }: LampRunOptions): Map<string, number> {
  if (file.users.length < 2) {
    throw new IdiolectError(
      'TooFewUsers',
      `A task adapter is trained on other users' histories, and ${file.file} has one user (${file.users[0]?.id})`,
      'Name a file of other users with --task-users, or leave "task" out of the methods.',
    )
  }
  const count = Math.min(Math.max(2, folds ?? FOLDS), file.users.length)
  const found = foldsOf(file.users, count)
  return new Map(file.users.map(({ id }, i) => [id, found[i] ?? 0]))
}

function trainersOf({ file, taskFile }: LampRunOptions): LampUser[] {
  const own = new Set(file.users.map(({ id }) => id))
  const seen = taskFile?.users.filter(({ id }) => own.has(id)) ?? []
  if (seen.length > 0) {
    throw new IdiolectError(
      'TaskUserInRun',
      `${seen.map(({ id }) => id).join(', ')} of ${taskFile?.file} are users of this run too`,
      'A task adapter must never have seen the user it serves: leave them out of one of the files.',
    )
  }
  if (taskFile && taskFile.task !== file.task) {
    throw new IdiolectError(
      'BadOption',
      `${taskFile.file} is of the task ${taskFile.task}, this run of ${file.task}`,
      'Name a file of the same task.',
    )
  }
  return taskFile?.users ?? []
}
