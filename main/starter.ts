/** Set-up's entry into the built app: fetches the starter model where no chat model is there. Knows no store. */

import { defaultDataFolder } from './app/data-folder.ts'
import { openCatalog } from './app/models/catalog.ts'
import { megabytes } from './catalog/files.ts'

export interface EnsureStarterOptions {
  /** Absolute path; default: the user's. */
  dataFolder?: string
  /** Shows one step and its time; `note` replaces the text beside it. */
  step: <T>(name: string, work: (note: (text: string) => void) => Promise<T>) => Promise<T>
}

/**
 * @returns path of a chat model's file
 * Errors: those of the catalog's download (IdiolectError `NoSource`, `DiskFull`, ...).
 */
export async function ensureStarter(options: EnsureStarterOptions): Promise<string> {
  const catalog = openCatalog(options.dataFolder ?? defaultDataFolder())
  const models = catalog.listModels()
  const ready = models.find((model) => model.role === 'chat' && model.installed)
  if (ready?.path) return ready.path
  const starter = models.find((model) => model.starter)
  if (!starter) throw new Error('no manifest is marked as the starter')
  const got = await options.step(`Fetching the starter model (${starter.name}, ${megabytes(starter.bytes)})`, (note) =>
    catalog.getModel(starter.id, {
      onProgress: (progress) => {
        const part = `${megabytes(progress.receivedBytes)} of ${megabytes(progress.totalBytes)}`
        note(progress.stage === 'downloading' ? `${progress.source}, ${part}` : progress.stage)
      },
    }),
  )
  if (!got.path) throw new Error(`${got.id} was fetched but is not there`)
  return got.path
}
