/** The methods that a run was asked for, as far as it can do them, and all else that decides what it gives. */
import { IdiolectError } from '../errors.ts'
import { hashOf } from '../hash.ts'
import type { TrainSettings } from '../trainer/types.ts'
import { checkBaseline } from './baseline-methods.ts'
import { type Method, parseMethods } from './methods.ts'
import { FOLDS, LAMP_SETTINGS, type LampRunOptions, TASK_ITEMS, TASK_SETTINGS, trainPromptsOf } from './options.ts'
import type { LampUser } from './types.ts'

/**
 * Without the rows that need other people where there are none, each with a note: a table of one user is the rest of it.
 * A row that was named by itself stays, and is an error later.
 * @param able users of the whole file whose voices could stand for another's
 */
export function withoutLonely(options: LampRunOptions, methods: Method[], able: readonly LampUser[]): Method[] {
  const { file, taskFile, onProgress } = options
  const given = (options.methods ?? []).filter((name) => name.trim() !== 'table')
  const named = new Set(parseMethods(given, file.task).map(({ name }) => name))
  const lonely = methods.filter(({ name, voice, task }) => {
    if (named.has(name)) return false
    return (voice === 'other' && able.length < 2) || (task && !taskFile && file.users.length < 2)
  })
  if (lonely.length === 0) return methods
  const names = lonely.map(({ name }) => name).join(', ')
  onProgress?.({ user: null, stage: 'note', message: `${names}: left out, for they need other users and there is one` })
  return methods.filter((method) => !lonely.includes(method))
}

/** Errors: `BadOption` for a baseline of another task, `NoProfiles`, `NoHybrid`. */
export function checkMethods(options: LampRunOptions, methods: Method[]): void {
  for (const { baseline } of methods) if (baseline) checkBaseline(baseline, options.file.task)
  const profiled = methods.find(({ profile }) => profile)
  if (options.profiles === null && profiled) {
    throw new IdiolectError(
      'NoProfiles',
      `The method "${profiled.name}" needs profiles, and this run has none`,
      'Choose how they are written: counts or model.',
    )
  }
  const hybrid = methods.find(({ how, retrieved }) => how === 'hybrid' && retrieved > 0)
  if (hybrid && !options.hybrid) {
    throw new IdiolectError(
      'NoHybrid',
      `The method "${hybrid.name}" needs an embedder, and there is none`,
      'Install one, or take retrieval.',
    )
  }
}

/** Names of the methods under which answers are written: those asked for, else all but those of others' voices. */
export function writers({ generate, file }: LampRunOptions, methods: readonly Method[]): Set<string> {
  if (!generate) return new Set()
  const able = methods.filter(({ baseline, voice }) => baseline === null && (generate !== true || voice !== 'other'))
  const asked = generate === true ? able : parseMethods(generate, file.task)
  const names = new Set(asked.map(({ name }) => name))
  return new Set(able.flatMap(({ name }) => (names.has(name) ? [name] : [])))
}

/**
 * All that decides a score but the methods and the users; for the record and its hash. Not what is written beside it:
 * texts are kept by themselves, and may come later.
 */
export function decisiveSettings(options: LampRunOptions, more: Record<string, unknown>): Record<string, unknown> {
  return {
    queries: options.queries ?? null,
    trainPrompts: trainPromptsOf(options),
    profiles: options.profiles === undefined ? 'counts' : options.profiles,
    folds: options.folds ?? FOLDS,
    taskItems: options.taskItems ?? TASK_ITEMS,
    // By what is in it, since many files have one name.
    taskUsers: options.taskFile ? usersHash(options.taskFile.users) : null,
    // Runs from when they were drawn of the chosen users are other runs.
    othersFrom: 'all users of the file; over a task adapter those whom it serves',
    // So are those whose task adapters learnt the first users' oldest items.
    taskItemsFrom: 'users by draw, the middle of each stretch of time',
    // And those whose log-loss left out golds that are no label, or that the history of the baseline did not have.
    logLoss: 'of every query, over the labels of the file, 36.04 at most',
    // And those that took a revised text for another piece.
    samePiece: 'equal, of one beginning, or one made from the other',
    planned: options.plan !== undefined,
    mostPasses: options.mostPasses ?? null,
    settings: withoutThreads({ ...LAMP_SETTINGS, ...options.settings }),
    given: withoutThreads(options.settings),
    taskSettings: withoutThreads({ ...TASK_SETTINGS, ...options.taskSettings }),
    overSettings: withoutThreads(options.overSettings),
    ...more,
  }
}

/** Names all that these users have written and are asked. */
export function usersHash(users: readonly LampUser[]): string {
  return hashOf(users.map((user) => JSON.stringify(user))).slice(0, 24)
}

/** The machine's, which differ between the shards of one run. */
function withoutThreads({ threads: _, ...settings }: Partial<TrainSettings> = {}): Partial<TrainSettings> {
  return settings
}
