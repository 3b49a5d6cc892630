/** Defaults: what a prompt shows, and training settings by the size of the history. */
import type { AdapterKind } from '../../preload/contract.ts'
import type { TrainSettings } from '../trainer/types.ts'
import type { PromptOptions, TaskName } from './types.ts'

/** How much of a text a prompt shows, in tokens: the same while training, in the proof and in use. */
export const DEFAULT_PROMPT: Record<TaskName, PromptOptions> = {
  headline: { maxInput: 160, maxRetrieved: 160 },
  tag: { maxInput: 160, maxRetrieved: 80 },
  rate: { maxInput: 160, maxRetrieved: 80 },
  prose: { maxInput: 200, maxRetrieved: 120 },
}

const BESIDE_A_VOICE: Record<TaskName, number> = { headline: 1, tag: 1, rate: 1, prose: 1 }
const WITHOUT_ONE: Record<TaskName, number> = { ...BESIDE_A_VOICE, headline: 4 }

/**
 * Pieces shown before a query where retrieval is on, in the proof and in use. A voice that was trained with pieces gains
 * nothing by more than one (one, two and four titles: 2.677, 2.664, 2.669 nats a token; docs/oppu.md). What answers without a
 * voice does: the base 3.461, 3.365, 3.318, over a task adapter 2.746, 2.662, 2.628, on the validation parts of 13 histories
 * (docs/notebook.md). Tags are the worse for more than one.
 * @param voiced whether a voice answers
 */
export function piecesShown(task: TaskName, voiced: boolean): number {
  return (voiced ? BESIDE_A_VOICE : WITHOUT_ONE)[task]
}

/**
 * Is a voice trained on prompts with earlier pieces too, none, one or two by chance? A voice that never met a piece before
 * a query is the worse for one in use (docs/notebook.md). Prose leaves no room for one beside its own text.
 */
export const TRAINED_WITH_RETRIEVAL: Record<TaskName, boolean> = { headline: true, tag: true, rate: true, prose: false }

/** Half as much again of a retrieved piece is shown in all when there are several, in equal shares. */
export function sharedOut(options: PromptOptions, pieces: number): PromptOptions {
  if (pieces < 2) return options
  return { ...options, maxRetrieved: Math.floor((1.5 * options.maxRetrieved) / pieces) }
}

/** Whether prompts show the owner's profile when nothing is chosen. */
export const PROFILE_DEFAULT = false
/** Who writes a profile when nobody is named: bases of 135M describe an author worse than counting does. */
export const PROFILE_BY: 'model' | 'counts' = 'counts'

/**
 * Does a task adapter answer in this task where no voice speaks? In headlines: one that was trained on the sample author's
 * posts does for other people's what half of a voice does. Not in tags, which it ranks no better, nor in prose and chat, where
 * a hand is all that it could add and it is somebody else's. Voices are not trained over one unless asked: that did not help
 * them (docs/notebook.md).
 */
export function standsIn(task: TaskName): boolean {
  return task === 'headline'
}

/**
 * Examples of each task where nobody said which tasks: a long history with tags would train for three times as long as
 * for its headlines alone. Of one blog's headlines the newest 120 teach as much as the newest 240 (docs/notebook.md). Labels
 * that are asked for get all.
 */
export const MOST_UNASKED: Record<TaskName, number> = { headline: 120, tag: 120, rate: 240, prose: 64 }

export interface HistorySize {
  /** Training examples. */
  examples: number
  /** Tokens of all training examples together, prompts included. */
  tokens: number
  threads: number
}

interface Plan {
  /** From this many examples on. */
  from: number
  batch: number
  epochs: number
  lr: number
}

/**
 * Rank 8 with alpha 8 on q and v, dropout .05, clip .3, weight decay .01 and a warm-up of a tenth are the paper's
 * (arXiv 2402.04401); its learning rate of 1e-4 hardly moves a model of 135M, where 2e-3 does. Batches are small, since
 * many steps teach more than many epochs: on 98 pieces of one history, one epoch in batches of 4 at 4e-3 leaves .25 nats
 * less than two in batches of 16 at that rate, in half the time, and higher rates leave less still (docs/notebook.md).
 * Short histories are read several times, until there are about 30 steps, at lower rates.
 */
const PLANS: Plan[] = [
  { from: 80, batch: 4, epochs: 1, lr: 8e-3 },
  { from: 30, batch: 4, epochs: 3, lr: 3e-3 },
  { from: 12, batch: 2, epochs: 5, lr: 1e-3 },
  { from: 0, batch: 1, epochs: 4, lr: 1e-3 },
]

/**
 * What kinds other than LoRA are trained with in place of the plan's: larger steps, since few numbers must move far, and
 * no decay, which would pull factors and rows to 0. A prompt's rate is a share of the size of the base's embeddings.
 */
const KINDS: Record<AdapterKind, Partial<TrainSettings>> = {
  lora: {},
  ia3: { kind: 'ia3', targets: ['k', 'v', 'up'], rank: 0, alpha: 0, lr: 1e-2, weightDecay: 0, dropout: 0 },
  prompt: { kind: 'prompt', targets: [], rank: 0, alpha: 0, lr: 0.2, weightDecay: 0, dropout: 0 },
}

/** @param virtualTokens rows of a prompt; 20 when not given */
export function kindSettings(kind: AdapterKind = 'lora', virtualTokens?: number): Partial<TrainSettings> {
  return kind === 'prompt' && virtualTokens !== undefined ? { ...KINDS.prompt, virtualTokens } : KINDS[kind]
}

/** Optimizer steps below which a voice has hardly moved. */
const LEAST_STEPS = 30
const MOST_EPOCHS = 10
/** Tokens over all epochs beyond which one epoch has to do: an hour and more on a laptop's CPU. */
const MOST_TOKENS = 600_000

export function defaultSettings({ examples, tokens, threads }: HistorySize): TrainSettings {
  const plan = PLANS.find(({ from }) => examples >= from) ?? PLANS[PLANS.length - 1]!
  const stepsPerEpoch = Math.max(1, Math.ceil(examples / plan.batch))
  const needed = Math.min(MOST_EPOCHS, Math.ceil(LEAST_STEPS / stepsPerEpoch))
  const epochs = tokens * plan.epochs > MOST_TOKENS ? 1 : plan.epochs
  return {
    rank: 8,
    alpha: 8,
    targets: ['q', 'v'],
    dropout: 0.05,
    lr: plan.lr,
    warmup: 0.1,
    weightDecay: 0.01,
    clip: 0.3,
    epochs: Math.max(epochs, needed),
    batch: plan.batch,
    seed: 1,
    threads,
    patience: 3,
  }
}
