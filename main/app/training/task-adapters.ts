/**
 * The task adapters' surface: those that were trained here or imported, whose texts they come from, and which of them
 * lies under a voice. Each is one voice file in `task-adapters`; its card is in the file.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Handlers, Said, TaskAdapter, TrainOptions } from '../../../preload/contract.ts'
import { checkVoice } from '../../adapters/check-voice.ts'
import { checkNumbers, copyWhole, exportVoice, sha256OfContent } from '../../adapters/share-voice.ts'
import { checkTaskAdapter, originOf, underOf, withTaskAdapter } from '../../adapters/task-adapter.ts'
import { readVoiceFile, type VoiceFile } from '../../adapters/voice-file.ts'
import { IdiolectError } from '../../errors.ts'
import { TASK_ADAPTER_DEFAULT } from '../../examples/defaults.ts'
import { readGguf } from '../../gguf/read.ts'
import { english, saidOf, say } from '../../said.ts'
import { readPlan, voiceFile } from '../../trainer/run-folder.ts'
import type { RunPlan } from '../../trainer/types.ts'
import type { AppContext } from '../context.ts'
import type { InstalledBase } from './run-base.ts'
import { hashOf, type TaskCard } from './task-run.ts'

type TaskCalls = Exclude<Extract<keyof Handlers, `task.${string}`>, 'task.train'>
type Store = Pick<AppContext, 'store'>

const ROLE = 'task adapter'

const folderOf = ({ store }: Store): string => path.join(store.folder, 'task-adapters')
const fileOf = (context: Store, id: string): string => path.join(folderOf(context), `${id}.gguf`)

/** Is this the run of a task adapter, which is neither proved nor switched on? */
export const isTaskRun = ({ about }: Pick<RunPlan, 'about'>): boolean => about.role === ROLE

/** What a plan notes of a task adapter's run. */
export const taskRole = { role: ROLE }

/** Every file that may lie under a voice. */
export function taskAdapterFiles(context: Store): string[] {
  const folder = folderOf(context)
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => name.endsWith('.gguf'))
  return names.sort().map((name) => path.join(folder, name))
}

/** Copies a finished run's adapter among the task adapters. @returns its id */
export function keepTaskAdapter(context: Store, run: string, folder: string): string {
  mkdirSync(folderOf(context), { recursive: true })
  exportVoice(voiceFile(folder), fileOf(context, run))
  return run
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
  const file = fileOf(context, id)
  if (/^[\w-]+$/.test(id) && existsSync(file)) return file
  const ids = taskAdapterFiles(context).map((one) => path.basename(one, '.gguf'))
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
  const file = from === null ? (asked ?? (taskAdapter === undefined ? usualFor(context, model) : null)) : kept()
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
      `the voice that the run goes on from was trained ${below === null ? 'without a task adapter' : `over ${path.basename(below, '.gguf')}`}, and ${taskAdapter ?? 'none'} was given`,
      'Leave the option out, or train anew.',
    )
  }
}

/** The newest that fits, where task adapters are on by default. */
function usualFor(context: Store, model: InstalledBase): string | null {
  if (!TASK_ADAPTER_DEFAULT) return null
  const fits = taskAdapterFiles(context).filter((file) => whyNot(file, model) === null)
  return fits.at(-1) ?? null
}

function refuseSeen({ store }: Store, voice: VoiceFile): void {
  const seen = new Set(cardOf(voice)?.hashes ?? [])
  const piece = store.documents.mine().find(({ hash }) => seen.has(hashOf(hash)))
  if (piece === undefined) return
  throw new IdiolectError(
    'TaskAdapterSawYou',
    `the task adapter ${voice.name ?? voice.file} was trained on “${piece.title}”, which is in your library`,
    'Train a task adapter from other texts: `idiolect task train`.',
  )
}

/** Why a task adapter cannot lie under voices of this base; null: it can. */
function whyNot(file: string, base: { path: string; sha256: string } | null): Said | null {
  if (base === null) return say('voice.noBase')
  try {
    const voice = readVoiceFile(file)
    checkTaskAdapter(voice)
    checkVoice(voice, readGguf(base.path), base.sha256)
    return null
  } catch (error) {
    return saidOf(error)
  }
}

function cardOf({ extra }: VoiceFile): TaskCard | null {
  const { taskAdapter } = extra
  return typeof taskAdapter === 'object' && taskAdapter !== null ? (taskAdapter as TaskCard) : null
}

function adapterOf(context: AppContext, file: string): TaskAdapter | null {
  let voice: VoiceFile
  try {
    voice = readVoiceFile(file)
  } catch {
    // A file that somebody else laid there.
    return null
  }
  const chosen = context.bases.chosen('chat')
  const base = chosen?.path && chosen.sha256 ? { path: chosen.path, sha256: chosen.sha256 } : null
  const why = whyNot(file, base)
  const card = cardOf(voice)
  const { name, sha256 } = originOf(file, path.basename(file, '.gguf'))
  return {
    id: path.basename(file, '.gguf'),
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

export function taskHandlers(context: AppContext): Pick<Handlers, TaskCalls> {
  return {
    async 'task.list'() {
      return taskAdapterFiles(context)
        .flatMap((file) => adapterOf(context, file) ?? [])
        .reverse()
    },
    async 'task.remove'({ taskAdapter }) {
      const file = fileOfTaskAdapter(context, taskAdapter)
      const over = voicesOver(context, sha256OfContent(file))
      if (over.length > 0) {
        throw new IdiolectError(
          'InUse',
          `the task adapter ${taskAdapter} lies under ${over.length === 1 ? 'the voice' : 'the voices'} ${over.join(', ')}`,
          'Remove these first: they mean nothing without it.',
        )
      }
      rmSync(file, { force: true })
      return { removed: true }
    },
    async 'task.export'({ taskAdapter, file }) {
      return exportVoice(fileOfTaskAdapter(context, taskAdapter), path.resolve(file))
    },
    async 'task.import'({ file }) {
      const source = path.resolve(file)
      const voice = readVoiceFile(source)
      checkTaskAdapter(voice)
      checkNumbers(voice)
      const sha256 = sha256OfContent(source)
      // The same one again, under whatever name it came, is one file.
      const known = taskAdapterFiles(context).find((one) => sha256OfContent(one) === sha256)
      const target = known ?? fileOf(context, sha256.slice(0, 16))
      mkdirSync(folderOf(context), { recursive: true })
      if (known === undefined) copyWhole(source, target)
      return adapterOf(context, target) as TaskAdapter
    },
  }
}
