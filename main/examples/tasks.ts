/** The tasks that the assistant does, as words: what each prompt says around a text. Data only. */
import type { TaskName } from './types.ts'

export interface TaskWords {
  /** What is asked, on a line of its own right above the query's input. */
  instruction: string
  /** Stands before an input, in the query and in each solved example. */
  input: string
  /** Stands before an answer. */
  answer: string
  /** Which end of a long input is kept. */
  keep: 'first' | 'last'
  /** Tokens left free for an answer when the prompt is fitted into `maxTokens`, answer known or not. */
  answerRoom: number
}

export const TASK_NAMES: readonly TaskName[] = ['headline', 'tag', 'rate', 'prose']

export const TASKS: Record<TaskName, TaskWords> = {
  headline: {
    instruction: 'Generate a headline for the following article.',
    input: 'article:',
    answer: 'headline:',
    keep: 'first',
    answerRoom: 64,
  },
  tag: {
    instruction: 'Which tag does the author give the following article?',
    input: 'article:',
    answer: 'tag:',
    keep: 'first',
    answerRoom: 16,
  },
  rate: {
    instruction: 'What score, from 1 to 5, does the author of the following review give?',
    input: 'review:',
    answer: 'score:',
    keep: 'first',
    answerRoom: 4,
  },
  prose: {
    instruction: "Continue the text in its author's hand.",
    input: 'text:',
    answer: 'continuation:',
    keep: 'last',
    answerRoom: 256,
  },
}

/** Stands before the owner's profile, where a prompt has one. */
export const PROFILE_LABEL = 'about the author:'
