/** Training: voices and task adapters, forecast, begun, paused, resumed. */
import type { Said } from './said.ts'

export type TrainingTask = 'headline' | 'tag' | 'rate' | 'prose'

/** LoRA: low-rank pairs beside matrices; (IA)3: factors over rows; prompt: learned rows in front of every text. */
export type AdapterKind = 'lora' | 'ia3' | 'prompt'

export type TrainingDevice = 'auto' | 'cpu' | 'cuda' | 'vulkan' | 'metal'

export interface TrainOptions {
  tasks?: TrainingTask[]
  base?: string
  /** LoRA when not given. */
  kind?: AdapterKind
  /** Learned rows of a prompt; 20 when not given. */
  virtualTokens?: number
  rank?: number
  alpha?: number
  /** rsLoRA: the scale is alpha / √rank instead of alpha / rank. */
  rslora?: boolean
  /** LoRA+: B's learning rate over A's; 1 when not given. */
  loraPlus?: number
  /** Of q, k, v, o, gate, up, down, or all. */
  targets?: string[]
  /** Id of a voice to go on from: its base, kind, rank, alpha and targets are taken, and what is given must be equal. */
  from?: string
  /** Peak learning rate. */
  lr?: number
  epochs?: number
  /** Examples per optimizer step. */
  batch?: number
  /** Tokens per example at most. */
  maxTokens?: number
  dropout?: number
  seed?: number
  threads?: number
  /** What trains; `auto` (the default) is what chats. Kept in the run's plan. */
  device?: TrainingDevice
  /** Put the owner's profile above every prompt, in training and proof alike; the settings' choice when not given. */
  profile?: boolean
  /** Name to give the voice. */
  name?: string
  /** Id of the task adapter to train over; null: none; a voice gone on from keeps its own. */
  taskAdapter?: string | null
}

/** Other people's writing: a file or folder, whose it is, and under which licence. */
export interface TaskText {
  path: string
  author: string
  licence: string
}

/** A task adapter's training: settings as of a voice, texts of others in place of the library. */
export type TaskTrainOptions = Omit<TrainOptions, 'kind' | 'virtualTokens' | 'from' | 'profile' | 'taskAdapter'> & {
  /** The sample author's posts that the app carries; true when not given. */
  sample?: boolean
  texts?: TaskText[]
}

/** OPPU's first stage: a voice of the task's form, trained on other people's texts, over which voices are trained. */
export interface TaskAdapter {
  id: string
  name: string
  /** Of its file, hex: voices name it by this. */
  sha256: string
  base: string
  createdAt: string | null
  /** Does it fit the base in use. */
  usable: boolean
  whyNot: string | null
  said?: Said | null
  tasks: TrainingTask[]
  /** From whose texts; empty for files of others. */
  texts: { author: string; licence: string; pieces: number }[]
  examples: number
  rank: number
  alpha: number
  targets: string[]
  settings: { lr: number; epochs: number; batch: number; dropout: number; seed: number } | null
  bytes: number
  /** Did it come with the app? Then it stays. */
  shipped: boolean
  /** Ids of the voices that were trained over it. */
  voices: string[]
}

export interface TrainingForecast {
  ready: boolean
  /** Why training cannot start, in words, or null. */
  why: string | null
  said?: Said | null
  pieces: number
  /** What it would learn; what the library has too little of is left out. */
  tasks?: TrainingTask[]
  examples: { train: number; validation: number; proof: number }
  tokens: number
  steps: number
  seconds: number | null
  memoryBytes: number | null
  options: Required<Pick<TrainOptions, 'rank' | 'alpha' | 'targets' | 'lr' | 'epochs' | 'batch' | 'seed' | 'threads'>>
}

export interface TrainingStep {
  step: number
  steps: number
  epoch: number
  /** Mean negative log-likelihood per answer token of this step's batch, nats. */
  loss: number
  /** The same on the validation part where it was measured at this step, else null. */
  validation: number | null
  lr: number
  gradNorm: number
  tokens: number
  tokensPerSecond: number
  /** Resident memory of the worker, bytes. */
  memoryBytes: number
  secondsLeft: number
}

