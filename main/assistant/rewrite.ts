/**
 * A selection written anew: shorter, plainer, warmer, in the owner's own hand, or as they ask. Paragraph by paragraph, each
 * after a solved example, since a small model does what it is shown and not what it is told. What comes back is checked:
 * it must differ, keep to its matter, and be shorter where that was the wish.
 */
import type { RewriteHow } from '../../preload/contract.ts'
import { IdiolectError } from '../errors.ts'
import { firstOf } from '../examples/cut.ts'
import type { Base, Generated, Voices } from '../inference/types.ts'
import { termsOf } from '../retrieval/tokens.ts'
import type { ChatPassage } from './chat.ts'
import { partsOf, wholePart } from './rewrite-parts.ts'
import { createTidyStream, tidied, toSentence } from './rewrite-tidy.ts'
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
  finish: Generated['finish']
}

export const REWRITE_TRIES = 4
/** The likeliest words first. */
const TEMPERATURES = [0, 0.6, 0.8, 0.9]
/** Tokens of an answer to a token of the text. */
const ROOM: Record<RewriteHow, number> = { shorter: 1, plainer: 1.5, warmer: 1.8, mine: 1.5, ask: 2 }
/** Tokens of an answer beyond that. */
const SPARE: Record<RewriteHow, number> = { shorter: 16, plainer: 24, warmer: 32, mine: 24, ask: 160 }
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
 * The selection's own white space and Markdown marks stay. A paragraph of several that cannot be bettered stays as it is.
 * Errors: IdiolectError `NoRewrite` when nothing new came in four tries; after the signal what stands so far, `aborted`.
 */
export async function rewriteText(request: RewriteRequest): Promise<Rewritten> {
  const { base, how, signal, onText } = request
  const parts = how === 'ask' ? wholePart(request.text) : partsOf(base, request.text, longestPart(base))
  let done = ''
  let index = 0
  let changed = false
  let finish: Generated['finish'] = 'end'
  for (const part of parts) {
    done += part.before
    if (part.text === '' || (part.fixed && parts.length > 1)) {
      onText?.(index, part.before + part.text)
      done += part.text
      continue
    }
    onText?.(index, part.before)
    let found: string | null = null
    for (let attempt = 0; attempt < REWRITE_TRIES && found === null; attempt++) {
      if (attempt > 0) onText?.(++index, done)
      const show = onText && ((text: string): void => onText(index, text))
      const written = await writePart(request, part.text, attempt, show)
      finish = written.finish
      if (finish === 'aborted') return { text: done + written.text, finish }
      if (accepted(request, part.text, written.text)) found = written.text
    }
    if (found === null && index > 0) onText?.(++index, done + part.text)
    changed ||= found !== null
    done += found ?? part.text
    if (signal?.aborted) return { text: done, finish: 'aborted' }
  }
  if (!changed) throw nothingNew(how)
  return { text: done, finish }
}

async function writePart(
  request: RewriteRequest,
  text: string,
  attempt: number,
  onText: ((text: string) => void) | undefined,
): Promise<{ text: string; finish: Generated['finish'] }> {
  const { base, how, seed = 1, signal } = request
  const asked = how === 'ask'
  const length = base.tokenize(text).length
  const most = Math.floor(base.contextSize / 2)
  const maxTokens = Math.min(most, request.maxTokens ?? Math.ceil(length * ROOM[how]) + SPARE[how])
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
  const clean = tidied(written.text, text, asked)
  return { text: finish === 'length' && !asked ? toSentence(clean) : clean, finish }
}

/** Passages are left out first, then what stands around, the profile and the solved example; last the text is cut. */
function promptWithin(request: RewriteRequest, text: string, limit: number): Int32Array {
  const { base, how, ask = '' } = request
  let { passages, before = '', after = '', profile } = request
  let example = true
  let given = text
  for (;;) {
    const turns = rewriteTurns(base, {
      how,
      ask,
      text: given,
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
    else {
      const ids = base.tokenize(given)
      const room = Math.min(ids.length - 1, ids.length - (prompt.length - limit))
      if (room < 1) return prompt
      given = firstOf(base, given, ids, room)
    }
  }
}

function accepted({ how, ask = '' }: RewriteRequest, text: string, written: string): boolean {
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
