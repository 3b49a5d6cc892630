/** The app itself: what it runs on, its state and settings, the system's files, errors as they cross. */
import type { Said } from './said.ts'
import type { TrainingState, TrainingTask } from './training.ts'

export interface AppInfo {
  version: string
  host: 'electron' | 'browser' | 'terminal'
  platform: string
  /** Absolute path of the data folder (state, models, runs, voices). */
  dataFolder: string
  /** A copy of the sample author's posts that may be imported to try the app; absolute path. */
  sampleFolder: string
  cores: number
  /** Threads used while chatting / while training in the background. */
  chatThreads: number
  trainThreads: number
  memoryBytes: number
  freeMemoryBytes: number
  /** e.g. `CPU (zen4)`, `Vulkan: …`. */
  device: string
}

export interface AppState {
  /** Nothing imported, no voice, or the first import not yet looked at: show the first start. */
  firstStart: boolean
  documents: number
  passages: number
  /** Id of the base model that chats and is trained on, or null when none is installed yet. */
  base: string | null
  /** Id of the embedder model, or null: then the base's pooled states serve retrieval, and the app says so. */
  embedder: string | null
  /** Id of the voice that writes now, or null. */
  voice: string | null
  /** Id of the voice that is switched on and rests, since the base in use cannot speak with it; null: there is none. */
  resting?: string | null
  /** The strength that its owner gave this voice; null: the settings'. */
  strength?: number | null
  /** Names of the task adapters that answer where no voice does, by task; a task that is not here has none. */
  standIns?: Partial<Record<TrainingTask, string>>
  training: TrainingState | null
  questions: number
}

export interface Settings {
  /** `contrast` follows the system's light or dark, with every pair of text and ground at 7:1. */
  theme: 'system' | 'light' | 'dark' | 'contrast'
  /** Of all text, 1..2. */
  textSize: number
  /** Of the window's words, numbers and dates. */
  language: 'system' | 'en' | 'de'
  /** Default strength of the voice, 0..2. */
  scale: number
  retrieval: boolean
  /** Show the owner's profile in prompts, and train with it. */
  profile: boolean
  /** A command's id and the keys that the owner gave it, in tinykeys' form; `''`: none. Others keep their own. */
  shortcuts: Record<string, string>
  /** Minutes without use after which a loaded model is let go, 0: never. */
  idleMinutes: number
  /** Electron’s own window, elsewhere than on macOS: check spelling, for which a dictionary is fetched. */
  spellCheck: boolean
}

/** What lies in the data folder. */
export interface Storage {
  folder: string
  /** Bytes: the library and all else that was written or chosen, the voices and their runs, the models. */
  library: number
  voices: number
  models: number
  /** Bytes free on that disk. */
  free: number
}

export interface FolderEntry {
  name: string
  path: string
  folder: boolean
  /** For folders: how many readable writing files stand directly in it; for files 0. */
  pieces: number
}

export interface FolderListing {
  path: string
  parent: string | null
  entries: FolderEntry[]
}

/** An error as it crosses the contract: what happened, and what to do next. */
export interface ContractError {
  name: string
  message: string
  /** What the user can do, one sentence, or null. */
  next: string | null
  /** The message for a window of another language, where it says more than the name. */
  said?: Said | null
}

export interface AppCalls {
  'app.info': { in: Record<string, never>; out: AppInfo }
  'app.state': { in: Record<string, never>; out: AppState }
  'app.settings': { in: Record<string, never>; out: Settings }
  'app.set': { in: Partial<Settings>; out: Settings }
  'app.storage': { in: Record<string, never>; out: Storage }
  /** What is shipped with the app and is not ours, as Markdown. */
  'app.licences': { in: Record<string, never>; out: { text: string } }
  /**
   * The window's answer to `app.leaving`: it has saved what it could. `saved: false`: some of it could not be.
   * `known: false` where the host had not asked.
   */
  'app.left': { in: { saved: boolean }; out: { known: boolean } }
  'request.cancel': { in: { request: string }; out: { cancelled: boolean } }
  /** Opens the system's folder dialog; `supported: false` where the host has none (use `files.list`). */
  'files.choose': { in: { kind: 'folder' | 'files' | 'gguf' | 'voice' }; out: { supported: boolean; paths: string[] } }
  /** Shows a file in the system's own file manager; `shown: false` where the host has none: its path can be copied. */
  'files.reveal': { in: { path: string }; out: { shown: boolean } }
  /** Folders and writing files in a folder; no path: the home folder. */
  'files.list': { in: { path?: string; kind?: 'writing' | 'gguf' }; out: FolderListing }
  /**
   * The text of a Markdown, text, HTML or Word file that the window was given, as Markdown without front matter; nothing is
   * kept. `data` is base64. Errors: `Unreadable`.
   */
  'files.read': { in: { name: string; data: string }; out: { text: string; title: string | null } }
}

export const APP_CALLS = [
  'app.info',
  'app.state',
  'app.settings',
  'app.set',
  'app.storage',
  'app.licences',
  'app.left',
  'request.cancel',
  'files.choose',
  'files.list',
  'files.read',
  'files.reveal',
] as const satisfies readonly (keyof AppCalls)[]
