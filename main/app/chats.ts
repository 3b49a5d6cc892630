/** The chat's surface: conversations, answers that stream and can be stopped, and the passages they leaned on. */
import { randomUUID } from 'node:crypto'
import type { ChatMessage, Handlers, Source } from '../../preload/contract.ts'
import { answerChat } from '../assistant/chat.ts'
import { IdiolectError } from '../errors.ts'
import { searchPassages } from '../retrieval/search.ts'
import type { AppContext } from './context.ts'
import { profileFor } from './profiles.ts'
import { readSettings } from './state.ts'
import { voicesFor } from './voices.ts'

type ChatCalls = Extract<keyof Handlers, `chat.${string}`>

/** Passages put before a question: a small model loses its way among more. */
const PASSAGES = 3
const TITLE = 60

/** The owner's passages that are put before a question. */
export async function passagesFor({ store, bases }: AppContext, question: string): Promise<Source[]> {
  const hits = await bases.withEmbedder((embedder) => searchPassages(store, embedder, { query: question, k: PASSAGES }))
  return hits.map(({ document, title, path, date, text }) => ({ document, title, path, date, text }))
}

export function chatHandlers(context: AppContext): Pick<Handlers, ChatCalls> {
  const { store, bases, events, requests } = context

  return {
    'chat.send': ({ request, conversation, text, voice, voices, scale, retrieval, profile, seed, maxTokens }) =>
      requests.run(request, async (signal) => {
        const question = text.trim()
        if (question === '')
          throw new IdiolectError('EmptyText', 'there is nothing to answer', 'Write something first.')
        if (conversation !== undefined && !store.chats.get(conversation)) throw unknown(conversation)
        const settings = readSettings(context)
        const used = voicesFor(context, { voice, voices, scale }, settings.scale)
        const sources = (retrieval ?? settings.retrieval) ? await passagesFor(context, question) : []
        const about = profileFor(context, 'prose', profile)
        const at = new Date().toISOString()
        const id = conversation ?? randomUUID()
        const before = conversation === undefined ? [] : store.chats.messages(id)
        const asked: ChatMessage = {
          id: randomUUID(),
          conversation: id,
          parent: before.at(-1)?.id ?? null,
          role: 'user',
          text: question,
          at,
          voice: null,
          sources: [],
          stopped: false,
        }
        const written = await bases.withBase((base) =>
          answerChat({
            base,
            turns: [...before, asked].map((message) => ({ role: message.role, text: message.text })),
            passages: sources.map((source) => ({ title: source.title, text: source.text })),
            profile: about,
            voice: used?.use ?? null,
            signal,
            onText: (chunk) => events.emit('stream', { request, index: 0, text: chunk }),
            ...(seed === undefined ? {} : { seed }),
            ...(maxTokens === undefined ? {} : { maxTokens }),
          }),
        )
        const answer: ChatMessage = {
          id: randomUUID(),
          conversation: id,
          parent: asked.id,
          role: 'assistant',
          text: written.text.trim(),
          at: new Date().toISOString(),
          voice: used?.id ?? null,
          sources,
          stopped: written.finish === 'aborted',
        }
        // It may have been removed while the answer was written.
        if (conversation !== undefined && !store.chats.get(conversation)) throw unknown(conversation)
        store.transaction(() => {
          if (conversation === undefined) store.chats.create({ id, title: titleOf(question), at })
          store.chats.putMessage(asked)
          store.chats.putMessage(answer)
        })
        return { question: asked, answer }
      }),
    async 'chat.list'({ text }) {
      return store.chats.list(text)
    },
    async 'chat.get'({ conversation }) {
      if (!store.chats.get(conversation)) throw unknown(conversation)
      return store.chats.messages(conversation)
    },
    async 'chat.remove'({ conversation }) {
      return { removed: store.chats.remove(conversation) }
    },
  }
}

function titleOf(question: string): string {
  const line = question.replaceAll(/\s+/g, ' ')
  return line.length <= TITLE ? line : `${line.slice(0, TITLE).replace(/\s\S*$/, '')} …`
}

function unknown(conversation: string): IdiolectError {
  return new IdiolectError('UnknownConversation', `there is no conversation ${JSON.stringify(conversation)}`, null)
}
