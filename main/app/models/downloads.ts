/**
 * Downloads of models, which a window may leave and find again: what is being fetched is kept, a download that the app's
 * end broke off goes on at the next start, and a paused one stays as it is on disk.
 */
import { randomUUID } from 'node:crypto'
import type { ModelProgress } from '../../../preload/contract.ts'
import type { CatalogModel } from '../../catalog/catalog.ts'
import { toContractError } from '../../errors.ts'
import type { AppContext } from '../context.ts'

const WANTED = 'models.wanted'
/** Milliseconds between two events of one download. */
const EVERY_MS = 120

export interface Downloads {
  /** Fetches a model, or waits for the download of it that goes on already. Errors: those of the catalog. */
  get(request: string, model: string): Promise<CatalogModel>
  running(): ModelProgress[]
  /** False: it was not being fetched. Resolves when it has let go of its files. */
  pause(model: string): Promise<boolean>
  goOn(): void
}

interface Running {
  request: string
  progress: ModelProgress
  done: Promise<CatalogModel>
}

export function createDownloads(
  { store, catalog, bases, events, requests, options }: AppContext,
  got: () => void,
): Downloads {
  const all = new Map<string, Running>()
  const lasting = options.host !== 'terminal'
  const wanted = (): string[] => store.settings.get<string[]>(WANTED) ?? []
  const want = (model: string, on: boolean): void => {
    const others = wanted().filter((id) => id !== model)
    if (lasting) store.settings.set(WANTED, on ? [...others, model] : others)
  }

  const fetch = async (model: string, signal: AbortSignal): Promise<CatalogModel> => {
    const { bytes, role } = catalog.findModel(model)
    bases.settle(role)
    let later: NodeJS.Timeout | null = null
    const tell = (change: Partial<ModelProgress>): void => {
      const known = all.get(model)
      if (!known) return
      const before = known.progress
      known.progress = { ...before, ...change }
      const now = (): void => {
        if (later) clearTimeout(later)
        later = null
        events.emit('models.progress', known.progress)
      }
      // Bytes come by the thousand times a second; the last ones before a standstill must still be told.
      if (change.stage !== before.stage) now()
      else later ??= setTimeout(now, EVERY_MS)
    }
    want(model, true)
    try {
      const found = await catalog.getModel(model, { signal, onProgress: tell })
      want(model, false)
      tell({ stage: 'done', receivedBytes: bytes })
      got()
      return found
    } catch (caught) {
      // Where the app is being closed, nobody meant the download to end.
      if (!requests.closed) want(model, false)
      const paused = signal.aborted
      tell(paused ? { stage: 'paused' } : { stage: 'failed', error: toContractError(caught) })
      throw caught
    } finally {
      if (later) clearTimeout(later)
      all.delete(model)
    }
  }

  const get: Downloads['get'] = (request, model) => {
    const known = all.get(model)
    if (known) return known.done
    const { bytes, part } = catalog.findModel(model)
    const progress: ModelProgress = {
      request,
      model,
      stage: 'downloading',
      receivedBytes: part ?? 0,
      totalBytes: bytes,
      source: '',
      resumable: true,
    }
    // What is fetched must be known before its first progress comes.
    let begin = (): void => {}
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const done = requests.run(request, async (signal) => {
      await begun
      return fetch(model, signal)
    })
    all.set(model, { request, progress, done })
    done.catch(() => {
      if (all.get(model)?.request === request) all.delete(model)
    })
    begin()
    return done
  }

  return {
    get,
    running: () => [...all.values()].map(({ progress }) => progress),
    async pause(model) {
      const known = all.get(model)
      if (!known) return false
      requests.cancel(known.request)
      await known.done.catch(() => {})
      return true
    },
    goOn() {
      if (!lasting) return
      const known = new Set(catalog.listModels().map(({ id }) => id))
      for (const model of wanted()) {
        // Why it failed comes as an event, and the model is shown with what of it is here.
        if (known.has(model)) get(`goes-on-${randomUUID()}`, model).catch(() => {})
        else want(model, false)
      }
    },
  }
}
