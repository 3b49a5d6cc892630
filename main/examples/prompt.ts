/**
 * History -> examples and prompts, in token ids. This file makes the one prompt of each task, for training and for
 * use alike, out of the words in `tasks.ts`; the files beside it choose the pieces (`split.ts`), the queries (`headline.ts`, `prose.ts`) and the
 * training settings (`defaults.ts`).
 * The room knows no files, no stores, no search and no models: pieces come in, ids go out.
 */
import type { Tokenizer } from '../inference/types.ts'
import type { TokenExample } from '../trainer/types.ts'
import { firstOf, lastOf } from './cut.ts'
import { PROFILE_LABEL, TASKS, type TaskWords } from './tasks.ts'
import type { PromptOptions, RetrievedPair, TaskName, TaskQuery } from './types.ts'

/** Tokens of a profile that a prompt shows when nothing else is said. */
export const MAX_PROFILE = 96

/** A query whose answer is not known yet. */
export type OpenQuery = Pick<TaskQuery, 'task' | 'input'>

export interface PromptBuilder {
  /** Prompt and answer; the answer's last token is the end token unless it had to be cut to `maxTokens`. */
  example(query: TaskQuery, retrieved: RetrievedPair[], options: PromptOptions): TokenExample
  /** The prompt alone: the very ids that `example` puts before the answer. */
  prompt(query: OpenQuery, retrieved: RetrievedPair[], options: PromptOptions): Int32Array
}

/** @param tasks the words of each task; a benchmark's own stand in for the assistant's */
export function createPromptBuilder(tokenizer: Tokenizer, tasks: Record<TaskName, TaskWords> = TASKS): PromptBuilder {
  const prompt = (query: OpenQuery, retrieved: RetrievedPair[], options: PromptOptions): Int32Array =>
    promptIds(tokenizer, tasks[query.task], query.input, retrieved, options)
  return {
    prompt,
    example(query, retrieved, options) {
      const before = prompt(query, retrieved, options)
      const answer = [...tokenizer.tokenize(` ${query.answer}`), tokenizer.endToken]
      const room = options.maxTokens === undefined ? answer.length : Math.max(1, options.maxTokens - before.length)
      const tokens = Int32Array.from([...before, ...answer.slice(0, room)])
      return { tokens, answerFrom: before.length }
    },
  }
}

/** Fits the prompt: fewer retrieved pairs first (the last is the least alike), then no profile, then a shorter input. */
function promptIds(
  tokenizer: Tokenizer,
  words: TaskWords,
  input: string,
  retrieved: RetrievedPair[],
  options: PromptOptions,
): Int32Array {
  const limit =
    options.maxTokens === undefined ? Number.POSITIVE_INFINITY : Math.max(32, options.maxTokens - words.answerRoom)
  let pairs = retrieved
  let profile = options.profile?.trim() ?? ''
  let maxInput = options.maxInput
  for (;;) {
    const text =
      profileText(tokenizer, profile, options.maxProfile) +
      promptText(tokenizer, words, input, pairs, maxInput, options.maxRetrieved)
    const ids = withBegin(tokenizer, tokenizer.tokenize(text))
    if (ids.length <= limit) return ids
    if (pairs.length > 0) pairs = pairs.slice(0, -1)
    else if (profile !== '') profile = ''
    else if (maxInput > 1) maxInput = Math.max(1, Math.min(maxInput - 1, maxInput - (ids.length - limit)))
    else return ids
  }
}

function profileText(tokenizer: Tokenizer, profile: string, most = MAX_PROFILE): string {
  return profile === '' ? '' : `${PROFILE_LABEL} ${cut(tokenizer, profile, most, 'first')}\n\n`
}

function promptText(
  tokenizer: Tokenizer,
  words: TaskWords,
  input: string,
  pairs: RetrievedPair[],
  maxInput: number,
  maxRetrieved: number,
): string {
  // Without an input there is nothing to instruct about: bare answers, as in OPPU's prompt for tweets.
  const shown = (before: string, given: string, most: number): string =>
    given === '' ? '' : `${before}${words.input} ${cut(tokenizer, given, most, words.keep)}\n`
  const solved = pairs.map(
    (pair) =>
      shown('', pair.input, maxRetrieved) + `${words.answer} ${cut(tokenizer, pair.answer, maxRetrieved, 'first')}\n\n`,
  )
  return `${solved.join('')}${shown(`${words.instruction}\n`, input, maxInput)}${words.answer}`
}

/** Characters that the wanted tokens may take before all of a text is read: far more than they do in any writing. */
const CHARACTERS_A_TOKEN = 24

/** The first or last `count` tokens of the text by itself, as text again; a text that is short enough stays as it is. */
function cut(tokenizer: Tokenizer, text: string, count: number, keep: 'first' | 'last'): string {
  // A book is not tokenized for its first lines. What is left out is too far away to change where those end.
  const room = CHARACTERS_A_TOKEN * (count + 16)
  if (keep === 'first' && text.length > 2 * room) {
    const ids = tokenizer.tokenize(text.slice(0, room))
    if (ids.length > count + 16) return firstOf(tokenizer, text, ids, count)
  }
  const ids = tokenizer.tokenize(text)
  if (ids.length <= count) return text
  return keep === 'first' ? firstOf(tokenizer, text, ids, count) : lastOf(tokenizer, text, ids, count)
}

function withBegin(tokenizer: Tokenizer, ids: Int32Array): Int32Array {
  const begin = tokenizer.beginToken ?? null
  return begin === null ? ids : Int32Array.from([begin, ...ids])
}
