/** Voices put to the test in use: the owner's blind judgement, samples, and what a voice forgot or copied. */
import type { Said } from './said.ts'
import type { TrainingTask } from './training.ts'
import type { ProofDifference } from './voices.ts'

export interface TrialOption {
  text: string
  /** Who wrote it; null until the owner has judged. `own`: the owner's real text. */
  by: 'voice' | 'base' | 'own' | null
}

/** A piece kept out of training, and how it might go on or be called. */
export interface TrialItem {
  id: string
  document: string
  title: string
  date: string | null
  task: TrainingTask
  /** What was to be gone on with or headlined. */
  opening: string
  options: TrialOption[]
  /** Index of the option picked; -1: none of them; null: not judged yet. */
  picked: number | null
}

export interface Tally {
  /** Items judged, and how often each was picked. */
  judged: number
  voice: number
  base: number
  own: number
  none: number
  /**
   * Of the picks between voice and base, the share of the voice with its exact 95% interval (Clopper and Pearson 1934); null before
   * the first.
   */
  share: { mean: number; low: number; high: number } | null
}

export interface Trial {
  items: TrialItem[]
  tally: Tally
  /** Held-out texts that no item was made from yet. */
  left: number
}

export interface VoiceSample {
  document: string
  title: string
  date: string | null
  task: TrainingTask
  opening: string
  /** What the owner really wrote. */
  own: string
  base: string
  voice: string
}

/** The same held-out openings, written by base and voice with the same seed. */
export interface VoiceSamples {
  at: string
  base: string
  seed: number
  samples: VoiceSample[]
}

/** General texts, none of them the owner's, under base and voice: NLL per token, nats. */
export interface Forgetting {
  texts: number
  tokens: number
  base: number
  voice: number
  /** Positive: the voice is worse at them. */
  worse: ProofDifference
}

/** Runs of words in what the voice wrote that stand in the pieces it learnt from. */
export interface Copying {
  /** Texts that the voice wrote. */
  texts: number
  /** Words of a run that counts. */
  words: number
  runs: number
  copied: number
  /** Runs that the base alone has in common with these pieces. */
  baseRuns: number
  baseCopied: number
  longest: { words: number; text: string; document: string | null; title: string } | null
  /** Headlines that are, word for word, titles it learnt from. */
  sameTitles: number
}

export interface VoiceCheck {
  at: string
  forgetting: Forgetting
  /** Null for a voice whose pieces are not known. */
  copying: Copying | null
}

export type VoiceTest = 'trial' | 'samples' | 'check'

/** What was kept of a voice's tests. */
export interface VoiceTests {
  samples: VoiceSamples | null
  check: VoiceCheck | null
  trial: Trial
  /** What is being made for it now. */
  working: VoiceTestProgress | null
  /** Why it can't be tried on pieces of its owner, in words, or null. */
  whyNot: string | null
  said?: Said | null
}

export interface VoiceTestProgress {
  voice: string
  request: string
  test: VoiceTest
  /** Texts made, of how many. */
  made: number
  of: number
  /** It ended, was cancelled, or failed. */
  over: boolean
}

export interface VoiceTestsCalls {
  'voices.tests': { in: { voice: string }; out: VoiceTests }
  /**
   * Writes `count` more blind items from pieces kept out of training; each is kept as soon as it is there.
   * `own`: the owner's real text stands among the options.
   */
  'voices.trial': { in: { request: string; voice: string; count?: number; own?: boolean }; out: Trial }
  /** `picked`: index of an option, or -1 for none of them. What was judged may be judged anew. */
  'voices.judge': { in: { item: string; picked: number }; out: Trial }
  'voices.samples': { in: { request: string; voice: string }; out: VoiceSamples }
  'voices.check': { in: { request: string; voice: string }; out: VoiceCheck }
}

export const VOICE_TESTS_CALLS = [
  'voices.tests',
  'voices.trial',
  'voices.judge',
  'voices.samples',
  'voices.check',
] as const satisfies readonly (keyof VoiceTestsCalls)[]
