/** The chat's surface: conversations as trees, answers that stream, can be stopped, tried again and gone on with. */
import { randomUUID } from 'node:crypto'
import type {
  ChatAsk,
  ChatMessage,
  ChatTurnText,
  Conversation,
  GenerationOptions,
  Handlers,
} from '../../../preload/contract.ts'
import { IdiolectError } from '../../errors.ts'
import type { AppContext } from '../context.ts'
import { readSettings } from '../settings.ts'
import { voicesFor } from '../voices/voices.ts'
import { type AnswerTurn, sourcesFor, voicesNamed, writeAnswer } from './chat-answer.ts'
import { exportConversation } from './chat-export.ts'

type ChatCalls = Extract<keyof Handlers, `chat.${string}`>

const TITLE = 60
const LONGEST_TITLE = 200
/** Characters; more than any model in the catalog reads at once. */
const MOST_CHARACTERS = 400_000
const MOST_SIDES = 4

export function chatHandlers(context: AppContext): Pick<Handlers, ChatCalls> {
  const { store, requests, events } = context
  const { chats } = store
  /** Conversations that are being answered, by request. */
  const answering = new Map<string, string>()
  const conversationOf = (id: string): Conversation => {
    const found = chats.get(id)
    if (!found) throw unknown('conversation', id)
    return found
  }
  const messageOf = (id: string, conversation?: string): ChatMessage => {
    const found = chats.message(id)
    if (!found || (conversation !== undefined && found.conversation !== conversation)) throw unknown('message', id)
    return found
  }

  /** Answers of a conversation, which a removal of it ends. */
  const during = async <T>(request: string, conversation: string, work: () => Promise<T>): Promise<T> => {
    answering.set(request, conversation)
    try {
      return await work()
    } catch (error) {
      throw chats.get(conversation) === null ? removed() : error
    } finally {
      answering.delete(request)
    }
  }

  /** One question, answered for each of the sides. */
  const ask = (
    asked: ChatAsk,
    sides: GenerationOptions[],
  ): Promise<{ question: ChatMessage; answers: ChatMessage[] }> =>
    requests.run(asked.request, async (signal) => {
      const text = questionText(asked.text)
      const keep = asked.keep ?? true
      const known = asked.conversation === undefined ? null : conversationOf(asked.conversation)
      const usual = readSettings(context).scale
      // Before anything is written down: a voice that does not fit is no reason to have asked.
      const used = sides.map((side) => voicesFor(context, side, usual, 'prose'))
      const conversation = keep ? (known?.id ?? randomUUID()) : ''
      const parent = keep ? parentOf(asked, known, messageOf) : (asked.turns?.at(-1)?.id ?? null)
      const question = questionOf(conversation, parent, text)
      const earlier: AnswerTurn[] = keep ? (parent === null ? [] : chats.branch(parent)) : turnsOf(asked.turns)
      if (keep) {
        store.transaction(() => {
          if (known === null) chats.create({ id: conversation, title: titleOf(text), at: question.at })
          chats.putMessage(question)
        })
        events.emit('chat.asked', { request: asked.request, question })
      }
      const answers: ChatMessage[] = []
      const answer = async (): Promise<void> => {
        for (const [index, side] of sides.entries()) {
          const { retrieval, profile, seed, maxTokens } = side
          try {
            const sources = await sourcesFor(context, text, { retrieval }, signal)
            const options = { profile, seed, maxTokens }
            const turns = [...earlier, question]
            const of = { request: asked.request, index, turns, sources, options, conversation, keep, signal }
            answers.push(await writeAnswer(context, { ...of, used: used[index] ?? null }))
          } catch (error) {
            // A stop before the turn of a later one came: what was answered stands.
            if (index > 0 && signal.aborted) break
            throw error
          }
        }
        if (keep && chats.get(conversation) === null) throw removed()
      }
      try {
        await (keep ? during(asked.request, conversation, answer) : answer())
      } catch (error) {
        // A question that nothing answered goes back to whoever asked it.
        if (keep && answers.length === 0 && chats.message(question.id)) {
          if (known === null) chats.remove(conversation)
          else {
            chats.removeMessage(question.id)
            // It may have stood beside the branch that was shown, which is shown again.
            if (known.head !== null && chats.message(known.head)) chats.setHead(conversation, known.head)
          }
        }
        throw error
      }
      const [first] = answers
      if (keep && first && answers.length > 1) chats.setHead(conversation, first.id)
      return { question, answers }
    })

  return {
    async 'chat.send'({ request, conversation, parent, text, keep, turns, ...options }) {
      const { question, answers } = await ask({ request, conversation, parent, text, keep, turns }, [options])
      return { question, answer: answers[0] as ChatMessage }
    },
    'chat.compare'({ sides, ...asked }) {
      if (!Array.isArray(sides) || sides.length < 2 || sides.length > MOST_SIDES)
        throw new IdiolectError('BadOption', `from 2 to ${MOST_SIDES} answers can be compared`, null)
      return ask(asked, sides)
    },
    'chat.regenerate': ({ request, message, retrieval, profile, seed, maxTokens, ...voice }) =>
      requests.run(request, async (signal) => {
        const given = messageOf(message)
        const question = given.role === 'user' ? given : messageOf(given.parent ?? '')
        const used = voicesFor(context, voice, readSettings(context).scale, 'prose')
        const { conversation } = question
        return during(request, conversation, async () => {
          const sources = await sourcesFor(context, question.text, { retrieval }, signal)
          const turns = chats.branch(question.id)
          const options = { profile, seed, maxTokens }
          const of = { request, index: 0, turns, used, sources, options, conversation, keep: true, signal }
          const answer = await writeAnswer(context, of)
          return messageOf(answer.id)
        })
      }),
    'chat.continue': ({ request, message, turns: given, keep = true, scale, profile, seed, maxTokens }) =>
      requests.run(request, async (signal) => {
        const begun = keep ? messageOf(message ?? '') : unkeptAnswer(given)
        if (begun.role !== 'assistant' || (keep && begun.parent === null))
          throw new IdiolectError('BadOption', 'only an answer can be gone on with', null)
        const turns = keep ? chats.branch(begun.parent as string) : turnsOf(given).slice(0, -1)
        const { sources, conversation } = begun
        const used = voicesFor(
          context,
          { ...voicesNamed(context, begun.voice), scale },
          readSettings(context).scale,
          'prose',
        )
        const options = { profile, seed, maxTokens }
        const of = { request, index: 0, turns, used, sources, options, begun, conversation, keep, signal }
        const write = (): Promise<ChatMessage> => writeAnswer(context, of)
        return keep ? during(request, conversation, write) : write()
      }),
    async 'chat.list'({ text }) {
      return chats.list(text)
    },
    async 'chat.get'({ conversation }) {
      return { conversation: conversationOf(conversation), messages: chats.messages(conversation) }
    },
    async 'chat.head'({ conversation, message }) {
      conversationOf(conversation)
      chats.setHead(conversation, messageOf(message, conversation).id)
      return { head: message }
    },
    async 'chat.rename'({ conversation, title }) {
      const clean = title.replaceAll(/\s+/g, ' ').trim()
      if (clean === '' || clean.length > LONGEST_TITLE)
        throw new IdiolectError('BadName', `a title has 1 to ${LONGEST_TITLE} characters`, null)
      conversationOf(conversation)
      chats.rename(conversation, clean)
      return conversationOf(conversation)
    },
    async 'chat.remove'({ conversation }) {
      const gone = chats.remove(conversation)
      for (const [request, its] of answering) if (its === conversation) requests.cancel(request)
      return { removed: gone }
    },
    async 'chat.export'({ conversation, file, replace = false }) {
      const about = conversationOf(conversation)
      const head = about.head ?? chats.messages(conversation).at(-1)?.id
      return exportConversation(about, head === undefined ? [] : chats.branch(head), file, replace)
    },
  }
}

