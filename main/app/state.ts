/** What the machine is, what state the app is in, and the surface of the user's settings. */
import { readFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { AppState, Handlers } from '../../preload/contract.ts'
import { availableMemory } from '../available-memory.ts'
import { projectFolder } from '../entries.ts'
import { machineThreads } from '../inference/threads.ts'
import { questions } from '../library/whose.ts'
import type { AppContext } from './context.ts'
import { isFirstStart } from './library/imports.ts'
import { changeSettings, readSettings } from './settings.ts'
import { storageOf } from './storage.ts'
import { standInsOf } from './training/task-adapter-files.ts'
import { SAMPLE_FOLDER } from './training/task-texts.ts'
import type { Training } from './training/training.ts'
import { APP_VERSION } from './version.ts'
import { baseInUse } from './voices/fit.ts'
import { switchedVoice } from './voices/voice-of-base.ts'

export function appState(context: AppContext, training: Training): AppState {
  const { store, bases } = context
  const documents = store.documents.count()
  const { writing, resting } = switchedVoice(context)
  const standIns = standInsOf(context, baseInUse(context))
  const card = writing === null ? null : store.voices.get<{ strength?: number }>(writing)?.card
  return {
    firstStart: isFirstStart({ store }),
    documents,
    passages: store.passages.count(),
    base: bases.chosen('chat')?.id ?? null,
    embedder: bases.chosen('embedder')?.id ?? null,
    voice: writing,
    resting,
    strength: card?.strength ?? null,
    standIns: Object.fromEntries(Object.entries(standIns).map(([task, { name }]) => [task, name])),
    training: training.current(),
    questions: questions(store).length,
  }
}

export function stateHandlers(
  context: AppContext,
): Pick<
  Handlers,
  'app.info' | 'app.state' | 'app.settings' | 'app.set' | 'app.storage' | 'app.licences' | 'app.left' | 'request.cancel'
> {
  return {
    async 'app.info'() {
      const threads = machineThreads()
      return {
        version: APP_VERSION,
        host: context.options.host,
        platform: `${process.platform}-${process.arch}`,
        dataFolder: context.store.folder,
        sampleFolder: SAMPLE_FOLDER,
        cores: os.availableParallelism(),
        chatThreads: threads.chat,
        trainThreads: threads.train,
        memoryBytes: os.totalmem(),
        freeMemoryBytes: availableMemory(),
        device: `CPU (${os.cpus()[0]?.model.trim() ?? 'unknown'})`,
      }
    },
    async 'app.state'() {
      return context.state()
    },
    async 'app.settings'() {
      return readSettings(context)
    },
    async 'app.set'(changes) {
      return changeSettings(context, changes)
    },
    async 'app.storage'() {
      return storageOf(context.store.folder)
    },
    async 'app.licences'() {
      return { text: await readFile(path.join(projectFolder(), 'resources', 'THIRD-PARTY.md'), 'utf8') }
    },
    async 'app.left'() {
      // Only a host that closes the window itself asks for it.
      return { known: false }
    },
    async 'request.cancel'({ request }) {
      return { cancelled: context.requests.cancel(request) }
    },
  }
}
