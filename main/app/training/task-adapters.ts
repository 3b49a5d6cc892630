/**
 * The task adapters' surface: those that came with the app, were trained here or imported, whose texts they come from, and
 * which of them lies under a voice. Each is one voice file; its card is in the file.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Handlers, Said, TaskAdapter, TrainOptions } from '../../../preload/contract.ts'
import { checkVoice } from '../../adapters/check-voice.ts'
import { checkNumbers, copyWhole, exportVoice, sha256OfContent } from '../../adapters/share-voice.ts'
import { checkTaskAdapter, originOf, underOf, withTaskAdapter } from '../../adapters/task-adapter.ts'
import { readVoiceFile, type VoiceFile } from '../../adapters/voice-file.ts'
import { IdiolectError } from '../../errors.ts'
import { readGguf } from '../../gguf/read.ts'
import { english, say } from '../../said.ts'
import { hasPlan, readPlan, voiceFile } from '../../trainer/run-folder.ts'
import type { RunPlan } from '../../trainer/types.ts'
import type { AppContext } from '../context.ts'
import { deleteLeaving, noteLeaving, noteStaying } from '../leaving-files.ts'
import { typedPath } from '../typed-path.ts'
import { baseInUse } from '../voices/fit.ts'
import type { InstalledBase } from './run-base.ts'
import { refuseGoing, removeRun } from './run-removal.ts'
import { isGoing } from './run-state.ts'
import { cardOf, folderOf, idOf, isShipped, pieceSeen, taskAdapterFiles, whyNot } from './task-adapter-files.ts'
import type { TaskCard } from './task-run.ts'

type TaskCalls = Exclude<Extract<keyof Handlers, `task.${string}`>, 'task.train'>
type Store = Pick<AppContext, 'store'>

const ROLE = 'task adapter'

const fileOf = (context: Store, id: string): string => path.join(folderOf(context), `${id}.gguf`)

/** Is this the run of a task adapter, which is neither proved nor switched on? */
export const isTaskRun = ({ about }: Pick<RunPlan, 'about'>): boolean => about.role === ROLE

/** What a plan notes of a task adapter's run. */
export const taskRole = { role: ROLE }

/** Copies a finished run's adapter among the task adapters. @returns its id */
export function keepTaskAdapter(context: Store, run: string, folder: string): string {
  mkdirSync(folderOf(context), { recursive: true })
  exportVoice(voiceFile(folder), fileOf(context, run))
  return run
}

/** One that came with the app, kept with the owner's: a later version may bring another, and voices need this very one. */
export function ownCopy(context: Store, file: string): string {
  if (!isShipped(file)) return file
  const own = fileOf(context, idOf(file))
  mkdirSync(folderOf(context), { recursive: true })
  copyWhole(file, own)
  return own
}

/** What is to be said when a task adapter's run is done. */
export function taskDone(folder: string): Said {
  const { card } = readPlan(folder)
  const { texts = [], tasks = [] } = (card?.taskAdapter ?? {}) as Partial<TaskCard>
  const whose = texts.map(({ author, pieces }) => `${author} (${pieces})`).join(', ')
  return say('training.taskDone', tasks, whose)
}

/** Errors: IdiolectError `UnknownTaskAdapter`. */
export function fileOfTaskAdapter(context: Store, id: string): string {
  const files = taskAdapterFiles(context)
  const found = files.find((file) => idOf(file) === id)
  if (found !== undefined) return found
  const ids = files.map(idOf)
  throw new IdiolectError(
    'UnknownTaskAdapter',
    `there is no task adapter ${JSON.stringify(id)}; there are: ${ids.join(', ') || 'none'}`,
    ids.length === 0 ? 'Train one: `idiolect task train`.' : null,
  )
}

/**
 * The task adapter that a run is to be trained over, or null.
 * @param from the voice that the run goes on from, which keeps what it was trained over
 * Errors: IdiolectError `UnknownTaskAdapter`, `NoTaskAdapter`, `VoiceMismatch`, `BadOption`; `TaskAdapterSawYou` when
 * pieces of the library are among those that it was trained on: what is held out would be known to it.
 */
export function taskAdapterFor(
  context: Store,
  { taskAdapter }: Pick<TrainOptions, 'taskAdapter'>,
  model: InstalledBase,
  from: string | null,
): string | null {
  const asked = typeof taskAdapter === 'string' ? fileOfTaskAdapter(context, taskAdapter) : null
  const file = from === null ? asked : kept()
  if (file === null) return null
  const voice = readVoiceFile(file)
  checkVoice(voice, readGguf(model.path), model.sha256)
  refuseSeen(context, voice)
  return file

  function kept(): string | null {
    const laid = withTaskAdapter({ file: from as string, scale: 1 }, taskAdapterFiles(context))
    const below = laid.length > 1 ? (laid[0]?.file ?? null) : null
    if (taskAdapter === undefined || asked === below) return below
    throw new IdiolectError(
      'BadOption',
      `the voice that the run goes on from was trained ${below === null ? 'without a task adapter' : `over ${idOf(below)}`}, and ${taskAdapter ?? 'none'} was given`,
      'Leave the option out, or train anew.',
    )
  }
}

