/**
 * A selection written anew: shorter, plainer, warmer, in the owner's own hand, or as they ask. Paragraph by paragraph, each
 * after a solved example, since a small model does what it is shown and not what it is told. What comes back is checked:
 * it must differ, keep to its matter, and be shorter where that was the wish.
 */
import type { RewriteHow } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'
import type { Base, Generated, Voices } from '../inference/types.ts'
import { termsOf } from '../retrieval/tokens.ts'
import type { ChatPassage } from './chat.ts'
import { partsOf, wholePart } from './rewrite-parts.ts'
import { createTidyStream, tidied } from './rewrite-tidy.ts'
import { rewriteTurns, shotsOf } from './rewrite-turns.ts'

export interface RewriteRequest {
  base: Base
  /** The selection, with whatever white space and marks stand at its ends. */
  text: string
  how: RewriteHow
  /** What to do with it, for `ask`. */
  ask?: string
  /** What stands around it; shown for `ask` alone. */
  before?: string
  after?: string
  /** The owner's own, most alike first. */
  passages: ChatPassage[]
  profile?: string | null
  voice?: Voices | null
  /** Of each paragraph; by its length when not given. */
  maxTokens?: number
  seed?: number
  signal?: AbortSignal
  /** `index` grows with every try that begins anew; the text of a new one begins from the selection's start. */
  onText?: (index: number, text: string) => void
}

export interface Rewritten {
  text: string
  /** `length`: there was no room for more, and the text breaks off; for `ask` alone. */
  finish: Generated['finish']
}

export const REWRITE_TRIES = 4
/** The likeliest words first. */
const TEMPERATURES = [0, 0.6, 0.8, 0.9]
/** Tokens of an answer to a token of the text. */
const ROOM: Record<RewriteHow, number> = { shorter: 1, plainer: 1.5, warmer: 1.8, mine: 1.5, ask: 2 }
/** Tokens of an answer beyond that. */
const SPARE: Record<RewriteHow, number> = { shorter: 16, plainer: 24, warmer: 32, mine: 24, ask: 160 }
/** Tokens beyond the text's own that an answer of its length is given at least. */
const LEAST_SPARE = 16
/** Words to a word of the text, above which an answer has wandered off. */
const LONGEST = 2
/** Share of the text's different terms that an answer must have kept: with less, a small model has made something up. */
const KEPT: Record<RewriteHow, number> = { shorter: 0.25, plainer: 0.4, warmer: 0.4, mine: 0.4, ask: 0 }
/** What models say in place of doing it. */
const REFUSAL =
  /\b(?:as an? (?:[\w-]+ )?(?:ai|language model)\b|i(?:'|’)m sorry (?:for|about|but)\b|i (?:cannot|can(?:'|’)t) (?:assist|help|edit)\b|i(?:'|’)d be happy to help|\bthe original (?:text|sentence)\b|i(?:'|’)ve (?:rewritten|rephrased|added punctuation))/i
/** A text of fewer terms may be said in quite other words. */
const LEAST_TERMS = 8
/** Terms in a row that nobody says by chance. */
const RUN = 4

/**
 * The selection's own white space and Markdown marks stay. A paragraph of several that cannot be bettered stays as it is,
 * and so does one whose answer ran out of room, since its end would be lost. After the signal what stands so far, `aborted`.
 * Errors: IdiolectError `SelectionTooLong`, before anything is asked, where a part and an answer of its length do not fit
 * into the context; `NoRewrite` when nothing new came in four tries.
 */
export async function rewriteText(request: RewriteRequest): Promise<Rewritten> {
  const { base, how, signal, onText } = request
  const all = how === 'ask' ? wholePart(request.text) : partsOf(base, request.text, longestPart(base))
  const parts = all.map((part) => {
    const stays = part.text === '' || (part.fixed && all.length > 1)
    return { ...part, room: stays ? null : roomFor(request, part.text) }
  })
  let done = ''
  let index = 0
  let changed = false
  let finish: Generated['finish'] = 'end'
  for (const part of parts) {
    done += part.before
    if (part.room === null) {
      onText?.(index, part.before + part.text)
      done += part.text
      continue
    }
    onText?.(index, part.before)
    let found: string | null = null
    for (let attempt = 0; attempt < REWRITE_TRIES && found === null; attempt++) {
      if (attempt > 0) onText?.(++index, done)
      const show = onText && ((text: string): void => onText(index, text))
      const written = await writePart(request, part.text, part.room, attempt, show)
      if (written.finish === 'aborted') return { text: done + written.text, finish: 'aborted' }
      if (!accepted(request, part.text, written)) continue
      found = written.text
      finish = written.finish
    }
    if (found === null && index > 0) onText?.(++index, done + part.text)
    changed ||= found !== null
    done += found ?? part.text
    if (signal?.aborted) return { text: done, finish: 'aborted' }
  }
  if (!changed) throw nothingNew(how)
  return { text: done, finish }
}

