/** The window's conversations: what is written goes on while another is shown, and nothing is lost without asking. */
import { expect, it, vi } from 'vitest'
import type { ChatMessage, GenerationOptions } from '../../preload/contract.ts'
import type { AppStore } from '../../renderer/state/app.svelte.ts'
import { ChatStore } from '../../renderer/state/chat.svelte.ts'

const none = { voice: null, sources: [], stopped: false, cut: false, seen: null }
const message = (id: string, conversation: string, parent: string | null, text: string): ChatMessage => ({
  ...none,
  id,
  conversation,
  parent,
  role: parent === null ? 'user' : 'assistant',
  text,
  at: '2026-01-01T00:00:00Z',
})

/** A host of two conversations, whose answers come when the test says so. */
function host() {
  const listeners = new Map<string, ((event: never) => void)[]>()
  const kept: Record<string, ChatMessage[]> = { a: [], b: [message('b1', 'b', null, 'Earlier')] }
  const titles: Record<string, string> = { a: 'Logs', b: 'Earlier' }
  const conversationOf = (id: string) => ({ id, title: titles[id], head: kept[id]?.at(-1)?.id ?? null })
  const waiting = new Map<string, { done: (sent: unknown) => void; fail: (sent?: unknown) => void }>()
  const calls: { name: string; input: Record<string, unknown> }[] = []
  const answers: Record<string, (input: Record<string, unknown>) => unknown> = {
    'chat.list': ({ text = '' }) =>
      Object.keys(kept)
        .filter((id) => titles[id]?.includes(text as string))
        .map(conversationOf),
    'chat.get': ({ conversation }) => {
      const messages = kept[conversation as string] ?? []
      return { conversation: conversationOf(conversation as string), messages: [...messages] }
    },
    'chat.rename': ({ conversation, title }) => {
      titles[conversation as string] = title as string
      return conversationOf(conversation as string)
    },
    'chat.send': ({ request }) =>
      new Promise((done, reject) => waiting.set(request as string, { done, fail: () => reject(new Error('no')) })),
    'chat.compare': () => new Promise(() => {}),
  }
  const app = {
    state: { voice: 'edda', strength: null },
    settings: { scale: 1, retrieval: true },
    on: (name: string, listener: (event: never) => void) => {
      listeners.set(name, [...(listeners.get(name) ?? []), listener])
    },
    call: async (name: string, input: Record<string, unknown>) => {
      calls.push({ name, input })
      return answers[name]?.(input) ?? {}
    },
    attempt: async (run: () => Promise<unknown>) => run().catch(() => null),
    cancel: vi.fn(async () => {}),
  }
  const emit = (name: string, event: unknown): void => {
    for (const listener of listeners.get(name) ?? []) listener(event as never)
  }
  return { app, kept, waiting, calls, emit, chat: new ChatStore(app as unknown as AppStore, { active: null }) }
}

it('goes on with an answer while another conversation is shown, and has it when that is opened again', async () => {
  const { app, kept, waiting, emit, chat } = host()
  chat.draft = 'What is kept?'
  const sending = chat.send()
  await vi.waitFor(() => expect(waiting.size).toBe(1))
  const [request = ''] = waiting.keys()
  const question = message('q', 'a', null, 'What is kept?')
  emit('chat.asked', { request, question })
  kept.a = [question, message('w', 'a', 'q', 'A l')]
  expect(chat.current).toBe('a')
  await chat.open('b')
  expect([chat.running, chat.isWriting('a'), chat.isWriting('b')]).toEqual([false, true, false])
  emit('stream', { request, index: 0, text: 'A log' })
  expect(app.cancel).not.toHaveBeenCalled()
  await chat.open('a')
  // Above what streams stand the messages before its question, once.
  expect([chat.running, chat.writing?.answers, chat.path]).toEqual([true, ['A log'], []])
  const answer = message('w', 'a', 'q', 'A log.')
  waiting.get(request)?.done({ question, answer })
  await sending
  expect(chat.path.map(({ text }) => text)).toEqual(['What is kept?', 'A log.'])
  expect([chat.running, chat.isWriting('a')]).toEqual([false, false])
})