function refuseSeen(context: Store, voice: VoiceFile): void {
  const piece = pieceSeen(context, voice)
  if (piece === null) return
  throw new IdiolectError(
    'TaskAdapterSawYou',
    `the task adapter ${voice.name ?? voice.file} was trained on “${piece}”, which is in your library`,
    'Train a task adapter from other texts: `idiolect task train`.',
  )
}

function adapterOf(context: AppContext, file: string): TaskAdapter | null {
  let voice: VoiceFile
  try {
    voice = readVoiceFile(file)
  } catch {
    // A file that somebody else laid there.
    return null
  }
  const why = whyNot(file, baseInUse(context))
  const card = cardOf(voice)
  const { name, sha256 } = originOf(file, idOf(file))
  return {
    id: idOf(file),
    name,
    sha256,
    base: voice.baseName ?? 'unknown',
    createdAt: voice.createdAt,
    usable: why === null,
    whyNot: why && english(why),
    said: why,
    tasks: card?.tasks ?? [],
    texts: card?.texts ?? [],
    examples: card?.examples ?? 0,
    rank: voice.rank,
    alpha: voice.alpha,
    targets: voice.targets,
    settings: card?.settings ?? null,
    bytes: voice.bytes,
    shipped: isShipped(file),
    voices: voicesOver(context, sha256),
  }
}

/** Ids of the voices that were trained over it. */
function voicesOver({ store }: Store, sha256: string): string[] {
  return store.voices.list().flatMap(({ id }) => {
    const file = path.join(store.folder, 'voices', `${id}.gguf`)
    try {
      return underOf(readVoiceFile(file).extra)?.sha256 === sha256 ? [id] : []
    } catch {
      return []
    }
  })
}

/** The runs that can still make a voice over it: the one that is going, and those that wait to be gone on with. */
function runsOver(context: AppContext, sha256: string): { run: string; going: boolean }[] {
  const { training } = context.state()
  const going = training && isGoing(training.stage) ? training.run : null
  return context.store.runs.list().flatMap(({ id, stage, folder }) => {
    const waits = id === going || stage === 'interrupted' || isGoing(stage)
    if (!waits || !hasPlan(folder) || readPlan(folder).under?.sha256 !== sha256) return []
    return [{ run: id, going: id === going }]
  })
}

/** Errors: IdiolectError `InUse` naming the voices over it, and the runs that make one. */
function refuseInUse(context: AppContext, file: string): void {
  const sha256 = sha256OfContent(file)
  const over = voicesOver(context, sha256)
  const [makes] = runsOver(context, sha256)
  if (over.length === 0 && !makes) return
  const voices = over.length === 1 ? `the voice ${over[0]}` : `the voices ${over.join(', ')}`
  const what = over.length > 0 ? voices : `the voice that the run ${makes?.run} trains`
  const next =
    over.length > 0
      ? 'Remove these first: they mean nothing without it.'
      : makes?.going
        ? 'Let the run end first, or cancel it.'
        : 'Go on with that run first, or start anew and so discard it.'
  throw new IdiolectError('InUse', `the task adapter ${idOf(file)} lies under ${what}`, next)
}

/** With the run that made it, which holds other people's texts. Errors: IdiolectError `RunGoesOn`, `CannotDelete`. */
function removeTaskAdapter(context: AppContext, file: string): void {
  const { store } = context
  // Of one that was imported or copied there is none.
  const run = store.runs.get(idOf(file))
  if (run) refuseGoing(context, run.id)
  store.transaction(() => {
    noteLeaving(store, [path.relative(store.folder, file), ...(run ? removeRun(store, run.id) : [])])
  })
  const problem = deleteLeaving(store)
  if (problem) throw problem
}

export function taskHandlers(context: AppContext): Pick<Handlers, TaskCalls> {
  return {
    async 'task.list'() {
      // What came for other bases than the one in use is nothing to choose from.
      const shown = (file: string, { usable }: TaskAdapter): boolean => usable || !isShipped(file)
      return taskAdapterFiles(context)
        .flatMap((file) => {
          const adapter = adapterOf(context, file)
          return adapter && shown(file, adapter) ? [adapter] : []
        })
        .reverse()
    },
    async 'task.remove'({ taskAdapter }) {
      const file = fileOfTaskAdapter(context, taskAdapter)
      if (isShipped(file)) {
        throw new IdiolectError(
          'Shipped',
          `the task adapter ${taskAdapter} comes with the app`,
          'It may stay: nothing is trained over it unless you say so.',
        )
      }
      refuseInUse(context, file)
      removeTaskAdapter(context, file)
      return { removed: true }
    },
    async 'task.export'({ taskAdapter, file }) {
      return exportVoice(fileOfTaskAdapter(context, taskAdapter), path.resolve(typedPath(file)))
    },
    async 'task.import'({ file }) {
      const source = path.resolve(typedPath(file))
      const voice = readVoiceFile(source)
      checkTaskAdapter(voice)
      checkNumbers(voice)
      const sha256 = sha256OfContent(source)
      // The same one again, under whatever name it came, is one file.
      const known = taskAdapterFiles(context).find((one) => sha256OfContent(one) === sha256)
      const target = known ?? fileOf(context, sha256.slice(0, 16))
      mkdirSync(folderOf(context), { recursive: true })
      if (known === undefined) copyWhole(source, target)
      noteStaying(context.store, path.relative(context.store.folder, target))
      return adapterOf(context, target) as TaskAdapter
    },
  }
}
