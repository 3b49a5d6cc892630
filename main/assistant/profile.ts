/**
 * The author's profile, as in the paper (PAG, profile-augmented generation: arXiv 2310.20081, and 2402.04401): the base
 * describes the author from a sample of the history, task by task. Knows no stores; what `counts-profile.ts` counts is
 * the fallback, and may be asked for instead.
 */
import { firstOf } from '../examples/cut.ts'
import type { RetrievedPair, TaskName } from '../examples/types.ts'
import type { Base } from '../inference/types.ts'
import { seeded } from '../random.ts'
import { termsOf } from '../retrieval/tokens.ts'
import { sentenceBreaks } from '../segments.ts'
import { countsProfile } from './counts-profile.ts'
import { PROFILE_INSTRUCTIONS, PROFILE_SYSTEM, type ProfileInstruction } from './profile-words.ts'

export interface ProfileRequest {
  base: Base
  task: TaskName
  /** What the base is asked; the task's own words when not given. */
  instruction?: ProfileInstruction
  /** In the order of writing; of the training side only, where something is held out. */
  history: readonly RetrievedPair[]
  /** The same seed takes the same sample and writes the same text. */
  seed?: number
  /** `counts`: no model is asked; `model` (the default): the base, and counts where it fails. */
  by?: 'model' | 'counts'
  /** Tokens of the profile at most. */
  maxTokens?: number
  signal?: AbortSignal
  /** Text as it is written; `index` counts the tries, and only the last may be the result. */
  onText?: (index: number, text: string) => void
}

export interface WrittenProfile {
  /** Empty for an empty history. */
  text: string
  /** Ids (`document`) of the entries that it was written from: all of the history where it was counted. */
  sample: string[]
  by: 'model' | 'counts'
}

/** As many entries as the paper's code shows its model. */
const ENTRIES = 10
const TRIES = 3
/** Low, and a little higher with every try, so that another seed writes something else. */
const TEMPERATURES = [0.1, 0.4, 0.7]
/** Words in a row that a profile may share with an entry. */
const MOST_SHARED = 7
/** Words from which on an entry that stands whole in a profile is a title copied, not a topic named. */
const TELLING_TITLE = 3
/** Of a profile: fewer are no sentence. */
const LEAST_TERMS = 5

/** Errors: those of the base; an abort rejects with the signal's reason. */
export async function writeProfile(request: ProfileRequest): Promise<WrittenProfile> {
  const { base, task, history, seed = 1, maxTokens = 96, signal } = request
  signal?.throwIfAborted()
  const counted: WrittenProfile = {
    text: countsProfile(task, history),
    sample: history.map(({ document }) => document),
    by: 'counts',
  }
  if (request.by === 'counts' || history.length === 0) return counted
  const sample = sampleOf(history, `${seed}/profile/${task}`)
  const instruction = request.instruction ?? PROFILE_INSTRUCTIONS[task]
  const { opening, form = false } = instruction
  const prompt = promptOf(base, instruction, sample, base.contextSize - maxTokens)
  const entries = sample.flatMap(({ input, answer }) => (form ? [input] : [input, answer]))
  const least = form ? termsOf(opening).length + 1 : LEAST_TERMS
  for (let index = 0; index < TRIES; index++) {
    const written = await base.generate(prompt, {
      maxTokens,
      temperature: TEMPERATURES[index] as number,
      topK: 10,
      topP: 0.9,
      repeatPenalty: 1.1,
      seed: seed + index,
      stop: [...(base.chatStop ?? []), ...(form ? ['\n'] : [])],
      ...(request.onText ? { onText: (text: string) => request.onText?.(index, text) } : {}),
      ...(signal ? { signal } : {}),
    })
    signal?.throwIfAborted()
    const text = tidyProfile(`${opening}${written.text}`, written.finish === 'length' && !form)
    if (isUsable(text, entries, least)) return { text, sample: sample.map(({ document }) => document), by: 'model' }
  }
  return counted
}

