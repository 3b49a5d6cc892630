/**
 * The loaded models: the base that writes and the embedder that searches, each opened when first needed and kept until
 * another is chosen. Calls take turns, since a base computes one thing at a time.
 */
import type { Catalog, CatalogModel } from '../../catalog/catalog.ts'
import { IdiolectError } from '../../errors.ts'
import { openBase } from '../../inference/base.ts'
import { baseAsEmbedder, openEmbedder } from '../../inference/embedder.ts'
import { machineThreads } from '../../inference/threads.ts'
import type { Base, Embedder } from '../../inference/types.ts'
import { say } from '../../said.ts'
import type { Store } from '../../store/store.ts'
import { createIdle } from './idle.ts'

const CHAT = 'model.chat'
const EMBEDDER = 'model.embedder'

export interface Bases {
  /** The chosen or else the first installed model of a role; null when there is none. */
  chosen(role: 'chat' | 'embedder'): CatalogModel | null
  /** The model that gives texts their vectors: the embedder, else the base. */
  embedding(): CatalogModel | null
  /** From now on; with `lasting` false, only until these bases are closed. */
  choose(model: CatalogModel, lasting?: boolean): Promise<void>
  /** What is in use stays so, whatever model comes: to be called before one does. */
  settle(role: 'chat' | 'embedder'): void
  /**
   * The base, for one caller at a time. A signal that fires before the turn has come ends the call there, with its
   * reason; after that it is the work's. Errors: `NoModel`; from the base `BaseChanged`, where a voice was chosen for the
   * one that was in use before.
   */
  withBase<T>(work: (base: Base) => Promise<T>, signal?: AbortSignal): Promise<T>
  /** An embedder or the base's pooled states; null when there is no model at all. The signal as above. */
  withEmbedder<T>(work: (embedder: Embedder | null) => Promise<T>, signal?: AbortSignal): Promise<T>
  /** With nothing of this app computing beside it: for measuring, since two programs on the same cores spoil both. */
  alone<T>(work: () => Promise<T>): Promise<T>
  /** Path of the chosen base. Errors: `NoModel`. */
  baseModel(): CatalogModel & { path: string; sha256: string }
  /** Forgets what is loaded of this model (before its file goes). */
  unload(id: string): Promise<void>
  close(): Promise<void>
}

interface Loaded<T> {
  id: string
  /** The same id may come to stand for another file. */
  sha256: string | null
  model: T
}

/**
 * @param aside awaited before every computation, so that training has stepped aside; gives what ends that
 * @param idleMinutes after how many without any call the models leave the memory; 0: never
 */
export function createBases(
  store: Store,
  catalog: Catalog,
  aside: () => Promise<() => void>,
  idleMinutes: () => number = () => 0,
): Bases {
  let base: Loaded<Base> | null = null
  let embedder: Loaded<Embedder> | null = null
  let turn: Promise<unknown> = Promise.resolve()
  const passing: Partial<Record<'chat' | 'embedder', string>> = {}
  const queued = <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    const waiting = new AbortController()
    const begin = (): Promise<T> => {
      signal?.throwIfAborted()
      waiting.abort()
      return work()
    }
    const mine = turn.then(begin, begin)
    turn = mine.catch(() => {})
    if (signal === undefined) return mine
    return new Promise<T>((resolve, reject) => {
      mine.then(resolve, reject)
      if (signal.aborted) reject(signal.reason)
      signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: waiting.signal })
    })
  }
  const besideTraining = async <T>(work: () => Promise<T>): Promise<T> => {
    const back = await aside()
    const unused = idle.use()
    try {
      return await work()
    } finally {
      unused()
      back()
    }
  }
  const keyOf = (role: 'chat' | 'embedder'): string => (role === 'chat' ? CHAT : EMBEDDER)
  const chosen: Bases['chosen'] = (role) => {
    const there = catalog.listModels().filter((model) => model.role === role && model.installed)
    const wanted = passing[role] ?? store.settings.get<string>(keyOf(role))
    return there.find((model) => model.id === wanted) ?? there[0] ?? null
  }
  const embedding: Bases['embedding'] = () => chosen('embedder') ?? chosen('chat')
  const baseModel: Bases['baseModel'] = () => {
    const model = chosen('chat')
    if (!model?.path || !model.sha256) {
      const gone = catalog.listModels().find(({ role, missing }) => role === 'chat' && missing !== null)
      if (gone)
        throw new IdiolectError(
          'NoModel',
          `the base model ${gone.id} cannot be used: ${gone.missing}`,
          'Put the file back, or use another model.',
          { said: say('note.baseGone', gone.id, String(gone.missing)) },
        )
      throw new IdiolectError(
        'NoModel',
        'no base model is installed',
        'Get the starter model under Models, or with `idiolect models get`.',
        { said: say('note.noBase') },
      )
    }
    return { ...model, path: model.path, sha256: model.sha256 }
  }
  const dispose = async (which: 'base' | 'embedder'): Promise<void> => {
    const old = which === 'base' ? base : embedder
    if (which === 'base') base = null
    else embedder = null
    await old?.model.dispose()
  }
  const disposeAll = async (): Promise<void> => {
    await dispose('base')
    await dispose('embedder')
  }
  // In its turn: who comes meanwhile opens them anew.
  const idle = createIdle(idleMinutes, () => void queued(disposeAll).catch(() => {}))
  const openedBase = async (): Promise<Base> => {
    const model = baseModel()
    if (base?.id !== model.id || base.sha256 !== model.sha256) {
      await dispose('base')
      base = {
        id: model.id,
        sha256: model.sha256,
        model: await openBase(model.path, { threads: machineThreads().chat, sha256: model.sha256 }),
      }
    }
    return (base as Loaded<Base>).model
  }
  const openedEmbedder = async (): Promise<Embedder | null> => {
    const model = embedding()
    if (!model?.path) return null
    if (embedder?.id !== model.id || embedder.sha256 !== model.sha256) {
      await dispose('embedder')
      const threads = machineThreads().chat
      const opened = await (model.role === 'embedder' ? openEmbedder : baseAsEmbedder)(model.path, { threads })
      embedder = { id: model.id, sha256: model.sha256, model: opened }
    }
    return (embedder as Loaded<Embedder>).model
  }
  return {
    chosen,
    embedding,
    baseModel,
    async choose(model, lasting = true) {
      if (!lasting) passing[model.role] = model.id
      else store.settings.set(keyOf(model.role), model.id)
    },
    settle(role) {
      const now = chosen(role)
      // Nobody chose it: it was the first in the list, and the one that comes may stand before it.
      if (now && store.settings.get<string>(keyOf(role)) === null) store.settings.set(keyOf(role), now.id)
    },
    withBase: (work, signal) => queued(() => besideTraining(async () => work(await openedBase())), signal),
    withEmbedder: (work, signal) => queued(() => besideTraining(async () => work(await openedEmbedder())), signal),
    alone: (work) => queued(() => besideTraining(work)),
    async unload(id) {
      await queued(async () => {
        if (base?.id === id) await dispose('base')
        if (embedder?.id === id) await dispose('embedder')
      })
    },
    async close() {
      idle.end()
      await queued(disposeAll)
    },
  }
}
