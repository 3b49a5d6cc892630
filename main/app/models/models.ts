/** The models' surface: the catalog with what only the app knows, downloads, the user's own files, which one is used. */
import type { Handlers, ModelInfo } from '../../../preload/contract.ts'
import type { CatalogModel } from '../../catalog/catalog.ts'
import { IdiolectError } from '../../errors.ts'
import { probeModel } from '../../inference/probe.ts'
import { english, say } from '../../said.ts'
import type { AppContext } from '../context.ts'
import type { Indexing } from '../library/indexing.ts'
import type { Training } from '../training/training.ts'
import { typedPath } from '../typed-path.ts'
import { changeBase } from '../voices/voice-of-base.ts'
import type { Downloads } from './downloads.ts'
import { trainability } from './trainability.ts'

const OWN = say('source.own')

type ModelCalls = Exclude<
  Extract<keyof Handlers, `models.${string}`>,
  'models.forecast' | 'models.measure' | 'models.retrain'
>

export function modelHandlers(
  context: AppContext,
  training: Training,
  indexing: Indexing,
  downloads: Downloads,
): Pick<Handlers, ModelCalls> {
  const { catalog, bases, events, requests, store } = context
  const info = (model: CatalogModel): ModelInfo => {
    const { contextSize: _c, shape: _s, needsMemoryBytes: _n, missing: _m, ...facts } = model
    const inUse = bases.chosen(model.role)?.id === model.id
    const cards = store.voices.list<{ base: string; name: string }>().map(({ card }) => card)
    const voices = cards.filter(({ base }) => base === model.id).map(({ name }) => name)
    return { ...facts, ...trainability(model), inUse, voices }
  }
  return {
    async 'models.list'() {
      return catalog.listModels().map(info)
    },
    async 'models.downloads'() {
      return downloads.running()
    },
    async 'models.get'({ request, model }) {
      return info(await downloads.get(request, model))
    },
    async 'models.pause'({ model }) {
      return { paused: await downloads.pause(model) }
    },
    'models.add': ({ request, file, as }) =>
      requests.run(request, async (signal) => {
        bases.settle(as)
        const added = await catalog.addModel(typedPath(file), {
          as,
          signal,
          probe: async (path) => {
            const found = await probeModel(path, { signal })
            if (as !== 'embedder' || !found.ok || found.isEmbedder) return found
            return { ...found, ok: false, reason: `it writes text (${found.architecture}) and is no embedder` }
          },
          onStage: (stage) =>
            events.emit('models.progress', {
              request,
              model: file,
              stage,
              receivedBytes: 0,
              totalBytes: 0,
              source: english(OWN),
              said: OWN,
              resumable: false,
            }),
        })
        // The first of its kind is used at once; a user who adds an embedder means it to be used.
        if (added.role === 'embedder' || bases.chosen('chat') === null) await bases.choose(added)
        if (context.options.host !== 'terminal') indexing.begin()
        context.changed()
        return info(added)
      }),
    async 'models.use'({ model }) {
      const found = catalog.findModel(model)
      if (!found.installed) {
        throw new IdiolectError('NotInstalled', `${found.name} is not on this machine yet`, 'Get it first.')
      }
      await changeBase(context, found)
      return context.changed()
    },
    async 'models.remove'({ model }) {
      const state = training.current()
      const busy = state && ['preparing', 'training', 'paused', 'proving'].includes(state.stage)
      // The run's own base, which need not be the one in use by now.
      if (busy && context.store.runs.get(state.run)?.base === model) {
        throw new IdiolectError('ModelInUse', `${model} is being trained on`, 'Stop the training first.')
      }
      await downloads.pause(model)
      await bases.unload(model)
      const removed = catalog.removeModel(model)
      context.changed()
      return { removed }
    },
  }
}
