/** What a LaMP run is asked for: its options and their defaults. */
import { TRAINED_WITH_RETRIEVAL } from '../examples/defaults.ts'
import type { BuildExample, TaskName } from '../examples/types.ts'
import type { Base } from '../inference/types.ts'
import type { Computed } from '../trainer/computed.ts'
import type { TokenExample, TrainResult, TrainSettings } from '../trainer/types.ts'
import type { PromptBudget } from './examples.ts'
import type { KeptVoice } from './folder.ts'
import type { HybridSearch } from './hybrid.ts'
import type { Bases } from './renewing.ts'
import type { ContrastOptions } from './score.ts'
import type { TrainPrompts } from './training.ts'
import type { LampFile, LampUser } from './types.ts'

/** The small protocol's settings: OPPU's own, with the learning rate that a model of 135M needs. Threads are the run's. */
export const LAMP_SETTINGS: TrainSettings = {
  rank: 8,
  alpha: 8,
  targets: ['q', 'v'],
  dropout: 0.05,
  lr: 2e-3,
  warmup: 0.1,
  weightDecay: 0.01,
  clip: 0.3,
  epochs: 2,
  batch: 16,
  seed: 1,
  threads: 1,
  patience: 0,
}

/** Of the task adapter, beside LAMP_SETTINGS: small batches, one epoch, as for a long history (docs/notebook.md). */
export const TASK_SETTINGS: Partial<TrainSettings> = { lr: 4e-3, epochs: 1, batch: 4 }

/** Items that a task adapter is trained on, over all its users: 250 teach a base of 135M what a reference's 600 did (docs/notebook.md). */
export const TASK_ITEMS = 250
/** Folds of users, each with a task adapter that has seen none of them. */
export const FOLDS = 3
/** Other users' voices that the method `other` is a mean over, at most. */
export const OTHERS = 4

/** Tokens of a retrieved entry when it is alone, and of several together. */
const RETRIEVED: Record<TaskName, { maxRetrieved: number; maxRetrievedTotal: number }> = {
  headline: { maxRetrieved: 160, maxRetrievedTotal: 240 },
  tag: { maxRetrieved: 80, maxRetrievedTotal: 240 },
  rate: { maxRetrieved: 80, maxRetrievedTotal: 240 },
  prose: { maxRetrieved: 120, maxRetrievedTotal: 240 },
}

export interface LampProgress {
  user: string | null
  stage: 'note' | 'training' | 'scoring' | 'generating'
  /** A line of text. */
  message: string
}

/**
 * Trains one adapter, and says how it was computed where it knows. With `resume`, the folder holds a begun run of the same
 * examples and settings.
 */
export type TrainVoice = (
  examples: TokenExample[],
  validation: TokenExample[],
  settings: TrainSettings,
  runFolder: string,
  context: {
    /** Whose voice; of a task adapter its name. */
    user: string
    resume: boolean
    signal?: AbortSignal
    /** The task adapter that the voice lies over. */
    under?: KeptVoice
    /** For the card. */
    about?: Record<string, unknown>
  },
) => Promise<TrainResult & { computed?: Computed | null }>

/** Settings for these examples, over which the run's own are laid. */
export type SettingsPlan = (examples: TokenExample[]) => Partial<TrainSettings>

