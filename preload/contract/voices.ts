/** Voices, their proofs, and the profile that may stand beside them. */
import type { VoiceWeight } from './assistant.ts'
import type { Said } from './said.ts'
import type { AdapterKind, TrainingStep, TrainingTask } from './training.ts'

/**
 * NLL per answer token (nats, the end token counted) over the proof pieces, with a 95% interval over pieces. A tag or a
 * score counts as one token: -ln of the right one's share among all that it is chosen from (`ProofItem.choices`).
 */
export interface ProofScore {
  nll: number
  low: number
  high: number
}

export interface ProofDifference {
  /** Mean of paired differences per answer token, nats; positive: the voice is better. */
  mean: number
  low: number
  high: number
}

export interface ProofItem {
  document: string
  title: string
  date: string | null
  task: TrainingTask
  /** Answer tokens in this query: 1 of a tag or a score that was chosen. */
  tokens: number
  /** Tags or scores that the right one was compared with, itself among them; absent: the answer was scored as it is written. */
  choices?: number | undefined
  base: number
  voice: number
  other: number
  baseWithRetrieval: number
  voiceWithRetrieval: number
  otherWithRetrieval: number
}

/** What the proof found in one task: pooled, a task that gains much hides one that loses. */
export interface TaskProof {
  task: TrainingTask
  queries: number
  pieces: number
  gain: Pick<Proof['gain'], 'overBase' | 'overBaseWithRetrieval' | 'overTaskWithRetrieval'>
  /** Every gain of this task is above zero by its lower quartile; in proofs of early versions, by its mean. */
  better: boolean
}

export interface Proof {
  run: string
  voice: string
  base: string
  computedAt: string
  /** Held-out queries scored (from pieces kept out of training). */
  queries: number
  pieces: number
  scores: {
    base: ProofScore
    voice: ProofScore
    other: ProofScore
    baseWithRetrieval: ProofScore
    voiceWithRetrieval: ProofScore
    otherWithRetrieval: ProofScore
    /** What is had without the voice: the task adapter below it, or those that answer in its place; else absent. */
    task?: ProofScore
    taskWithRetrieval?: ProofScore
  }
  gain: {
    overBase: ProofDifference
    overBaseWithRetrieval: ProofDifference
    overOther: ProofDifference
    /** Over these: what of the gain is the owner's hand, and not the form of the task. */
    overTask?: ProofDifference
    /** The same with retrieval: what is had without any voice, so that a voice that is switched on must be above it. */
    overTaskWithRetrieval?: ProofDifference
  }
  /** In the order of the tasks; absent in proofs of early versions. */
  tasks?: TaskProof[] | undefined
  /** Whose voice the control is, in words. */
  otherIs: string
  otherSaid?: Said | undefined
  /** Did the voice win, and so is switched on; the reason in words either way. */
  won: boolean
  verdict: string
  said?: Said | undefined
  items: ProofItem[]
}

/** A voice that another one goes on from. */
export interface VoiceOrigin {
  name: string
  /** Of its file, hex. */
  sha256: string
  createdAt: string | null
}

export interface Voice {
  id: string
  name: string
  base: string
  createdAt: string
  run: string | null
  /** It writes now. */
  active: boolean
  /** It is switched on, and cannot write on the base in use. */
  resting: boolean
  /** Does the base that this voice was trained on match the installed one. */
  usable: boolean
  whyNot: string | null
  said?: Said | null
  pieces: number
  examples: number
  tokens: number
  trainingSeconds: number
  /** LoRA when not given. */
  kind?: AdapterKind
  /** 0 for other kinds than LoRA, as is alpha. */
  rank: number
  alpha: number
  /** rsLoRA: scaled by alpha / √rank; false when not given. */
  rslora?: boolean
  /** LoRA+: B's learning rate over A's; 1 when not given. */
  loraPlus?: number
  targets: string[]
  /** The voices that it goes on from, nearest first; none when not given. */
  lineage?: VoiceOrigin[]
  /** The task adapter that it was trained over, and is used with; none when not given. */
  under?: VoiceOrigin
  bytes: number
  /** Null for imported voices and until the proof is done. */
  won: boolean | null
  /** Where its proof was lost: why, in the proof's own words. */
  lost?: { verdict: string; said: Said | null }
  gain: number | null
  /** Those that it learnt; empty: not known, as of an imported voice. */
  tasks: TrainingTask[]
  /** Of these, where its proof found it no better than what answers without it, though it won; none when not given. */
  worse?: TrainingTask[]
  /** Where it answers by itself once it is switched on: what it learnt and did not make worse. Elsewhere when it is named. */
  speaks: TrainingTask[]
  /** A mix: its voices with their weights; it has no file, run or proof of its own. */
  mix?: VoiceWeight[]
  /** Where a call gives none; the settings' when not given. */
  strength?: number
}

