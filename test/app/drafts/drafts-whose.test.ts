/** The assistant's words stay the assistant's, though a window that was opened later never saw them come. */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { createSameWords } from '../../../main/drafts/same-words.ts'
import type { HeadlineRecord } from '../../../preload/contract.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

const dataFolder = path.join(temporaryFolder(), 'data')
type App = Awaited<ReturnType<typeof createApp>>
let app: App
beforeAll(async () => {
  app = await createApp({ dataFolder, host: 'terminal' })
  const { store, events } = app.context
  const record: HeadlineRecord = {
    id: 'h',
    at: '2026-01-01T00:00:00.000Z',
    excerpt: 'The ice',
    text: 'The ice went out of the harbour on a Tuesday.',
    candidates: ['Thin Ice', 'What the Harbour Kept to Itself'],
    picked: null,
    edited: 'My Own Title for It',
    voice: null,
    authors: [null, null],
    rejected: [],
    blind: null,
    blindPick: null,
  }
  store.headlines.put(record)
  store.chats.create({ id: 'c', title: 'Ice', at: record.at })
  const message = { conversation: 'c', at: record.at, voice: null, sources: [], stopped: false, cut: false, seen: null }
  store.chats.putMessage({ ...message, id: 'q', parent: null, role: 'user', text: 'What did the quay say of the ice?' })
  store.chats.putMessage({
    ...message,
    id: 'a',
    parent: 'q',
    role: 'assistant',
    text: 'The quay **said little**\n\nabout the ice.',
  })
  const text = 'Mine to begin with. Gulls sat upon the floes.'
  await app.handlers['draft.create']({
    text,
    spans: [
      { from: 0, to: 20, author: 'owner', voice: null },
      { from: 20, to: text.length, author: 'assistant', voice: null },
    ],
  })
  events.emit('stream', { request: 'r', index: 0, text: 'Offered, and ' })
  events.emit('stream', { request: 'r', index: 0, text: 'never taken anywhere.' })
})
afterAll(() => app.close())

const isAssistants = async (text: string): Promise<boolean> => (await app.handlers['draft.whose']({ text })).assistant

describe('a pasted text', () => {
  it('is the assistant’s where it wrote it: a headline, an answer, a part of a draft, an offer', async () => {
    for (const text of [
      'Thin Ice',
      'what the harbour kept to itself',
      'harbour kept to itself',
      'The quay said little about the ice.',
      'Gulls sat upon the floes',
      'and never taken anywhere',
    ])
      expect([text, await isAssistants(text)]).toEqual([text, true])
  })

  it('is not where it did not', async () => {
    for (const text of [
      '',
      'Ice',
      'the ice',
      'My Own Title for It',
      'The ice went out of the harbour on a Tuesday.',
      'What did the quay say of the ice?',
      'Mine to begin with.',
      'Maëlle Salmon',
      'x '.repeat(30_000),
    ])
      expect([text.slice(0, 40), await isAssistants(text)]).toEqual([text.slice(0, 40), false])
  })
})

it('compares by words, from their beginnings to their ends', () => {
  const same = createSameWords('kept to *itself* in the end')
  expect(same('It was kept to\nitself – in the END, and so on')).toBe(true)
  expect(same('It was kept to itself in the ending')).toBe(false)
  expect(createSameWords('a b')('x a b')).toBe(false)
  expect(createSameWords('a b')('A, b!')).toBe(true)
})
