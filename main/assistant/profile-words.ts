/** What a base is asked for a profile, task by task. Data only. */
import type { TaskName } from '../examples/types.ts'

export interface ProfileInstruction {
  /** The entries go where `{}` stands. */
  ask: string
  /** The answer's first words, given to the base: a small one would otherwise go on with the list or speak of itself. */
  opening: string
  /** Tokens of an entry's input and answer that are shown; 0: not at all. */
  input: number
  answer: number
  /** What stands before the two. */
  labels: readonly [string, string]
  /** The answer is a form that is filled in: one line, which may name the history's own answers and nothing else. */
  form?: boolean
}

export const PROFILE_SYSTEM = 'You describe an author from examples of their work.'

/**
 * What is asked for is the paper's (prompt_profile.json of its release: the most frequent tags or scores, a template of
 * titles, the manner of texts); the words are chosen for small bases.
 */
export const PROFILE_INSTRUCTIONS: Record<TaskName, ProfileInstruction> = {
  headline: {
    ask: '{}\n\nWhich subjects come up in the titles above, and how are they worded? Answer in two sentences.',
    opening: 'The titles are about',
    input: 0,
    answer: 40,
    labels: ['', 'title:'],
  },
  tag: {
    ask: '{}\n\nWhat does the author of the articles above write about, and which tags do they give most often? Answer in two sentences.',
    opening: 'This author writes about',
    input: 40,
    answer: 16,
    labels: ['article:', 'tag:'],
  },
  rate: {
    ask: '{}\n\nWhat does the author of the reviews above like and dislike, and which scores do they give most often? Answer in two sentences.',
    opening: 'This reviewer likes',
    input: 64,
    answer: 4,
    labels: ['review:', 'score:'],
  },
  prose: {
    ask: '{}\n\nHow does the author of the texts above write? Describe their subjects, tone, sentences and choice of words in two sentences.',
    opening: 'This author writes',
    input: 0,
    answer: 64,
    labels: ['', 'text:'],
  },
}