it('writes two at once, and says which waits for its turn', async () => {
  const { waiting, emit, chat } = host()
  chat.draft = 'First'
  void chat.send()
  await vi.waitFor(() => expect(waiting.size).toBe(1))
  const [request = ''] = waiting.keys()
  emit('chat.asked', { request, question: message('q', 'a', null, 'First') })
  chat.begin()
  chat.draft = 'Second'
  void chat.send()
  await vi.waitFor(() => expect(waiting.size).toBe(2))
  expect(chat.waits).toBe(true)
  await chat.open('a')
  expect(chat.waits).toBe(false)
})

it('gives a question back that nothing answered, and stands in no conversation then', async () => {
  const { kept, waiting, emit, chat } = host()
  chat.draft = 'Anybody?'
  const sending = chat.send()
  await vi.waitFor(() => expect(waiting.size).toBe(1))
  const [request = ''] = waiting.keys()
  emit('chat.asked', { request, question: message('q', 'a', null, 'Anybody?') })
  kept.a = []
  waiting.get(request)?.fail()
  await sending
  expect([chat.draft, chat.messages]).toEqual(['Anybody?', []])
})

it('asks before it leaves what is kept nowhere, and ends what is written there for nobody', async () => {
  const { app, chat, waiting } = host()
  const then = vi.fn()
  chat.begin(true)
  // Nothing was said yet.
  chat.leave(then)
  expect(then).toHaveBeenCalledOnce()
  chat.draft = 'A secret'
  void chat.send()
  await vi.waitFor(() => expect(waiting.size).toBe(1))
  chat.leave(() => chat.begin())
  expect(chat.unkept).toBe(true)
  chat.leaving?.()
  expect(chat.unkept).toBe(false)
  expect(app.cancel).toHaveBeenCalledOnce()
})

it('compares any two, the voice that is on or not', async () => {
  const { calls, chat } = host()
  const sides = async (): Promise<unknown[]> => {
    chat.draft = 'Which?'
    void chat.send()
    await vi.waitFor(() => expect(calls.at(-1)?.name).toBe('chat.compare'))
    const asked = calls.at(-1)?.input.sides as GenerationOptions[]
    chat.begin()
    calls.length = 0
    return asked.map(({ voice }) => voice)
  }
  chat.rival = null
  expect(await sides()).toEqual([undefined, null])
  chat.side = 'other'
  expect(await sides()).toEqual(['other', null])
  chat.rival = 'third'
  expect(await sides()).toEqual(['other', 'third'])
})

/** A question that is on its way in the conversation `a`. */
async function asking(text: string, unkept = false) {
  const here = host()
  const { waiting, emit, chat } = here
  if (unkept) chat.begin(true)
  else await chat.open('a')
  chat.draft = text
  const sending = chat.send()
  await vi.waitFor(() => expect(waiting.size).toBe(1))
  const [request = ''] = waiting.keys()
  const question = message('q', 'a', null, text)
  if (!unkept) emit('chat.asked', { request, question })
  return { ...here, sending, question, answer: waiting.get(request) }
}

it('leaves the composer alone when an answer ends where nobody looks', async () => {
  const { chat, sending, question, answer } = await asking('What is kept?')
  await chat.open('b')
  answer?.done({ question, answer: message('w', 'a', 'q', 'A log.') })
  await sending
  expect(chat.draft).toBe('')
})

it('gives a question that failed where nobody looked back in its own conversation, once', async () => {
  const { chat, sending, answer } = await asking('What is kept?')
  await chat.open('b')
  answer?.fail()
  await sending
  expect(chat.draft).toBe('')
  await chat.open('a')
  expect(chat.draft).toBe('What is kept?')
  chat.draft = ''
  await chat.open('b')
  await chat.open('a')
  expect(chat.draft).toBe('')
})

