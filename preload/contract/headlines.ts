/** Headlines: candidates, and what the owner made of them. */
import type { GenerationOptions, Source } from './assistant.ts'

export interface HeadlineCandidate {
  text: string
  /** Mean log-probability per token under the model that wrote it, nats. */
  score: number
}

export interface HeadlineResult {
  id: string
  candidates: HeadlineCandidate[]
  sources: Source[]
  /** Id of the voice, or several with their weights, `a:0.7+b:0.3`; here and wherever a text names its voice. */
  voice: string | null
}

export interface HeadlineRecord {
  id: string
  at: string
  /** First words of the piece. */
  excerpt: string
  text: string
  candidates: string[]
  picked: string | null
  /** What the owner made of it, when edited. */
  edited: string | null
  voice: string | null
}

export interface HeadlinesCalls {
  'headline.write': { in: { request: string; text: string; count?: number } & GenerationOptions; out: HeadlineResult }
  'headline.pick': { in: { id: string; picked: string; edited?: string }; out: HeadlineRecord }
  'headline.list': { in: Record<string, never>; out: HeadlineRecord[] }
}

export const HEADLINES_CALLS = [
  'headline.write',
  'headline.pick',
  'headline.list',
] as const satisfies readonly (keyof HeadlinesCalls)[]
