/**
 * The assistant: prompt + retrieved passages + voice -> streamed text. This file writes headlines, `chat.ts` answers.
 * The room knows bases and prompts; it knows no stores, no search, no training and no windows: what was retrieved
 * comes in, text goes out.
 */
import type { HeadlineCandidate } from '../../preload/contract.ts'
import { DEFAULT_PROMPT } from '../examples/defaults.ts'
import type { PromptBuilder } from '../examples/prompt.ts'
import type { PromptOptions, RetrievedPair } from '../examples/types.ts'
import type { Base, Voices } from '../inference/types.ts'

export interface HeadlineRequest {
  base: Base
  builder: PromptBuilder
  /** The piece without its title. */
  text: string
  retrieved: RetrievedPair[]
  voice?: Voices | null
  /** Whose voice writes the candidate at each place, in place of `voice`: two authors mixed. */
  voices?: readonly (Voices | null)[]
  /** Headlines that are taken: a model that repeats one has copied it. */
  avoid?: Iterable<string>
  /** Candidates wanted; fewer come back where the model repeats itself. */
  count?: number
  /** Tries made earlier for this piece: these go on where they ended. */
  after?: number
  /** The same seed writes the same headlines. */
  seed?: number
  maxTokens?: number
  /** As in training, or the voice meets a prompt that it has not learnt. */
  prompt?: Partial<PromptOptions>
  signal?: AbortSignal
  /** Text as it is written, by the candidate's place. */
  onText?: (index: number, text: string) => void
  /** A candidate is there; null: the try repeated an earlier one, and what comes for its place begins anew. */
  onCandidate?: (index: number, candidate: HeadlineCandidate | null) => void
}

/** The first try of a voice takes the likeliest words; the others are drawn, the later ones more freely. */
const TEMPERATURES = [0, 0.7, 0.75, 0.8, 0.85, 0.9]
/** After each try that repeated something: a voice that only says titles it has learnt is loosened until it says more. */
const FREER = 0.1
const FREEST = 1.3
/** Tries for each candidate that is wanted: once there is one, and until there is one. */
const TRIES = 2
const FIRST_TRIES = 5

/**
 * Distinct candidates, best first by the mean log-probability under the model that wrote them; those that ran into
 * `maxTokens` stand last, since they break off. Of several voices: by their places, since what two models think likely
 * does not compare. After the signal: what was finished before it. The prompt is computed once a voice, all its tries go
 * on from it.
 */
export async function writeHeadlines(request: HeadlineRequest): Promise<HeadlineCandidate[]> {
  const { base, builder, count = 5, seed = 1, maxTokens = 32, after = 0, signal, voices } = request
  const options = { ...DEFAULT_PROMPT.headline, maxTokens: base.contextSize, ...request.prompt }
  const prompt = builder.prompt({ task: 'headline', input: request.text }, request.retrieved, options)
  const taken = new Set([...(request.avoid ?? [])].map(sameness))
  const found: (HeadlineCandidate & { whole: boolean })[] = []
  const tried = new Map<Voices | null, number>()
  let repeats = 0
  // A small model repeats itself: twice as many tries as candidates, then what there is.
  for (let tries = 0; found.length < count; tries++) {
    if (signal?.aborted || tries >= count * (found.length > 0 ? TRIES : FIRST_TRIES)) break
    const index = found.length
    const voice = voices === undefined ? (request.voice ?? null) : (voices[index] ?? null)
    const before = after + (tried.get(voice) ?? 0)
    tried.set(voice, (tried.get(voice) ?? 0) + 1)
    const written = await base.generate(prompt, {
      voice,
      maxTokens,
      temperature: Math.min(FREEST, TEMPERATURES[Math.min(before, TEMPERATURES.length - 1)]! + FREER * repeats),
      topP: 0.95,
      seed: seed + after + tries,
      stop: ['\n'],
      onText: lineStart((text) => request.onText?.(index, text)),
      signal,
    })
    if (written.finish === 'aborted') break
    const text = tidyHeadline(written.text)
    const key = sameness(text)
    if (key === '' || taken.has(key)) {
      repeats++
      request.onCandidate?.(index, null)
      continue
    }
    repeats = 0
    taken.add(key)
    const candidate = { text, score: written.meanLogProbability, index }
    found.push({ ...candidate, whole: written.finish !== 'length' })
    request.onCandidate?.(index, candidate)
  }
  if (voices === undefined) found.sort((a, b) => Number(b.whole) - Number(a.whole) || b.score - a.score)
  return found.map(({ text, score, index }) => ({ text, score, index }))
}

const PAIRS: [string, string][] = [
  ['**', '**'],
  ['*', '*'],
  ['`', '`'],
  ['"', '"'],
  ['“', '”'],
  ['„', '“'],
  ['‘', '’'],
  ["'", "'"],
  ['«', '»'],
]

/**
 * Does a quotation end within, so that the last mark ends another? An apostrophe and a beginning come before letters. One
 * before a space may be an apostrophe, too (the dogs’ days): then another quotation must have begun.
 */
function closesWithin(inside: string, open: string, close: string): boolean {
  const after = inside.split(close)[1]
  if (after === undefined || !/^[^\p{L}\p{N}]/u.test(after)) return false
  if (open === '‘') return inside.includes(open)
  return open !== "'" || /[^\p{L}\p{N}]'[\p{L}\p{N}]/u.test(inside)
}

/** One line without the quotes, marks and label that a model puts around a headline. */
export function tidyHeadline(text: string): string {
  let line = text.replace(/\s+/g, ' ').trim()
  line = line.replace(/^(headline|title)\s*:\s*/i, '').replace(/^#+\s*/, '')
  for (const [open, close] of PAIRS) {
    const both = line.length > open.length + close.length && line.startsWith(open) && line.endsWith(close)
    const inside = line.slice(open.length, line.length - close.length)
    if (both && !closesWithin(inside, open, close)) line = inside.trim()
  }
  // An opening quote whose end was never written.
  if (/^["“«]/.test(line) && !/["”»]/.test(line.slice(1))) line = line.slice(1).trim()
  return line
}

/** What two texts have in common that differ in case and marks alone, in any script. */
export function sameness(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()
}

/** Leaves out the space that stands between the prompt and the first word. */
export function lineStart(show: (text: string) => void): (text: string) => void {
  let begun = false
  return (text) => {
    const shown = begun ? text : text.trimStart()
    if (shown === '') return
    begun = true
    show(shown)
  }
}
