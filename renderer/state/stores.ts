import { createContext } from 'svelte'
import type { Bridge, LabelTask } from '../../preload/contract.ts'
import { AppStore } from './app.svelte.ts'
import { ChatStore } from './chat.svelte.ts'
import { CommandStore } from './commands.svelte.ts'
import { DraftStore } from './draft.svelte.ts'
import { FolderStore } from './folders.svelte.ts'
import { HeadlineStore } from './headlines.svelte.ts'
import { ImportStore } from './import.svelte.ts'
import { downloadJobs, importJob, JobStore, labelJob, trainingJob } from './jobs.svelte.ts'
import { knownCommands } from './known-commands.ts'
import { LabelTextStore } from './label-text.svelte.ts'
import { LabelStore } from './labels.svelte.ts'
import { LibraryStore } from './library.svelte.ts'
import { ModelStore } from './models.svelte.ts'
import { PieceStore } from './pieces.svelte.ts'
import { PreferenceStore } from './preferences.svelte.ts'
import { ProfileStore } from './profile.svelte.ts'
import { RecallStore } from './recall.svelte.ts'
import { TaskAdapterStore } from './task-adapters.svelte.ts'
import { TrainQueueStore } from './train-queue.svelte.ts'
import { VoiceStore } from './voice.svelte.ts'
import { VoicePageStore } from './voice-page.svelte.ts'
import { WaysInStore } from './ways-in.svelte.ts'

export interface Stores {
  app: AppStore
  commands: CommandStore
  preferences: PreferenceStore
  jobs: JobStore
  imports: ImportStore
  waysIn: WaysInStore
  library: LibraryStore
  pieces: PieceStore
  folders: FolderStore
  recall: RecallStore
  voice: VoiceStore
  voicePage: VoicePageStore
  trainQueue: TrainQueueStore
  taskAdapters: TaskAdapterStore
  profile: ProfileStore
  headlines: HeadlineStore
  /** The tables of suggested tags and scores. */
  labels: Record<LabelTask, LabelStore>
  /** One text at a time. */
  labelTexts: Record<LabelTask, LabelTextStore>
  drafts: DraftStore
  chat: ChatStore
  models: ModelStore
  /** Reads what every space needs; errors become notices. */
  open(): Promise<void>
}

export const [getStores, setStores] = createContext<Stores>()

export function createStores(bridge: Bridge): Stores {
  const app = new AppStore(bridge)
  const library = new LibraryStore(app)
  const voice = new VoiceStore(app)
  const models = new ModelStore(app)
  const imports = new ImportStore(app, library)
  const jobs = new JobStore()
  jobs.add(() => trainingJob(voice))
  jobs.add(() => importJob(imports))
  const labels = { tag: new LabelStore(app, 'tag'), rate: new LabelStore(app, 'rate') }
  const drafts = new DraftStore(app, voice)
  app.on('app.leaving', async () => {
    await drafts.flush()
    await app.call('app.left', { saved: !drafts.saving.mustStay() })
  })
  jobs.add(() => downloadJobs(models))
  jobs.add(() => [labelJob(labels.tag), labelJob(labels.rate)].filter((job) => job !== null))
  return {
    app,
    commands: new CommandStore(app, knownCommands),
    preferences: new PreferenceStore(app),
    jobs,
    library,
    pieces: new PieceStore(app, library),
    folders: new FolderStore(app, library),
    recall: new RecallStore(app),
    voice,
    voicePage: new VoicePageStore(app),
    trainQueue: new TrainQueueStore(app),
    taskAdapters: new TaskAdapterStore(app),
    models,
    imports,
    waysIn: new WaysInStore(imports),
    profile: new ProfileStore(app),
    headlines: new HeadlineStore(app, voice),
    labels,
    labelTexts: { tag: new LabelTextStore(app, voice, 'tag'), rate: new LabelTextStore(app, voice, 'rate') },
    drafts,
    chat: new ChatStore(app, voice),
    async open() {
      await app.open()
      await Promise.all([library.load(), voice.load(), models.load(), imports.load()])
    },
  }
}