/** Tokens for the answer to a part. Errors: `SelectionTooLong` where it leaves too few. */
function roomFor(request: RewriteRequest, text: string): number {
  const { base, how, ask = '' } = request
  const { contextSize } = base
  const length = base.tokenize(text).length
  const wanted = request.maxTokens ?? Math.ceil(length * ROOM[how]) + SPARE[how]
  const least = Math.min(wanted, length + LEAST_SPARE)
  const bare = { how, ask, text, passages: [], before: '', after: '', profile: '', example: false }
  const prompt = base.chatPrompt(rewriteTurns(base, bare)).length
  if (prompt + least > contextSize) {
    const left = contextSize - (prompt - length)
    const most = Math.max(0, Math.floor((left - LEAST_SPARE) / 2), left - (request.maxTokens ?? left))
    throw new IdiolectError(
      'SelectionTooLong',
      `the selection has ${length} tokens, and at most ${most} are rewritten at once: text and answer share the model's context of ${contextSize}`,
      how === 'ask' ? 'Select less.' : 'Select less, or break the paragraph.',
    )
  }
  return Math.min(wanted, Math.max(least, Math.min(contextSize - prompt, Math.floor(contextSize / 2))))
}

async function writePart(
  request: RewriteRequest,
  text: string,
  maxTokens: number,
  attempt: number,
  onText: ((text: string) => void) | undefined,
): Promise<{ text: string; finish: Generated['finish'] }> {
  const { base, how, seed = 1, signal } = request
  const asked = how === 'ask'
  const prompt = promptWithin(request, text, base.contextSize - maxTokens)
  // A second paragraph is a remark on the first.
  const enough = new AbortController()
  const stream = createTidyStream(text, { paragraphs: asked, onText, onEnough: () => enough.abort() })
  const written = await base.generate(prompt, {
    voice: request.voice ?? null,
    maxTokens,
    temperature: TEMPERATURES[Math.min(attempt, TEMPERATURES.length - 1)]!,
    topP: 0.9,
    repeatPenalty: 1.05,
    seed: seed + attempt,
    stop: base.chatStop ?? [],
    onText: (chunk) => stream.push(chunk),
    signal: signal ? AbortSignal.any([signal, enough.signal]) : enough.signal,
  })
  const finish = written.finish === 'aborted' && !signal?.aborted ? 'stop' : written.finish
  stream.end()
  return { text: tidied(written.text, text, asked), finish }
}

/** Passages are left out first, then what stands around, the profile and the solved example: without them it fits. */
function promptWithin(request: RewriteRequest, text: string, limit: number): Int32Array {
  const { base, how, ask = '' } = request
  let { passages, before = '', after = '', profile } = request
  let example = true
  for (;;) {
    const turns = rewriteTurns(base, {
      how,
      ask,
      text,
      passages,
      before,
      after,
      profile: profile ?? '',
      example,
    })
    const prompt = base.chatPrompt(turns)
    if (prompt.length <= limit) return prompt
    if (passages.length > 0) passages = passages.slice(0, -1)
    else if (before !== '' || after !== '') before = after = ''
    else if (profile) profile = null
    else if (example) example = false
    else return prompt
  }
}

function accepted({ how, ask = '' }: RewriteRequest, text: string, { text: written, finish }: Rewritten): boolean {
  // Whoever asked sees where it breaks off; of a paragraph the end would be lost.
  if (finish === 'length' && how !== 'ask') return false
  const said = termsOf(written)
  const had = termsOf(text)
  if (written.trim() === '' || samePlain(written, text)) return false
  if (REFUSAL.test(written) && !REFUSAL.test(text)) return false
  if (how === 'ask') return !samePlain(written, ask)
  if (how === 'shorter' && said.length >= had.length) return false
  if (said.length > LONGEST * had.length + 20) return false
  const terms = new Set(had)
  if (terms.size >= LEAST_TERMS) {
    const kept = [...terms].filter((term) => said.includes(term)).length
    if (kept / terms.size < KEPT[how]) return false
  }
  return !loops(said) && !copies(said, text, how)
}

/** Does it say one and the same thing again and again. */
function loops(terms: string[]): boolean {
  const runs = runsOf(terms)
  return runs.length >= 2 * RUN && new Set(runs).size < runs.length * 0.6
}

/** Has it taken words from the solved example that the text does not have. */
function copies(said: string[], text: string, how: RewriteHow): boolean {
  const own = new Set(runsOf(termsOf(text)))
  const shown = new Set(
    shotsOf(how).flatMap(([given, answer]) => [...runsOf(termsOf(given)), ...runsOf(termsOf(answer))]),
  )
  return runsOf(said).some((run) => shown.has(run) && !own.has(run))
}

function samePlain(a: string, b: string): boolean {
  return a.replace(/\s+/g, ' ').trim() === b.replace(/\s+/g, ' ').trim()
}

function runsOf(terms: string[]): string[] {
  return Array.from({ length: Math.max(0, terms.length - RUN + 1) }, (_, at) => terms.slice(at, at + RUN).join(' '))
}

/** Tokens of the longest paragraph that is written in one go. */
function longestPart(base: Base): number {
  return Math.min(400, Math.floor(base.contextSize / 5))
}

function nothingNew(how: RewriteHow): IdiolectError {
  const what = how === 'shorter' ? 'nothing shorter that keeps to the text' : 'nothing new that keeps to the text'
  return new IdiolectError(
    'NoRewrite',
    `the model wrote ${what}, in ${REWRITE_TRIES} tries`,
    'Select a sentence or two more or less, try again, or choose a larger model under Models.',
  )
}