export interface LampRunOptions {
  base: Base
  /** sha256 of the base's file, where known; else it is computed. */
  baseSha256?: string
  file: LampFile
  builder: { example: BuildExample }
  train: TrainVoice
  /** Where results are kept; the same folder again takes up what is finished. */
  out: string
  /** Ids; default all of the file. */
  users?: string[]
  /** Names (`methods.ts`); default FIRST_METHODS. */
  methods?: string[]
  /** Queries a user at most; default all. */
  queries?: number
  /** Tokens of an input at most; default 160. */
  maxInput?: number
  /** Of a retrieved entry alone, and of several together; defaults by task. */
  maxRetrieved?: number
  maxRetrievedTotal?: number
  /** Tokens of prompt and answer together at most; default what the base's context holds. */
  maxTokens?: number
  /** Default what the product does for the task: prose is trained without earlier pieces, all else on a mix. */
  trainPrompts?: TrainPrompts
  /** What a user's voice is trained on, instead of the history with those prompts. */
  examples?: (user: LampUser) => TokenExample[]
  /** What a user has written as far as this run knows: for the voice, retrieval and profile, not for task adapters. */
  history?: (user: LampUser) => LampUser
  /** Where task adapters are kept, for runs that share them; default `out`. */
  tasksOut?: string
  /** How profiles are written; null: none, so that no method may ask for one. Default `counts`. */
  profiles?: 'counts' | 'model' | null
  /** The product's search over a user's history, for `hybrid` methods. */
  hybrid?: (user: LampUser) => Promise<HybridSearch>
  /** Users i, i + n, i + 2n, ... of those chosen. Folds and others are the same for every shard. */
  shard?: { index: number; of: number }
  /** Default FOLDS, or the number of users if fewer. */
  folds?: number
  taskItems?: number
  /** Users of another file, on whose histories the one task adapter is trained instead of folds. */
  taskFile?: LampFile
  /** Default OTHERS. */
  others?: number
  contrast?: Partial<ContrastOptions>
  /** By the size of what is trained on; default LAMP_SETTINGS alone. */
  plan?: SettingsPlan
  /**
   * Of every training, voices and task adapters alike; 1 when not given. They change the speed and, since sums round in
   * another order, an adapter's last bits; nothing is trained anew for them.
   */
  threads?: number
  /**
   * Examples times epochs that a voice is trained on, at most: fewer epochs, and of a longer history so many items,
   * chosen as the product does (`boundedHistory`). Task adapters have `taskItems`.
   */
  mostPasses?: number
  /** Instead of LAMP_SETTINGS or the plan's. */
  settings?: Partial<TrainSettings>
  /** Of the task adapter, instead of TASK_SETTINGS. */
  taskSettings?: Partial<TrainSettings>
  /** Of a voice over a task adapter, instead of the voice's other settings. */
  overSettings?: Partial<TrainSettings>
  /**
   * Also write answers and judge them, texts by ROUGE, tags and scores as LaMP's evaluator does: under these methods, or, for true, under all but those of others' voices,
   * where each query would be answered once for every voice. What was written before in the same folder stays.
   */
  generate?: boolean | readonly string[]
  /** Of training (unless in `settings`), of mixes, samples and generation; default 1. */
  seed?: number
  /**
   * A fresh base in place of the present one, which it closes: the runtime keeps every adapter it ever loaded. The builder
   * must go on working.
   */
  renew?: () => Promise<Base>
  /** Adapters after which that is done; default 128. */
  renewAfter?: number
  /** Of several runs one after the other, each of which goes on with the base that the last one left; default their own. */
  bases?: Bases
  onProgress?: (progress: LampProgress) => void
  signal?: AbortSignal
}

export function budgetOf(
  options: Pick<LampRunOptions, 'file' | 'base' | 'maxInput' | 'maxRetrieved' | 'maxRetrievedTotal' | 'maxTokens'>,
): PromptBudget {
  const { maxRetrieved, maxRetrievedTotal } = RETRIEVED[options.file.task]
  return {
    maxInput: options.maxInput ?? 160,
    maxRetrieved: options.maxRetrieved ?? maxRetrieved,
    maxRetrievedTotal: options.maxRetrievedTotal ?? maxRetrievedTotal,
    maxTokens: options.maxTokens ?? options.base.contextSize,
  }
}

/** As the product trains a voice for this task, unless it is said. */
export function trainPromptsOf({ file, trainPrompts }: Pick<LampRunOptions, 'file' | 'trainPrompts'>): TrainPrompts {
  return trainPrompts ?? (TRAINED_WITH_RETRIEVAL[file.task] ? 'mixed' : 'plain')
}

/** Without the keys whose value is undefined, so that an option not given does not hide its default. */
export function definedOf<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>
}
