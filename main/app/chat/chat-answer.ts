/**
 * One answer of the chat, from the question's branch to the message: what is shown beside it, the voice, and what was
 * written so far kept on disk while it is written, unless nothing shall be kept.
 */
import { randomUUID } from 'node:crypto'
import type { ChatMessage, ChatSeen, GenerationOptions, Source, VoiceWeight } from '../../../preload/contract.ts'
import { answerChat } from '../../assistant/chat.ts'
import type { Voices } from '../../inference/types.ts'
import { searchPassages } from '../../retrieval/search.ts'
import type { AppContext } from '../context.ts'
import { readSettings } from '../settings.ts'
import { profileFor } from '../voices/profiles.ts'

/** Passages put before a question: a small model loses its way among more. */
export const PASSAGES = 3
/** Milliseconds after which an answer that is being written is on disk. */
const KEEP_EVERY = 400

export interface AnswerTurn {
  id: string
  role: 'user' | 'assistant'
  text: string
}

export interface AnswerOf {
  request: string
  /** Of the stream: which of several answers to one question. */
  index: number
  /** The branch, oldest first; the last is the question. */
  turns: AnswerTurn[]
  used: { id: string | null; use: Voices } | null
  sources: Source[]
  options: Pick<GenerationOptions, 'profile' | 'seed' | 'maxTokens'>
  /** An answer to go on with; a new one when not given. */
  begun?: ChatMessage
  conversation: string
  keep: boolean
  signal: AbortSignal
}

/** The owner's passages that are put before a question. */
export async function passagesFor(
  { store, bases }: AppContext,
  question: string,
  signal: AbortSignal,
): Promise<Source[]> {
  const hits = await bases.withEmbedder(
    (embedder) => searchPassages(store, embedder, { query: question, k: PASSAGES, signal }),
    signal,
  )
  return hits.map(({ document, title, path, date, text }) => ({ document, title, path, date, text }))
}

export async function sourcesFor(
  context: AppContext,
  question: string,
  { retrieval }: Pick<GenerationOptions, 'retrieval'>,
  signal: AbortSignal,
): Promise<Source[]> {
  return (retrieval ?? readSettings(context).retrieval) ? passagesFor(context, question, signal) : []
}

/** Writes it. The message is kept while its question is: a conversation may be removed meanwhile. */
export async function writeAnswer(context: AppContext, of: AnswerOf): Promise<ChatMessage> {
  const { store, bases, events } = context
  const { begun, turns, sources, used, options } = of
  const question = turns.at(-1) as AnswerTurn
  const profile = profileFor(context, 'prose', options.profile)
  const message: ChatMessage = begun
    ? { ...begun, stopped: true, cut: false }
    : {
        id: randomUUID(),
        conversation: of.conversation,
        parent: question.id,
        role: 'assistant',
        text: '',
        at: new Date().toISOString(),
        voice: used?.id ?? null,
        sources,
        // What is read back before the end was reached was stopped by whatever ended the app.
        stopped: true,
        cut: false,
        seen: null,
      }
  const before = message.text
  const put = (now: ChatMessage): void => {
    if (of.keep && store.chats.message(question.id) !== null) store.chats.putMessage(now)
  }
  let kept = Number.NEGATIVE_INFINITY
  let streamed = ''
  const written = await bases.withBase(
    (base) =>
      answerChat({
        base,
        turns: turns.map(({ role, text }) => ({ role, text })),
        begun: before,
        passages: sources.map(({ title, text }) => ({ title, text })),
        profile,
        voice: used?.use ?? null,
        signal: of.signal,
        onText: (chunk) => {
          streamed += chunk
          events.emit('stream', { request: of.request, index: of.index, text: chunk })
          if (performance.now() - kept < KEEP_EVERY) return
          put({ ...message, text: before + streamed })
          kept = performance.now()
        },
        ...(options.seed === undefined ? {} : { seed: options.seed }),
        ...(options.maxTokens === undefined ? {} : { maxTokens: options.maxTokens }),
      }),
    of.signal,
  )
  const cut = written.finish === 'length'
  const stopped = written.finish === 'aborted'
  const text = (before + written.text).trimStart()
  const answer: ChatMessage = {
    ...message,
    // Where it breaks off, a space at its end belongs to what may follow.
    text: cut || stopped ? text : text.trimEnd(),
    stopped,
    cut,
    seen: seenOf(turns, written),
  }
  put(answer)
  return answer
}

function seenOf(turns: AnswerTurn[], { dropped, shortened }: { dropped: number; shortened: boolean }): ChatSeen | null {
  const first = turns[dropped]
  return first === undefined || (dropped === 0 && !shortened) ? null : { from: first.id, whole: !shortened }
}

/** The voices that a message names: one, several with their weights (`a:0.7+b:0.3`), or none. */
export function voicesNamed(
  { store }: AppContext,
  name: string | null,
): { voice: string | null } | { voices: VoiceWeight[] } {
  if (name === null || store.voices.get(name)) return { voice: name }
  const voices = name.split('+').map((part) => {
    const at = part.lastIndexOf(':')
    return { voice: part.slice(0, at), weight: Number(part.slice(at + 1)) }
  })
  return voices.every(({ voice, weight }) => voice !== '' && Number.isFinite(weight)) ? { voices } : { voice: name }
}
