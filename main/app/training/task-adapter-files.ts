/**
 * Where task adapters lie: those that come with the app, each for the base that its file names, and those that were trained
 * here or imported; and which of them answers in a voice's place, where none speaks.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Said, TrainingTask } from '../../../preload/contract.ts'
import { checkTaskAdapter } from '../../adapters/task-adapter.ts'
import { readVoiceFile, type VoiceFile } from '../../adapters/voice-file.ts'
import { resourceFolder } from '../../entries.ts'
import { standsIn } from '../../examples/defaults.ts'
import { saidOf, say } from '../../said.ts'
import type { AppContext } from '../context.ts'
import { type BaseFile, whyNoFit } from '../voices/fit.ts'
import type { TaskCard } from './task-run.ts'

type Store = Pick<AppContext, 'store'>

/** Trained on the sample author's posts by the commands in `docs/adapters.md`. */
const SHIPPED_FOLDER = resourceFolder('task-adapters')

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
    checkTaskAdapter(readVoiceFile(file))
  } catch (error) {
    return saidOf(error)
  }
  return whyNoFit(file, base)
}

export function cardOf({ extra }: VoiceFile): TaskCard | null {
  const { taskAdapter } = extra
  return typeof taskAdapter === 'object' && taskAdapter !== null ? (taskAdapter as TaskCard) : null
}

/** The title of the owner's oldest piece that a task adapter was trained on, or null. */
export function pieceSeen({ store }: Store, voice: VoiceFile): string | null {
  return store.documents.mineAmong(cardOf(voice)?.hashes ?? [])
}

export interface StandIn {
  file: string
  name: string
}

export type StandIns = Partial<Record<TrainingTask, StandIn>>

/** By store. Looking takes reading every file and asking the library: done again only when either changed. */
const kept = new WeakMap<AppContext['store'], { key: string; standIns: StandIns }>()

/**
 * What answers in a voice's place, by task: the newest that learnt it, fits the base and was trained on nothing of the
 * owner's; the owner's own before one that comes with the app. A task that has none is absent.
 */
export function standInsOf(context: Store, base: BaseFile | null): StandIns {
  if (base === null) return {}
  const files = taskAdapterFiles(context)
  const versions = files.map((file) => `${file}:${statSync(file).mtimeMs}`)
  const { store } = context
  const key = [base.path, base.sha256, store.libraryVersion(), ...versions].join('|')
  const known = kept.get(store)
  if (known?.key === key) return known.standIns
  const standIns: StandIns = {}
  // Newer ones take the place of older ones.
  for (const file of files) {
    if (whyNot(file, base) !== null) continue
    const voice = readVoiceFile(file)
    if (pieceSeen(context, voice) !== null) continue
    const learnt = cardOf(voice)?.tasks ?? []
    for (const task of learnt.filter(standsIn)) standIns[task] = { file, name: voice.name ?? idOf(file) }
  }
  kept.set(store, { key, standIns })
  return standIns
}
