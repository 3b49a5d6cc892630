/** What the machine is, what state the app is in, and the user's settings. */
import { readFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import type { AppState, Handlers, Settings } from '../../preload/contract.ts'
import { projectFolder } from '../entries.ts'
import { IdiolectError } from '../errors.ts'
import { PROFILE_DEFAULT } from '../examples/defaults.ts'
import { machineThreads } from '../inference/threads.ts'
import { questions } from '../library/whose.ts'
import type { AppContext } from './context.ts'
import { isFirstStart } from './library/imports.ts'
import { storageOf } from './storage.ts'
import type { Training } from './training/training.ts'
import { APP_VERSION } from './version.ts'
import { switchedVoice } from './voices/voice-of-base.ts'

const SETTINGS = 'app.settings'
const DEFAULTS: Settings = {
  theme: 'system',
  textSize: 1,
  language: 'system',
  scale: 1,
  retrieval: true,
  profile: PROFILE_DEFAULT,
  shortcuts: {},
  idleMinutes: 10,
  spellCheck: false,
}
/** More than anybody binds; the settings must stay small. */
const MOST_SHORTCUTS = 500
const settingsSchema = z.strictObject({
  theme: z.enum(['system', 'light', 'dark', 'contrast']).optional(),
  textSize: z.number().min(1).max(2).optional(),
  language: z.enum(['system', 'en', 'de']).optional(),
  scale: z.number().min(0).max(2).optional(),
  retrieval: z.boolean().optional(),
  profile: z.boolean().optional(),
  shortcuts: z
    .record(z.string().min(1).max(100), z.string().max(100))
    .refine((all) => Object.keys(all).length <= MOST_SHORTCUTS, `more than ${MOST_SHORTCUTS} shortcuts`)
    .optional(),
  idleMinutes: z.int().min(0).max(1440).optional(),
  spellCheck: z.boolean().optional(),
})

export function readSettings({ store }: Pick<AppContext, 'store'>): Settings {
  return { ...DEFAULTS, ...store.settings.get<Partial<Settings>>(SETTINGS) }
}

export function appState(context: AppContext, training: Training): AppState {
  const { store, bases } = context
  const documents = store.documents.count()
  const { writing, resting } = switchedVoice(context)
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
        sampleFolder: path.join(projectFolder(), 'resources', 'sample'),
        cores: os.availableParallelism(),
        chatThreads: threads.chat,
        trainThreads: threads.train,
        memoryBytes: os.totalmem(),
        freeMemoryBytes: os.freemem(),
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
      const checked = settingsSchema.safeParse(changes)
      if (!checked.success) {
        throw new IdiolectError(
          'BadSetting',
          `these settings are not understood: ${z.prettifyError(checked.error)}`,
          null,
        )
      }
      context.store.settings.set(SETTINGS, { ...readSettings(context), ...checked.data })
      return readSettings(context)
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
