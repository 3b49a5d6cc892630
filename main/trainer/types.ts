/**
 * The run folder's types: what a caller of the trainer writes, and what the trainer answers. A run folder alone is
 * enough to resume, to prove and to explain a voice:
 *   plan.json      everything that decides the outcome: settings, seeds, hashes (RunPlan)
 *   init.gguf      the voice that the run goes on from, where there is one
 *   under.gguf     the task adapter that the voice is trained over, where there is one
 *   examples.bin   token ids and where each answer begins (`main/trainer/examples-file.ts`)
 *   log.jsonl      one StepRecord a line
 *   engine.json    how this device computes the run, chosen at its first start (EngineChoice)
 *   checkpoint.bin adapter, optimizer moments and position after some step; replaced whole, gone when the run is done
 *   voice.gguf     the finished adapter, llama.cpp's GGUF LoRA
 *   result.json    what the run took and gave (TrainResult); written last
 *   proof.json     written by the proof (main/evaluation), not by the trainer
 */

import type { AdapterKind, TrainingStep } from '../../preload/contract.ts'
import type { Variant } from '../ggml/library.ts'

/** One training example: `tokens[answerFrom..]` is supervised (the end token is part of the answer). */
export interface TokenExample {
  tokens: Int32Array
  answerFrom: number
}

export interface TrainSettings {
  /** LoRA where a plan says nothing. */
  kind?: AdapterKind
  /** Learned rows of prompt tuning; 20 where a plan says nothing. */
  virtualTokens?: number
  rank: number
  alpha: number
  /** Scale alpha / √rank instead of alpha / rank (rsLoRA, arXiv 2312.03732); false where a plan says nothing. */
  rslora?: boolean
  /** B's learning rate over A's (LoRA+, arXiv 2402.12354); 1 where a plan says nothing. */
  lrRatioB?: number
  /** Of q, k, v, o, gate, up, down. */
  targets: string[]
  dropout: number
  /** Peak learning rate; linear warm-up over `warmup` of the steps, then linear decay to 0. */
  lr: number
  warmup: number
  weightDecay: number
  /** Bound on the global norm of the gradient. */
  clip: number
  epochs: number
  /** Examples per optimizer step. */
  batch: number
  seed: number
  threads: number
  /** What computes; the CPU where a plan says nothing. */
  device?: Variant
  /** Stop early when the validation loss has not fallen for this many measurements; 0: never. Best weights are kept. */
  patience: number
}

/** A voice that another one goes on from, or lies over. */
export interface VoiceOrigin {
  name: string
  /** Of the voice's whole file, hex. */
  sha256: string
  /** ISO date and time; null for files that Idiolect did not write. */
  createdAt: string | null
}

export interface RunPlan {
  version: 1
  run: string
  createdAt: string
  base: { id: string; file: string; sha256: string; architecture: string }
  settings: TrainSettings
  /** The voices that this run goes on from, nearest first; absent: a random start. The first is kept as init.gguf. */
  lineage?: VoiceOrigin[]
  /** The task adapter that the voice is trained over, itself not trained; absent: none. Kept as under.gguf. */
  under?: VoiceOrigin
  /** What the finished file says of itself beside its settings, in its `extra`: a task adapter's card. */
  card?: Record<string, unknown>
  /** Number of training / validation examples in examples.bin (training first). */
  examples: { train: number; validation: number }
  /** For the card and the reader; free-form facts, never read by the trainer. */
  about: Record<string, unknown>
}

/** How one sitting of a run goes: nothing here changes the outcome, but `dump` the start, and `threads` maybe its last bits. */
export interface SittingOptions {
  /** Instead of the plan's. */
  threads?: number
  /** Least seconds between checkpoints; 5 when not given. */
  checkpointSeconds?: number
  /** Bytes that the worker may take; default: what is free, less a reserve. */
  memoryCap?: number
  /** File that keeps what was measured of this device for later runs. */
  measurements?: string
  /** Folder for what a comparison with another implementation needs; B then begins at random, or A has no gradient. */
  dump?: string
}

/** A line of log.jsonl: what the contract tells of a step. */
export type StepRecord = TrainingStep

export interface TrainResult {
  voiceFile: string
  steps: number
  /** Tokens computed in training (prompt and answer, all epochs; validation not counted). */
  tokens: number
  /** Seconds of the worker from start to the voice written, loading included. */
  seconds: number
  tokensPerSecond: number
  peakMemoryBytes: number
  finalLoss: number
  bestValidation: number | null
}
