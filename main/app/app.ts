/**
 * The app: opens the data folder, builds the services and wires them into the contract's handlers. No logic of its own;
 * each surface is a file beside this one.
 */
import { disposeLlama } from '../inference/llama.ts'
import { openStore } from '../store/store.ts'
import { createBases } from './bases.ts'
import { openCatalog } from './catalog.ts'
import { chatHandlers } from './chats.ts'
import type { AppContext } from './context.ts'
import { createDownloads } from './downloads.ts'
import { createDraftWatch } from './draft-watch.ts'
import { draftHandlers } from './drafts.ts'
import { createEmitter } from './events.ts'
import { fileHandlers } from './files.ts'
import { startHandlers } from './given.ts'
import { headlineHandlers } from './headlines.ts'
import { createImports } from './imports.ts'
import { createIndexing } from './indexing.ts'
import { labelFileHandlers } from './label-files.ts'
import { createLabelJobs } from './label-jobs.ts'
import { labelHandlers } from './labels.ts'
import { libraryHandlers } from './library.ts'
import { createLibraryFolders } from './library-folders.ts'
import { forecastHandlers } from './model-forecasts.ts'
import { modelHandlers } from './models.ts'
import { profileHandlers } from './profiles.ts'
import { rateHandlers } from './ratings.ts'
import { recallHandlers } from './recall.ts'
import { createRequests } from './requests.ts'
import { rememberToResume, resumeRemembered } from './resume-at-start.ts'
import { retrainHandlers } from './retrain.ts'
import { scoreHandlers } from './score.ts'
import { appState, readSettings, stateHandlers } from './state.ts'
import { tagHandlers } from './tags.ts'
import { taskHandlers } from './task-adapters.ts'
import { createTraining, type Training } from './training.ts'
import type { App, AppOptions } from './types.ts'
import { voiceHandlers } from './voice-handlers.ts'
import { voiceTestHandlers } from './voice-tests.ts'

/** Errors: IdiolectError `DataFolderBusy` when another process holds the folder, and the store's own. */
export async function createApp(options: AppOptions): Promise<App & { training: Training; context: AppContext }> {
  const store = await openStore(options.dataFolder)
  try {
    const catalog = openCatalog(store.folder)
    const training: Training = createTraining(() => context)
    const bases = createBases(
      store,
      catalog,
      () => training.stepAside(),
      () => readSettings({ store }).idleMinutes,
    )
    const events = createEmitter()
    const context: AppContext = {
      options,
      store,
      catalog,
      bases,
      events,
      requests: createRequests(),
      state: () => appState(context, training),
      changed() {
        const state = context.state()
        events.emit('state.changed', state)
        return state
      },
    }
    const indexing = createIndexing(context)
    const draftWatch = createDraftWatch(context)
    draftWatch.refresh()
    const labelJobs = createLabelJobs(context)
    if (options.host !== 'terminal') {
      indexing.begin()
      labelJobs.begin()
    }
    const imports = createImports(context, indexing)
    const downloads = createDownloads(context, () => {
      if (options.host !== 'terminal') indexing.begin()
      context.changed()
    })
    void resumeRemembered(context, training)
    const folders = createLibraryFolders(context, (folder) => imports.readAgain(folder))
    imports.goOn()
    downloads.goOn()
    let closing: Promise<void> | null = null
    return {
      training,
      context,
      events,
      handlers: {
        ...stateHandlers(context),
        ...fileHandlers(context),
        ...libraryHandlers(context),
        ...imports.handlers,
        ...folders.handlers,
        ...recallHandlers(context),
        ...startHandlers(context, imports),
        ...modelHandlers(context, training, indexing, downloads),
        ...forecastHandlers(context, training),
        ...retrainHandlers(context, training),
        ...training.handlers,
        ...voiceHandlers(context),
        ...voiceTestHandlers(context),
        ...taskHandlers(context),
        ...profileHandlers(context),
        ...headlineHandlers(context),
        ...tagHandlers(context),
        ...rateHandlers(context),
        ...labelHandlers(context, labelJobs),
        ...labelFileHandlers(context),
        ...draftHandlers(context, draftWatch),
        ...scoreHandlers(context),
        ...chatHandlers(context),
      },
      close() {
        closing ??= (async () => {
          folders.close()
          // First, so that nobody writes to what is closed below.
          const labelsAtRest = labelJobs.close()
          await context.requests.close()
          await labelsAtRest
          await indexing.close()
          draftWatch.close()
          rememberToResume(context, training)
          await training.close()
          await bases.close()
          await disposeLlama()
          await store.close()
        })()
        return closing
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}
