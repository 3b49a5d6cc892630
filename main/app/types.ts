/** What a host (Electron, browser, terminal) holds of the app: the contract's handlers, its events, and its end. */
import type { AppInfo, EventName, Events, Handlers } from '../../preload/contract.ts'

/** The system's file dialogs, where the host has them. An empty list: the user closed the dialog. */
export interface FileDialogs {
  choose(kind: 'folder' | 'files' | 'gguf' | 'voice'): Promise<string[]>
  /** Opens the file's folder with the file marked. */
  reveal?(path: string): void
}

export type EventListener = <N extends EventName>(name: N, event: Events[N]) => void

export interface AppEvents {
  /** Hears every event until the returned function is called. */
  on(listener: EventListener): () => void
}

export interface AppOptions {
  /** Absolute path; made when missing. */
  dataFolder: string
  host: AppInfo['host']
  files?: FileDialogs
}

export interface App {
  handlers: Handlers
  events: AppEvents
  /** Notes what is to go on at the next start. `close` does so first; for a host whose end may not wait for that. */
  rememberRuns(): void
  /** Ends what runs: training writes a checkpoint and stops, so that it can be resumed. Safe to call twice. */
  close(): Promise<void>
}

/** Implemented in main/app/app.ts. Errors: IdiolectError `DataFolderBusy` when another process holds the folder. */
export type CreateApp = (options: AppOptions) => Promise<App>
