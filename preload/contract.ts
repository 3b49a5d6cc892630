/**
 * The one contract between the renderer and whoever serves it: Electron over IPC, the browser host over
 * loopback HTTP, the terminal by direct calls. Types, and the two lists of names at the end: nothing else runs here, so
 * that the sandboxed preload can import it.
 *
 * Calls return a promise of their result. Long ones take a `request` id chosen by the caller: progress comes
 * as events bearing that id, and `request.cancel` ends it. Dates are ISO 8601 (`2024-05-17` or with a time);
 * sizes are bytes, durations seconds, scores unitless unless said.
 */
import { APP_CALLS, type AppCalls, type AppState } from './contract/app.ts'
import { ASSISTANT_CALLS, type AssistantCalls, type StreamChunk } from './contract/assistant.ts'
import { CHATS_CALLS, type ChatAsked, type ChatsCalls } from './contract/chats.ts'
import { DRAFTS_CALLS, type DraftChanged, type DraftFileChanged, type DraftsCalls } from './contract/drafts.ts'
import { HEADLINES_CALLS, type HeadlineProgress, type HeadlinesCalls } from './contract/headlines.ts'
import { LABELS_CALLS, type LabelJob, type LabelRow, type LabelsCalls, type LabelTask } from './contract/labels.ts'
import { type ImportProgress, type ImportState, LIBRARY_CALLS, type LibraryCalls } from './contract/library.ts'
import { MODELS_CALLS, type ModelProgress, type ModelsCalls } from './contract/models.ts'
import { START_CALLS, type StartCalls } from './contract/start.ts'
import { TRAINING_CALLS, type TrainingCalls, type TrainingState, type TrainingStep } from './contract/training.ts'
import { VOICE_TESTS_CALLS, type VoiceTestProgress, type VoiceTestsCalls } from './contract/voice-tests.ts'
import { VOICES_CALLS, type VoicesCalls } from './contract/voices.ts'

export type * from './contract/app.ts'
export type * from './contract/assistant.ts'
export type * from './contract/chats.ts'
export type * from './contract/drafts.ts'
export type * from './contract/headlines.ts'
export type * from './contract/labels.ts'
export type * from './contract/library.ts'
export type * from './contract/models.ts'
export type * from './contract/said.ts'
export type * from './contract/start.ts'
export type * from './contract/training.ts'
export type * from './contract/voice-tests.ts'
export type * from './contract/voices.ts'

/** Every call, by the parts of the app: what goes in, what comes out. */
export interface Calls
  extends AppCalls,
    LibraryCalls,
    StartCalls,
    ModelsCalls,
    TrainingCalls,
    VoicesCalls,
    VoiceTestsCalls,
    AssistantCalls,
    HeadlinesCalls,
    LabelsCalls,
    ChatsCalls,
    DraftsCalls {}

export interface Events {
  /** The window is about to be closed: it saves what is not saved yet, and calls `app.left`. */
  'app.leaving': { closing: true }
  'import.progress': ImportProgress
  /** An import began or ended: the library may have changed. */
  'import.state': ImportState
  'models.progress': ModelProgress
  'train.state': TrainingState
  'train.step': TrainingStep & { run: string }
  stream: StreamChunk
  'chat.asked': ChatAsked
  'draft.changed': DraftChanged
  'draft.file': DraftFileChanged
  'headline.candidate': HeadlineProgress
  'labels.job': LabelJob
  'labels.row': { task: LabelTask; row: LabelRow }
  'state.changed': AppState
  'voices.progress': VoiceTestProgress
}

export type CallName = keyof Calls
export type EventName = keyof Events

/** What the renderer sees as `window.idiolect` in Electron; the browser host's client builds the same. */
export interface Bridge {
  call<N extends CallName>(name: N, input: Calls[N]['in']): Promise<Calls[N]['out']>
  on<N extends EventName>(name: N, listener: (event: Events[N]) => void): () => void
  /** Path of a file that was dropped on the window; absent where the window is a page that sees none. */
  pathOf?(file: File): string
}

export type Handlers = { [N in CallName]: (input: Calls[N]['in']) => Promise<Calls[N]['out']> }

/** Every call's name, checked below to be complete: hosts refuse what is not in here. */
export const CALL_NAMES = [
  ...APP_CALLS,
  ...LIBRARY_CALLS,
  ...START_CALLS,
  ...MODELS_CALLS,
  ...TRAINING_CALLS,
  ...VOICES_CALLS,
  ...VOICE_TESTS_CALLS,
  ...ASSISTANT_CALLS,
  ...HEADLINES_CALLS,
  ...LABELS_CALLS,
  ...CHATS_CALLS,
  ...DRAFTS_CALLS,
] as const satisfies readonly CallName[]

export const EVENT_NAMES = [
  'app.leaving',
  'import.progress',
  'import.state',
  'models.progress',
  'train.state',
  'train.step',
  'stream',
  'chat.asked',
  'draft.changed',
  'draft.file',
  'headline.candidate',
  'labels.job',
  'labels.row',
  'state.changed',
  'voices.progress',
] as const satisfies readonly EventName[]

type Missing = Exclude<CallName, (typeof CALL_NAMES)[number]> | Exclude<EventName, (typeof EVENT_NAMES)[number]>
/** A compile error here names a call or event that the lists above lack. */
export const complete: [Missing] extends [never] ? true : Missing = true
