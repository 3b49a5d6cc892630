/** What the examples room is given and what it makes. */
import type { TokenExample } from '../trainer/types.ts'

export type TaskName = 'headline' | 'tag' | 'rate' | 'prose'

/** One piece of the owner's writing, as the library knows it. */
export interface Piece {
  id: string
  title: string
  /** Its title is only what its file is called, and says nothing; false when not given. */
  untitled?: boolean
  /** Plain text, paragraphs separated by a blank line. */
  text: string
  /** ISO date or date-time used for order. */
  date: string
  /** As its author lists them. */
  tags?: readonly string[]
  /** Its author's own score, on a scale of their own. */
  rating?: number | null
}

/** A task's query before it becomes tokens. */
export interface TaskQuery {
  task: TaskName
  /** Piece (document) it comes from. */
  document: string
  title: string
  date: string
  input: string
  /** What the owner wrote. */
  answer: string
}

/** An earlier piece put before the query: what it said and what the owner made of it. */
export interface RetrievedPair {
  document: string
  input: string
  answer: string
}

export interface PromptOptions {
  /** The query's input is cut to this many tokens: its last of prose, else its first. */
  maxInput: number
  /** Each retrieved input is cut to this many tokens. */
  maxRetrieved: number
  /** What is said of the author above everything else (the paper's profile); none when empty or not given. */
  profile?: string | null
  /** The profile is cut to this many tokens; 96 when not given. */
  maxProfile?: number
  /** Prompt and answer together are fitted into this many tokens (the context); no limit when not given. */
  maxTokens?: number
}

/** A piece that gave no example, and why, in words. */
export interface DroppedPiece {
  document: string
  reason: string
}

export interface TaskQueries {
  queries: TaskQuery[]
  dropped: DroppedPiece[]
}

/** Ids of prompt and answer; the answer ends with the base's end token. */
export type BuildExample = (query: TaskQuery, retrieved: RetrievedPair[], options: PromptOptions) => TokenExample
