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
  const waiting = new Map<string, { done: (sent: unknown) => void; fail: () => void }>()
  const calls: { name: string; input: Record<string, unknown> }[] = []
  const answers: Record<string, (input: Record<string, unknown>) => unknown> = {
    'chat.list': () => [],
    'chat.get': ({ conversation }) => {
      const messages = kept[conversation as string] ?? []
      return { conversation: { id: conversation, head: messages.at(-1)?.id ?? null }, messages: [...messages] }
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