/** One entry of each of ten equal stretches of the history, so that no time of it is missed. */
export function sampleOf<T>(history: readonly T[], seed: string, count = ENTRIES): T[] {
  if (history.length <= count) return [...history]
  const random = seeded(seed)
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * history.length) / count)
    const to = Math.floor(((i + 1) * history.length) / count)
    return history[from + random.below(to - from)] as T
  })
}

/** The entries and what is asked, by the base's chat template, in at most `limit` tokens: the oldest entries go first. */
function promptOf(
  base: Base,
  { ask, opening, input, answer, labels }: ProfileInstruction,
  sample: RetrievedPair[],
  limit: number,
): Int32Array {
  const shown = (label: string, text: string, most: number): string[] =>
    most === 0 || text === '' ? [] : [`${label} ${cut(base, text, most)}`]
  const lines = sample.map((pair) =>
    [...shown(labels[0], pair.input, input), ...shown(labels[1], pair.answer, answer)].join('\n'),
  )
  for (;;) {
    const prompt = Int32Array.from([
      ...base.chatPrompt([
        { role: 'system', text: PROFILE_SYSTEM },
        { role: 'user', text: ask.replace('{}', () => lines.join('\n\n')) },
      ]),
      ...base.tokenize(opening),
    ])
    if (prompt.length <= limit || lines.length <= 1) return prompt.subarray(0, Math.max(1, limit))
    lines.shift()
  }
}

function cut(base: Base, text: string, count: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  const ids = base.tokenize(line)
  return ids.length <= count ? line : `${firstOf(base, line, ids, count).trim()}…`
}

/** One paragraph of whole sentences, none twice, without lists' marks, headings and announcements. @param brokenOff its end is missing */
export function tidyProfile(text: string, brokenOff: boolean): string {
  const line = text
    .split('\n')
    .map((part) =>
      part
        .replace(/^\s*(?:#+|[-*•]|\d+[.)])\s+/, '')
        .replace(/\*\*|__|`/g, '')
        .trim(),
    )
    // "Here is a description:" says nothing of the author.
    .filter((part) => part !== '' && !/[:：]$/.test(part))
    .join(' ')
  const seen = new Set<string>()
  const kept: string[] = []
  for (const { segment } of sentenceBreaks.segment(line)) {
    const sentence = segment.trim()
    const key = termsOf(sentence).join(' ')
    if (key === '' || seen.has(key)) continue
    seen.add(key)
    kept.push(sentence)
  }
  // What was broken off ends without its mark.
  if (brokenOff && kept.length > 0 && !/[.!?。！？…؟۔।]["”’»)]*$/.test(kept.at(-1) as string)) kept.pop()
  return kept.join(' ')
}

/** Neither empty, nor a loop, nor copied from an entry. */
function isUsable(text: string, entries: string[], least: number): boolean {
  const terms = termsOf(text)
  const whole = ` ${terms.join(' ')} `
  const quotes = entries.some((entry) => {
    const theirs = termsOf(entry)
    return theirs.length >= TELLING_TITLE && whole.includes(` ${theirs.join(' ')} `)
  })
  return terms.length >= least && !isLoop(terms) && !quotes && longestShared(terms, entries) <= MOST_SHARED
}

/** Some four words in a row stand there three times or more, or half of all runs are repeats. */
function isLoop(terms: string[]): boolean {
  const counts = new Map<string, number>()
  const runs = Math.max(0, terms.length - 3)
  for (let at = 0; at < runs; at++) {
    const run = terms.slice(at, at + 4).join(' ')
    counts.set(run, (counts.get(run) ?? 0) + 1)
  }
  return runs > 0 && (Math.max(...counts.values()) >= 3 || counts.size <= runs / 2)
}

/** Words of the longest run that the text has in common with one of the others. */
export function longestShared(terms: string[], others: string[]): number {
  let longest = 0
  for (const other of others) {
    const theirs = ` ${termsOf(other).join(' ')} `
    for (let from = 0; from + longest < terms.length; from++) {
      while (from + longest < terms.length && theirs.includes(` ${terms.slice(from, from + longest + 1).join(' ')} `))
        longest++
    }
  }
  return longest
}
