/** Chat: conversations as trees of messages. */
import type { GenerationOptions, Source } from './assistant.ts'

export interface ChatMessage {
  id: string
  conversation: string
  parent: string | null
  role: 'user' | 'assistant'
  text: string
  at: string
  voice: string | null
  sources: Source[]
  /** Was the answer stopped before its end. */
  stopped: boolean
}

export interface Conversation {
  id: string
  title: string
  at: string
  messages: number
}

export interface ChatsCalls {
  /** No `conversation`: a new one begins. The answer streams as `stream` events and returns whole. */
  'chat.send': {
    in: { request: string; conversation?: string; text: string } & GenerationOptions
    out: { question: ChatMessage; answer: ChatMessage }
  }
  'chat.list': { in: { text?: string }; out: Conversation[] }
  'chat.get': { in: { conversation: string }; out: ChatMessage[] }
  'chat.remove': { in: { conversation: string }; out: { removed: boolean } }
}

export const CHATS_CALLS = [
  'chat.send',
  'chat.list',
  'chat.get',
  'chat.remove',
] as const satisfies readonly (keyof ChatsCalls)[]
