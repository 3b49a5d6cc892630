/**
 * Where task adapters lie: those that come with the app, each for the base that its file names, and those that were trained
 * here or imported; and which of them answers in a voice's place, where none speaks.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Said, TrainingTask } from '../../../preload/contract.ts'
import { checkVoice } from '../../adapters/check-voice.ts'
import { checkTaskAdapter } from '../../adapters/task-adapter.ts'
import { readVoiceFile, type VoiceFile } from '../../adapters/voice-file.ts'
import { projectFolder } from '../../entries.ts'
import { standsInFor } from '../../examples/defaults.ts'
import { TASK_NAMES } from '../../examples/tasks.ts'
import { readGguf } from '../../gguf/read.ts'
import { saidOf, say } from '../../said.ts'
import type { AppContext } from '../context.ts'
import { hashOf, type TaskCard } from './task-run.ts'

type Store = Pick<AppContext, 'store'>

/** A base's file, as task adapters are held against it. */
export interface BaseFile {
  path: string
  sha256: string
}

/** Trained on the sample author's posts by the commands in `docs/adapters.md`. */
const SHIPPED_FOLDER = path.join(projectFolder(), 'resources', 'task-adapters')

export const folderOf = ({ store }: Store): string => path.join(store.folder, 'task-adapters')
export const idOf = (file: string): string => path.basename(file, '.gguf')
export const isShipped = (file: string): boolean => path.dirname(file) === SHIPPED_FOLDER

/**
 * Every file that may lie under a voice: first those that come with the app, but for what the owner keeps a copy of, then
 * the owner's, oldest first.
 */
export function taskAdapterFiles(context: Store): string[] {
  const own = namesIn(folderOf(context))
  return [
    ...namesIn(SHIPPED_FOLDER)
      .filter((name) => !own.includes(name))
      .map((name) => path.join(SHIPPED_FOLDER, name)),
    ...own.map((name) => path.join(folderOf(context), name)),
  ]
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.gguf'))
    .sort()
}

/** Why a task adapter cannot lie under voices of this base; null: it can. */
export function whyNot(file: string, base: BaseFile | null): Said | null {
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

export function cardOf({ extra }: VoiceFile): TaskCard | null {
  const { taskAdapter } = extra
  return typeof taskAdapter === 'object' && taskAdapter !== null ? (taskAdapter as TaskCard) : null
}

/** The title of a piece of the owner's that a task adapter was trained on, or null. */
export function pieceSeen({ store }: Store, voice: VoiceFile): string | null {
  const seen = new Set(cardOf(voice)?.hashes ?? [])
  return store.documents.mine().find(({ hash }) => seen.has(hashOf(hash)))?.title ?? null
}

export interface StandIn {
  file: string
  name: string
  tasks: TaskCard['tasks']
}

/** By store. Looking takes reading files and hashes of the whole library: done again only when either changed. */
const kept = new WeakMap<AppContext['store'], { key: string; fitting: StandIn[] }>()

/**
 * What answers in a voice's place in this task: the newest that learnt it, fits the base and was trained on nothing of the
 * owner's; the owner's own before one that comes with the app. Null where there is none.
 */
export function standInOf(context: Store, base: BaseFile | null, task: TrainingTask): StandIn | null {
  if (base === null) return null
  const files = taskAdapterFiles(context)
  const versions = files.map((file) => `${file}:${statSync(file).mtimeMs}`)
  const { store } = context
  const key = [base.path, base.sha256, store.libraryVersion(), ...versions].join('|')
  const known = kept.get(store)
  const fitting = known?.key === key ? known.fitting : fittingOf(context, files, base)
  kept.set(store, { key, fitting })
  return fitting.find(({ tasks }) => standsInFor(task, tasks)) ?? null
}

/** Their files, by task. */
export function standInFiles(context: Store, base: BaseFile | null): Partial<Record<TrainingTask, string>> {
  const found = TASK_NAMES.map((task) => [task, standInOf(context, base, task)?.file] as const)
  return Object.fromEntries(found.filter(([, file]) => file !== undefined))
}

/** Newest first. */
function fittingOf(context: Store, files: readonly string[], base: BaseFile): StandIn[] {
  return [...files].reverse().flatMap((file) => {
    if (whyNot(file, base) !== null) return []
    const voice = readVoiceFile(file)
    if (pieceSeen(context, voice) !== null) return []
    return [{ file, name: voice.name ?? idOf(file), tasks: cardOf(voice)?.tasks ?? [] }]
  })
}