export interface TrainingState {
  run: string
  stage: 'preparing' | 'training' | 'paused' | 'proving' | 'done' | 'failed' | 'cancelled' | 'interrupted'
  /** One sentence for the user on what is happening. */
  message: string
  said?: Said | null
  /** What to know about the run as it was planned: tasks that were left out, few pieces; null or not given: nothing. */
  note?: string | null
  startedAt: string
  steps: TrainingStep[]
  totalSteps: number
  /** Progress of the proof, 0..1, while proving. */
  proving: number
  voice: string | null
  /** Id of the task adapter that the run made, where it was to make one. */
  taskAdapter?: string | null
  error: string | null
  /** Training rests while an answer is computed, and goes on by itself. */
  aside: boolean
  /** Most memory that the worker will take by its plan, bytes; null until the plan is made. */
  memoryForecast: number | null
}

/** A training that waits for the one that is going on. */
export interface QueuedTraining {
  id: string
  at: string
  options: TrainOptions
  /** Why it could not begin when its turn came, in words, or null. */
  error: string | null
  said?: Said | null
}

/** What came since the newest voice that was trained here. */
export interface SinceTraining {
  /** Id of that voice, and when its run was planned; null without one. */
  voice: string | null
  since: string | null
  /** Headlines, tags and scores that the owner chose or wrote since. */
  choices: number
  /** Pieces of the owner's that it had not met, and drafts that may be learnt from since. */
  pieces: number
  /** Enough to train again: ten choices, or as many pieces as a tenth of those it knew, five at the least. */
  enough: boolean
}

export interface TrainingCalls {
  'train.forecast': { in: TrainOptions; out: TrainingForecast }
  'train.start': { in: TrainOptions; out: TrainingState }
  /** Goes on with a run that was interrupted (crash, quit) from its last checkpoint. */
  'train.resume': { in: { run: string }; out: TrainingState }
  'train.pause': { in: Record<string, never>; out: TrainingState }
  'train.continue': { in: Record<string, never>; out: TrainingState }
  'train.cancel': { in: Record<string, never>; out: TrainingState }
  /** Deletes a run that was interrupted, cancelled or failed, with all that it has learnt. */
  'train.discard': { in: { run: string }; out: { discarded: true } }
  /** Ends the training now and keeps what was learnt so far; the proof follows. */
  'train.finish': { in: Record<string, never>; out: TrainingState }
  'train.state': { in: Record<string, never>; out: TrainingState | null }
  /** Trainings that wait for their turn, which comes when the run that is going on ends. */
  'train.queue': { in: Record<string, never>; out: QueuedTraining[] }
  /** Puts a training at the queue's end; where nothing runs, it begins. */
  'train.enqueue': { in: TrainOptions; out: QueuedTraining[] }
  'train.unqueue': { in: { id: string }; out: QueuedTraining[] }
  'train.since': { in: Record<string, never>; out: SinceTraining }
  'task.train': { in: TaskTrainOptions; out: TrainingState }
  /** Newest first. */
  'task.list': { in: Record<string, never>; out: TaskAdapter[] }
  'task.remove': { in: { taskAdapter: string }; out: { removed: boolean } }
  'task.export': { in: { taskAdapter: string; file: string }; out: { file: string; bytes: number } }
  'task.import': { in: { file: string }; out: TaskAdapter }
}

export const TRAINING_CALLS = [
  'train.forecast',
  'train.start',
  'train.resume',
  'train.pause',
  'train.continue',
  'train.cancel',
  'train.discard',
  'train.finish',
  'train.state',
  'train.queue',
  'train.enqueue',
  'train.unqueue',
  'train.since',
  'task.train',
  'task.list',
  'task.remove',
  'task.export',
  'task.import',
] as const satisfies readonly (keyof TrainingCalls)[]
