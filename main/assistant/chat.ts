/** Chat: the conversation and the owner's own passages -> an answer in the owner's hand, within the context. */
import { IdiolectError } from '../errors.ts'
import { firstOf, lastOf } from '../examples/cut.ts'
import type { Base, ChatTurn, Generated, Voices } from '../inference/types.ts'

export interface ChatPassage {
  title: string
  text: string
}

/** What a prompt could hold of a conversation. */
export interface ChatPrompt {
  tokens: Int32Array
  /** Turns that were left out, from the oldest. */
  dropped: number
  /** The first turn that was kept lost its beginning. */
  shortened: boolean
}

export interface ChatRequest {
  base: Base
  /** Oldest first; the last is the question. */
  turns: ChatTurn[]
  /** The answer so far, to be gone on with. */
  begun?: string
  /** The owner's earlier writing, most alike first; none: none is mentioned. */
  passages: ChatPassage[]
  /** What is known of the owner as an author; none when empty. */
  profile?: string | null
  voice?: Voices | null
  /** The question is refused where it does not fit, and not shortened. */
  whole?: boolean
  maxTokens?: number
  temperature?: number
  seed?: number
  signal?: AbortSignal
  onText?: (text: string) => void
}

/** Tokens of a passage at first; halved while the conversation does not fit. */
const PASSAGE_TOKENS = 160
const LEAST_PASSAGE_TOKENS = 20
const PROFILE_TOKENS = 96

/**
 * The answer as far as it was written: after the signal `finish` is `aborted` and the text so far is kept.
 * Errors: IdiolectError `PromptTooLong` for a question that shall be read whole and does not fit.
 */
export async function answerChat(request: ChatRequest): Promise<Generated & Pick<ChatPrompt, 'dropped' | 'shortened'>> {
  const { base, maxTokens = 256, begun = '' } = request
  // What was answered long ago may fill the context alone: the end of it is gone on with.
  const so = base.tokenize(begun)
  const answered = so.subarray(Math.max(0, so.length - Math.floor((base.contextSize - maxTokens) / 2)))
  const limit = base.contextSize - maxTokens - answered.length
  const { tokens, dropped, shortened } = chatPromptWithin(
    base,
    request.turns,
    request.passages,
    limit,
    request.profile ?? '',
  )
  if (shortened && request.whole) {
    const asked = base.tokenize(request.turns.at(-1)?.text ?? '').length
    throw new IdiolectError(
      'PromptTooLong',
      `the text has ${asked} tokens, and with an answer of ${maxTokens} it does not fit into the model's context of ${base.contextSize}`,
      'Shorten it, or ask for a shorter answer.',
    )
  }
  const written = await base.generate(Int32Array.from([...tokens, ...answered]), {
    voice: request.voice ?? null,
    maxTokens,
    temperature: request.temperature ?? 0.7,
    topP: 0.9,
    // Small models fall into loops in free text.
    repeatPenalty: 1.1,
    seed: request.seed,
    stop: base.chatStop ?? [],
    onText: request.onText,
    signal: request.signal,
  })
  return { ...written, dropped, shortened }
}

/**
 * The prompt in at most `limit` tokens: the oldest turns go first, then passages are cut and left out from the least
 * alike, then the profile, and last the question's beginning goes.
 */
export function chatPromptWithin(
  base: Base,
  turns: ChatTurn[],
  passages: ChatPassage[],
  limit: number,
  profile = '',
): ChatPrompt {
  let about = firstTokens(base, profile.trim(), PROFILE_TOKENS)
  let kept = withinReach(base, turns, limit)
  let shown = passages
  let passageTokens = PASSAGE_TOKENS
  let shortened = false
  for (;;) {
    const tokens = base.chatPrompt([{ role: 'system', text: systemText(base, shown, passageTokens, about) }, ...kept])
    const prompt = { tokens, dropped: turns.length - kept.length, shortened }
    if (tokens.length <= limit) return prompt
    if (kept.length > 1) kept = withoutOldest(kept)
    else if (shown.length > 0 && passageTokens > LEAST_PASSAGE_TOKENS) passageTokens = Math.floor(passageTokens / 2)
    else if (shown.length > 0) shown = shown.slice(0, -1)
    else if (about !== '') about = ''
    else {
      const question = kept[0]
      const ids = question === undefined ? new Int32Array(0) : base.tokenize(question.text)
      if (question === undefined || ids.length < 2) return prompt
      const room = Math.max(1, Math.min(ids.length - 1, ids.length - (tokens.length - limit)))
      kept = [{ ...question, text: lastOf(base, question.text, ids, room) }]
      shortened = true
    }
  }
}

/** The newest turns that may fit at all, so that a conversation of years is not rendered to find that out. */
function withinReach(base: Base, turns: ChatTurn[], limit: number): ChatTurn[] {
  let from = turns.length
  let tokens = 0
  while (from > 0 && tokens <= limit) tokens += base.tokenize(turns[--from]?.text ?? '').length
  while (from > 0 && from < turns.length - 1 && turns[from]?.role !== 'user') from++
  return turns.slice(from)
}

/** Short, since every word of it takes attention from a small model. */
function systemText(base: Base, passages: ChatPassage[], passageTokens: number, about: string): string {
  const task =
    'You write for the owner of these texts. Answer the question in the first person, in their own words and style.'
  const known = about === '' ? '' : `\n\nAbout the owner: ${about}`
  if (passages.length === 0) {
    return `You write for the user, in the first person. Answer plainly and briefly.${known}`
  }
  const shown = passages.map(({ title, text }) => {
    return `${title}: ${firstTokens(base, text, passageTokens).replace(/\s+/g, ' ').trim()}`
  })
  return `${task}${known}\n\nEarlier writing of the owner:\n${shown.join('\n')}`
}

function firstTokens(base: Base, text: string, count: number): string {
  const ids = base.tokenize(text)
  return ids.length <= count ? text : `${firstOf(base, text, ids, count)}…`
}

/** Drops the oldest turn and the answers that then have no question; the question at the end always stays. */
function withoutOldest(turns: ChatTurn[]): ChatTurn[] {
  let from = 1
  while (from < turns.length - 1 && turns[from]!.role !== 'user') from++
  return turns.slice(from)
}