function questionText(text: string): string {
  const question = text.trim()
  if (question === '') throw new IdiolectError('EmptyText', 'there is nothing to answer', 'Write something first.')
  if (question.length > MOST_CHARACTERS) {
    throw new IdiolectError(
      'TextTooLong',
      `the message has ${question.length.toLocaleString('en')} characters, and ${MOST_CHARACTERS.toLocaleString('en')} are the most that one may have`,
      'Add a long text to the library, where its passages are found, or ask about a part of it.',
    )
  }
  return question
}

function questionOf(conversation: string, parent: string | null, text: string): ChatMessage {
  const at = new Date().toISOString()
  const none = { voice: null, sources: [], stopped: false, cut: false, seen: null }
  return { id: randomUUID(), conversation, parent, role: 'user', text, at, ...none }
}

/** What a question follows: what was named, else the end of the branch that is shown. */
function parentOf(
  { parent }: ChatAsk,
  conversation: Conversation | null,
  messageOf: (id: string, conversation?: string) => ChatMessage,
): string | null {
  if (conversation === null || parent === null) return null
  const id = parent ?? conversation.head
  if (id === null) return null
  const found = messageOf(id, conversation.id)
  // A question that was never answered: its answer was lost with the app. The next one stands beside it.
  return found.role === 'assistant' ? found.id : found.parent
}

function turnsOf(turns: ChatTurnText[] = []): AnswerTurn[] {
  return turns.map(({ id, role, text }) => ({ id: String(id), role, text: String(text) }))
}

function unkeptAnswer(turns: ChatTurnText[] = []): ChatMessage {
  const last = turns.at(-1)
  if (last === undefined || turns.length < 2)
    throw new IdiolectError('BadOption', 'there is no answer to go on with', null)
  const none = { voice: null, sources: [], stopped: false, cut: false, seen: null }
  const parent = turns.at(-2)?.id ?? null
  return {
    ...none,
    id: last.id,
    conversation: '',
    parent,
    role: last.role,
    text: last.text,
    at: new Date().toISOString(),
  }
}

function titleOf(question: string): string {
  const line = [...question.slice(0, 4 * TITLE).replaceAll(/\s+/g, ' ')]
  return line.length <= TITLE
    ? line.join('')
    : `${line
        .slice(0, TITLE)
        .join('')
        .replace(/\s\S*$/, '')} …`
}

/** An end that its owner asked for, which nobody needs to be told. */
function removed(): IdiolectError {
  return new IdiolectError('Cancelled', 'its conversation was removed', null)
}

function unknown(what: 'conversation' | 'message', id: string): IdiolectError {
  const name = what === 'conversation' ? 'UnknownConversation' : 'UnknownMessage'
  return new IdiolectError(name, `there is no ${what} ${JSON.stringify(id)}`, null)
}
