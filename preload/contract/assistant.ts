/** What all tasks of the assistant share: which voice, what was shown, streamed text. */
import type { TrainingTask } from './training.ts'

export interface Source {
  document: string
  title: string
  path: string
  date: string | null
  text: string
}

export interface VoiceWeight {
  voice: string
  /** 1 as trained. */
  weight: number
}

export interface GenerationOptions {
  /** Voice id; null: without a voice; undefined: the one switched on. */
  voice?: string | null
  /** Several voices at once, in place of `voice`: their changes to the base add up, each times its weight. */
  voices?: VoiceWeight[]
  /** Strength of the voice, 1 as trained; with several, all weights are multiplied by it. */
  scale?: number
  retrieval?: boolean
  /** Show the owner's profile for the task; the settings' choice when not given. */
  profile?: boolean
  seed?: number
  maxTokens?: number
}

/** Negative log-likelihood of an answer, nats, over all of its tokens, the end token counted. */
export interface AnswerScore {
  nll: number
  tokens: number
}

/** A piece of streamed text. */
export interface StreamChunk {
  request: string
  /** Which candidate (headlines) this belongs to; 0 in chat. */
  index: number
  text: string
}

export interface AssistantCalls {
  /** How likely is this very answer, by the prompt and retrieval that the task has in use. */
  score: {
    in: { request: string; task: TrainingTask; text: string; gold: string } & GenerationOptions
    out: AnswerScore
  }
}

export const ASSISTANT_CALLS = ['score'] as const satisfies readonly (keyof AssistantCalls)[]