/** A piece of the owner's, or a choice of theirs, that a run learnt from, watched itself by, or was proved on. */
export interface LearnedPiece {
  /** Id of the piece; null for a choice that the owner made in the app, and for a draft. */
  document: string | null
  /** Then which: `draft:<id>`, or of a choice its task and id; absent in what early versions noted of choices. */
  made?: string
  title: string
  date: string | null
  tasks: TrainingTask[]
  part: 'training' | 'validation' | 'proof'
  /** Its status in the library now; `gone`: it is not there any more. */
  now: 'mine' | 'asked' | 'excluded' | 'gone'
}

/** What a voice was learnt from, how, and what it took. */
export interface Learned {
  /** Oldest first; null: nothing was noted (an imported voice, a run of an early version). */
  pieces: LearnedPiece[] | null
  settings: {
    lr: number
    epochs: number
    batch: number
    dropout: number
    warmup: number
    weightDecay: number
    clip: number
    seed: number
    threads: number
    device: string
    profile: boolean
  } | null
  run: {
    startedAt: string
    base: string
    baseSha256: string
    steps: number
    tokens: number
    seconds: number
    tokensPerSecond: number
    peakMemoryBytes: number
    finalLoss: number
    bestValidation: number | null
  } | null
  steps: TrainingStep[]
}

/** From `at` on this voice was on, or none (`voice` null). */
export interface VoiceHistoryEntry {
  at: string
  voice: string | null
  /** As it was called then. */
  name: string | null
  /** Can it be gone back to. */
  there: boolean
}

/** What a voice's file means nothing without. */
export interface VoiceNeeds {
  base: string
  /** Name of the task adapter that must lie under it, or null. */
  taskAdapter: string | null
}

/** What is known of the owner as an author, for one task; it stands above the prompt where profiles are on. */
export interface Profile {
  task: TrainingTask
  text: string
  /** The base wrote it, it was counted from the pieces, or the owner wrote or edited it. */
  by: 'model' | 'counts' | 'owner'
  at: string
  /** Id of the base that wrote it; null when none did. */
  base: string | null
  /** Pieces that it was written from, ids; of an edited one, those of the text that was edited. */
  pieces: string[]
}

export interface VoicesCalls {
  'voices.list': { in: Record<string, never>; out: Voice[] }
  'voices.use': { in: { voice: string | null }; out: Voice[] }
  'voices.rename': { in: { voice: string; name: string }; out: Voice }
  'voices.remove': { in: { voice: string }; out: { removed: boolean } }
  /** The strength that is used where a call gives none, 0..2; null: the settings'. */
  'voices.strength': { in: { voice: string; strength: number | null }; out: Voice }
  /** Saves several voices with their weights under a name, or changes the mix `mix`. */
  'voices.mix': { in: { mix?: string; name: string; voices: VoiceWeight[] }; out: Voice }
  /** GGUF: one file, for llama.cpp and its kin. PEFT: a folder, for Transformers; LoRA on llama bases only. */
  'voices.export': {
    in: { voice: string; file: string; format?: 'gguf' | 'peft' }
    out: { file: string; bytes: number; needs: VoiceNeeds }
  }
  'voices.import': { in: { file: string; name?: string }; out: Voice }
  'voices.proof': { in: { voice: string }; out: Proof | null }
  'voices.learned': { in: { voice: string }; out: Learned }
  /** Newest first. */
  'voices.history': { in: Record<string, never>; out: VoiceHistoryEntry[] }
  'profile.get': { in: { task: TrainingTask }; out: Profile | null }
  /**
   * Writes the profile from the pieces that a training would learn from, streaming. What the owner wrote or edited is
   * only replaced where `replace` is true.
   */
  'profile.write': {
    in: { request: string; task: TrainingTask; by?: 'model' | 'counts'; seed?: number; replace?: boolean }
    out: Profile
  }
  /** The owner's own words; an empty text takes the profile away. */
  'profile.set': { in: { task: TrainingTask; text: string }; out: Profile | null }
}

export const VOICES_CALLS = [
  'voices.list',
  'voices.use',
  'voices.rename',
  'voices.strength',
  'voices.mix',
  'voices.remove',
  'voices.export',
  'voices.import',
  'voices.proof',
  'voices.learned',
  'voices.history',
  'profile.get',
  'profile.write',
  'profile.set',
] as const satisfies readonly (keyof VoicesCalls)[]
