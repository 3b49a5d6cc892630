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
  /** Headlines that are taken: a model that repeats one has copied it. */
  avoid?: Iterable<string>
  /** Candidates wanted; fewer come back where the model repeats itself. */
  count?: number
  /** The same seed writes the same headlines. */
  seed?: number
  maxTokens?: number
  /** As in training, or the voice meets a prompt that it has not learnt. */
  prompt?: Partial<PromptOptions>
  signal?: AbortSignal
  /** Text as it is written; `index` counts the tries, and a try that repeats an earlier one is not in the result. */
  onText?: (index: number, text: string) => void
}

/** The first try takes the likeliest words; the others are drawn, the later ones more freely. */
const TEMPERATURES = [0, 0.7, 0.75, 0.8, 0.85, 0.9]

/**
 * Distinct candidates, best first by the mean log-probability under the model that wrote them; those that ran into
 * `maxTokens` stand last, since they break off. After the signal: what was finished before it. The prompt is computed
 * once, all tries go on from it.
 */
export async function writeHeadlines(request: HeadlineRequest): Promise<HeadlineCandidate[]> {
  const { base, builder, count = 5, seed = 1, maxTokens = 32, signal } = request
  const options = { ...DEFAULT_PROMPT.headline, maxTokens: base.contextSize, ...request.prompt }
  const prompt = builder.prompt({ task: 'headline', input: request.text }, request.retrieved, options)
  const taken = new Set([...(request.avoid ?? [])].map(sameness))
  const found = new Map<string, HeadlineCandidate & { whole: boolean }>()
  // A small model repeats itself: twice as many tries as candidates, then what there is.
  for (let index = 0; found.size < count && index < 2 * count; index++) {
    if (signal?.aborted) break
    const onText = lineStart((text) => request.onText?.(index, text))
    const written = await base.generate(prompt, {
      voice: request.voice ?? null,
      maxTokens,
      temperature: TEMPERATURES[Math.min(index, TEMPERATURES.length - 1)]!,
      topP: 0.95,
      seed: seed + index,
      stop: ['\n'],
      onText,
      signal,
    })
    if (written.finish === 'aborted') break
    const text = tidyHeadline(written.text)
    const key = sameness(text)
    if (key !== '' && !found.has(key) && !taken.has(key)) {
      found.set(key, { text, score: written.meanLogProbability, whole: written.finish !== 'length' })
    }
  }
  return [...found.values()]
    .sort((a, b) => Number(b.whole) - Number(a.whole) || b.score - a.score)
    .map(({ text, score }) => ({ text, score }))
}

const PAIRS: [string, string][] = [
  ['**', '**'],
  ['*', '*'],
  ['`', '`'],
  ['"', '"'],
  ['“', '”'],
  ['‘', '’'],
  ["'", "'"],
  ['«', '»'],
]

/** One line without the quotes, marks and label that a model puts around a headline. */
export function tidyHeadline(text: string): string {
  let line = text.replace(/\s+/g, ' ').trim()
  line = line.replace(/^(headline|title)\s*:\s*/i, '').replace(/^#+\s*/, '')
  for (const [open, close] of PAIRS) {
    const both = line.length > open.length + close.length && line.startsWith(open) && line.endsWith(close)
    if (both) line = line.slice(open.length, line.length - close.length).trim()
  }
  // An opening quote whose end was never written.
  if (/^["“«]/.test(line) && !/["”»]/.test(line.slice(1))) line = line.slice(1).trim()
  return line
}

function sameness(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
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
