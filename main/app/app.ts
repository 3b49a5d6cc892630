/**
 * The app: opens the data folder, builds the services and wires them into the contract's handlers. No logic of its own;
 * each surface is a file beside this one.
 */
import { disposeLlama } from '../inference/llama.ts'
import { openStore } from '../store/store.ts'
import { chatHandlers } from './chat/chats.ts'
import type { AppContext } from './context.ts'
import { createDraftWatch } from './drafts/draft-watch.ts'
import { draftHandlers } from './drafts/drafts.ts'
import { createEmitter } from './events.ts'
import { fileHandlers } from './files.ts'
import { headlineHandlers } from './headlines/headlines.ts'
import { labelFileHandlers } from './labels/label-files.ts'
import { createLabelJobs } from './labels/label-jobs.ts'
import { labelHandlers } from './labels/labels.ts'
import { rateHandlers } from './labels/ratings.ts'
import { scoreHandlers } from './labels/score.ts'
import { tagHandlers } from './labels/tags.ts'
import { deleteLeaving } from './leaving-files.ts'
import { startHandlers } from './library/given.ts'
import { createImports } from './library/imports.ts'
import { createIndexing } from './library/indexing.ts'
import { libraryHandlers } from './library/library.ts'
import { createLibraryFolders } from './library/library-folders.ts'
import { recallHandlers } from './library/recall.ts'
import { createBases } from './models/bases.ts'
import { openCatalog } from './models/catalog.ts'
import { createDownloads } from './models/downloads.ts'
import { forecastHandlers } from './models/model-forecasts.ts'
import { modelHandlers } from './models/models.ts'
import { createRequests } from './requests.ts'
import { readSettings } from './settings.ts'
import { appState, stateHandlers } from './state.ts'
import { rememberToResume, resumeRemembered } from './training/resume-at-start.ts'
import { retrainHandlers } from './training/retrain.ts'
import { taskHandlers } from './training/task-adapters.ts'
import { createTraining, type Training } from './training/training.ts'
import type { App, AppOptions } from './types.ts'
import { profileHandlers } from './voices/profiles.ts'
import { voiceHandlers } from './voices/voice-handlers.ts'
import { voiceTestHandlers } from './voices/voice-tests.ts'

/** Errors: IdiolectError `DataFolderBusy` when another process holds the folder, and the store's own. */
export async function createApp(options: AppOptions): Promise<App & { training: Training; context: AppContext }> {
  const store = await openStore(options.dataFolder)
  try {
    // What an earlier sitting was ended in the midst of; what cannot be deleted waits on.
    deleteLeaving(store)
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
      store.vectors.whenLost(indexing.lost)
      indexing.begin()
      labelJobs.begin()
    }
    const imports = createImports(context, indexing)
    const downloads = createDownloads(context, () => {
      if (options.host !== 'terminal') indexing.begin()
      context.changed()
    })
    void resumeRemembered(context, training)
      .then(training.beginQueued)
      .catch(() => {
        // Closed before it came to that: the next start does it.
      })
    const folders = createLibraryFolders(context, (folder) => imports.readAgain(folder))
    imports.goOn()
    folders.readAgain()
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
      rememberRuns: () => rememberToResume(context, training),
      close() {
        closing ??= (async () => {
          // Before anything that is waited for: whatever ends the app may not wait as long.
          rememberToResume(context, training)
          folders.close()
          // First, so that nobody writes to what is closed below.
          const labelsAtRest = labelJobs.close()
          await context.requests.close()
          await labelsAtRest
          await indexing.close()
          draftWatch.close()
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
