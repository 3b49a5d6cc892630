/** Chat: conversations as trees of messages. */
import type { GenerationOptions, Source } from './assistant.ts'

export interface ChatMessage {
  id: string
  /** Empty where nothing is kept. */
  conversation: string
  parent: string | null
  role: 'user' | 'assistant'
  text: string
  at: string
  voice: string | null
  sources: Source[]
  /** Was the answer stopped before its end. */
  stopped: boolean
  /** Did the answer end at its limit of tokens: `chat.continue` goes on with it. */
  cut: boolean
  /** Of an answer: the first message that the model saw, where it did not see all. */
  seen: ChatSeen | null
}

export interface ChatSeen {
  from: string
  /** Was all of that message seen, or only its end. */
  whole: boolean
}

export interface ChatHit {
  message: string
  /** Words around the hit, and where in them it stands. */
  excerpt: string
  from: number
  to: number
}

export interface Conversation {
  id: string
  title: string
  /** Of its last message. */
  at: string
  messages: number
  /** The last message of the branch that is shown; null: the newest. */
  head: string | null
  /** Where the text that was looked for stands; none without one. */
  hits: ChatHit[]
}

/** A message of a conversation of which nothing is kept. */
export interface ChatTurnText {
  id: string
  role: 'user' | 'assistant'
  text: string
}

/** Nothing of it is written to disk: what was said before comes along, oldest first. */
export interface Unkept {
  keep?: boolean
  turns?: ChatTurnText[]
}

/** A question is written down, and its answer begins: which conversation it made or went on with. */
export interface ChatAsked {
  request: string
  question: ChatMessage
}

export type ChatAsk = {
  request: string
  conversation?: string
  /** The answer that this question follows; null: it begins the conversation anew. The branch shown when not given. */
  parent?: string | null
  text: string
} & Unkept

export interface ChatsCalls {
  /** No `conversation`: a new one begins. The answer streams as `stream` events and returns whole. */
  'chat.send': { in: ChatAsk & GenerationOptions; out: { question: ChatMessage; answer: ChatMessage } }
  /** One question, answered once for each of `sides`, one after the other; `index` of the stream is the side. */
  'chat.compare': {
    in: ChatAsk & { sides: GenerationOptions[] }
    out: { question: ChatMessage; answers: ChatMessage[] }
  }
  /** Another answer to the same question, beside the one there is. */
  'chat.regenerate': { in: { request: string; message: string } & GenerationOptions; out: ChatMessage }
  /** Goes on with an answer that was cut or stopped; only what is new streams. Unkept: the last of `turns`. */
  'chat.continue': { in: { request: string; message?: string } & Unkept & GenerationOptions; out: ChatMessage }
  /** Newest first; `text` keeps those whose title or messages contain it, and says where. */
  'chat.list': { in: { text?: string }; out: Conversation[] }
  'chat.get': { in: { conversation: string }; out: { conversation: Conversation; messages: ChatMessage[] } }
  /** Which branch is shown: the one that ends with this message. */
  'chat.head': { in: { conversation: string; message: string }; out: { head: string } }
  'chat.rename': { in: { conversation: string; title: string }; out: Conversation }
  /** What is being written in it ends, with `Cancelled`. */
  'chat.remove': { in: { conversation: string }; out: { removed: boolean } }
  /** The branch shown as Markdown. A file that is there already is refused with `FileExists`, unless `replace`. */
  'chat.export': {
    in: { conversation: string; file: string; replace?: boolean }
    out: { file: string; bytes: number }
  }
}

export const CHATS_CALLS = [
  'chat.send',
  'chat.compare',
  'chat.regenerate',
  'chat.continue',
  'chat.list',
  'chat.get',
  'chat.head',
  'chat.rename',
  'chat.remove',
  'chat.export',
] as const satisfies readonly (keyof ChatsCalls)[]