it('gives a question back in a new conversation that was to begin one', async () => {
  const { waiting, emit, chat } = host()
  chat.draft = 'Anybody?'
  const sending = chat.send()
  await vi.waitFor(() => expect(waiting.size).toBe(1))
  const [request = ''] = waiting.keys()
  emit('chat.asked', { request, question: message('q', 'a', null, 'Anybody?') })
  await chat.open('b')
  waiting.get(request)?.fail()
  await sending
  expect(chat.draft).toBe('')
  chat.begin()
  expect(chat.draft).toBe('Anybody?')
})

it('brings nothing of what is kept nowhere into another conversation', async () => {
  for (const end of ['done', 'fail'] as const) {
    const { chat, sending, question, answer } = await asking('A secret', true)
    await chat.open('b')
    answer?.[end]({ question, answer: message('w', '', 'q', 'Mine.') })
    await sending
    chat.begin()
    expect(chat.draft, end).toBe('')
  }
})

it('gives nothing back of a conversation that was removed', async () => {
  const { chat, sending, answer } = await asking('What is thrown away?')
  const removing = chat.remove('a')
  answer?.fail()
  await Promise.all([sending, removing])
  chat.begin()
  expect(chat.draft).toBe('')
})

it('holds an edited question that nothing answered, in its form', async () => {
  const { waiting, chat } = host()
  await chat.open('b')
  const [question] = chat.path
  if (!question) throw new Error('nothing was read')
  const editing = chat.edit(question, 'In other words')
  await vi.waitFor(() => expect(waiting.size).toBe(1))
  expect(chat.reworded).toBeNull()
  for (const { fail } of waiting.values()) fail()
  await editing
  expect(chat.reworded).toEqual({ message: 'b1', text: 'In other words' })
  expect(chat.path.map(({ text }) => text)).toEqual(['Earlier'])
  chat.begin()
  expect(chat.reworded).toBeNull()
})

it('knows that a conversation is still being read, and asks nothing in it until then', async () => {
  const { calls, chat } = host()
  chat.draft = 'Too early'
  const opening = chat.open('b')
  expect(chat.reading).toBe(true)
  await chat.send()
  expect([chat.draft, calls.some(({ name }) => name === 'chat.send')]).toEqual(['Too early', false])
  await opening
  expect(chat.reading).toBe(false)
  expect(chat.loaded).toBe(false)
  await chat.load()
  expect(chat.loaded).toBe(true)
})

it('knows what a conversation is called that the narrowed list does not hold', async () => {
  const { chat } = host()
  chat.filter = 'Logs'
  await chat.load()
  // By the palette, which lists all of them.
  await chat.open('b')
  expect(chat.conversations.map(({ id }) => id)).toEqual(['a'])
  expect(chat.about?.title).toBe('Earlier')
  await chat.rename('b', 'Later')
  expect(chat.about?.title).toBe('Later')
  chat.begin()
  expect(chat.about).toBeNull()
})

it('still knows it when the list is narrowed afterwards, also by its new title', async () => {
  const { chat } = host()
  await chat.load()
  await chat.open('b')
  chat.filter = 'Earl'
  await chat.load()
  await chat.rename('b', 'Later')
  expect(chat.conversations).toEqual([])
  expect(chat.about?.title).toBe('Later')
})

it('knows a conversation that is begun while the list is narrowed', async () => {
  const { chat, kept, emit, waiting } = host()
  chat.filter = 'Logs'
  await chat.load()
  chat.draft = 'Earlier'
  void chat.send()
  await vi.waitFor(() => expect(waiting.size).toBe(1))
  const [request = ''] = waiting.keys()
  kept.b = [message('q', 'b', null, 'Earlier')]
  emit('chat.asked', { request, question: message('q', 'b', null, 'Earlier') })
  await vi.waitFor(() => expect(chat.about?.title).toBe('Earlier'))
})
