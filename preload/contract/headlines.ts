/** Headlines: candidates, and what the owner made of them. */
import type { GenerationOptions, Source, VoiceWeight } from './assistant.ts'

export interface HeadlineCandidate {
  text: string
  /** Mean log-probability per token under the model that wrote it, nats. */
  score: number
  /** Its place among those of this call, as in `stream` and `headline.candidate`. */
  index: number
}

export interface HeadlineResult {
  id: string
  /** Best first; in the order of their places where two voices are mixed, since their scores do not compare. */
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
  /** In the order in which they were written. */
  candidates: string[]
  /** Who wrote each candidate, null for the base alone. Empty while that is hidden, and where it is not known. */
  authors: (string | null)[]
  /** Candidates that the owner does not want to see again for this piece. */
  rejected: string[]
  picked: string | null
  /** What the owner made of it, when edited. */
  edited: string | null
  voice: string | null
  /** Two voices' candidates stand mixed: who wrote which is hidden, or was seen. Null: one voice's. */
  blind: 'hidden' | 'seen' | null
  /** What was picked while the authors were hidden, and not taken back. */
  blindPick: string | null
}

/** What a piece's candidates are mixed with in a blind trial: another voice, or the base alone. */
export interface HeadlineRival {
  voice?: string | null
  voices?: VoiceWeight[]
  scale?: number
}

/** A candidate came to its end, or (`candidate` null) was given up: what comes for its place now begins anew. */
export interface HeadlineProgress {
  request: string
  /** Of the record, which holds the candidate already. */
  id: string
  index: number
  candidate: string | null
}

export interface HeadlineFacts {
  /** Choices that the next training learns from. */
  toLearn: number
  /** Those of them that the owner worded anew. */
  edited: number
  /** Choices that are not learnt from, since their pieces are kept aside for the proof. */
  heldOut: number
  /** Choices made blind, and by whose candidates they were made. */
  blindPicks: number
  sides: { voice: string | null; picked: number; offered: number }[]
}

export interface HeadlinesCalls {
  /**
   * Candidates for a piece. With the `id` of a record, more for the same piece: what stands there or was rejected is not
   * written again. With `against`, half of them are the rival's, and `headline.pick` tells whose.
   */
  'headline.write': {
    in: {
      request: string
      text: string
      id?: string
      count?: number
      against?: HeadlineRival
    } & GenerationOptions
    out: HeadlineResult
  }
  /** `picked` null takes a choice back. */
  'headline.pick': { in: { id: string; picked: string | null; edited?: string }; out: HeadlineRecord }
  /** This candidate is not wanted, for this piece; `rejected` false brings it back. */
  'headline.reject': { in: { id: string; candidate: string; rejected?: boolean }; out: HeadlineRecord }
  /** Shows who wrote which without a choice; it then counts in no tally. */
  'headline.reveal': { in: { id: string }; out: HeadlineRecord }
  /** Newest first; `text` keeps those whose piece or candidates contain it. */
  'headline.list': { in: { text?: string }; out: HeadlineRecord[] }
  /** `headline.bringBack` undoes it, as long as the app runs. */
  'headline.remove': { in: { id: string }; out: { removed: boolean } }
  'headline.bringBack': { in: { id: string }; out: HeadlineRecord }
  'headline.facts': { in: Record<string, never>; out: HeadlineFacts }
}

export const HEADLINES_CALLS = [
  'headline.write',
  'headline.pick',
  'headline.reject',
  'headline.reveal',
  'headline.list',
  'headline.remove',
  'headline.bringBack',
  'headline.facts',
] as const satisfies readonly (keyof HeadlinesCalls)[]
