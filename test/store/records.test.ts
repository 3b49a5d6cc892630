import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '../../main/store/store.ts'
import { openStore } from '../../main/store/store.ts'
import type { ChatMessage, HeadlineRecord } from '../../preload/contract.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()
let store: Store
beforeAll(async () => {
  store = await openStore(folder)
})
afterAll(() => store.close())

function message(id: string, parent: string | null, text: string): ChatMessage {
  const source = { document: 'd', title: 't', path: '/p', date: null, text: 'x' }
  return {
    id,
    conversation: 'c1',
    parent,
    role: parent ? 'assistant' : 'user',
    text,
    at: '2026-01-01T00:00:00Z',
    voice: null,
    sources: [source],
    stopped: parent !== null,
    cut: false,
    seen: null,
  }
}

describe('conversations', () => {
  it('keeps a tree of messages, in order, and drops it with the conversation', () => {
    store.chats.create({ id: 'c1', title: 'Clocks', at: '2026-01-01T00:00:00Z' })
    store.chats.create({ id: 'c2', title: 'Weather', at: '2026-01-02T00:00:00Z' })
    const messages = [
      message('m1', null, 'What ticks?'),
      message('m2', 'm1', 'A clock.'),
      message('m3', 'm1', 'A HEART.'),
    ]
    for (const each of messages) store.chats.putMessage(each)
    expect(store.chats.messages('c1')).toEqual(messages)
    expect(store.chats.list().map(({ id, messages: count }) => [id, count])).toEqual([
      ['c2', 0],
      ['c1', 3],
    ])
    expect(store.chats.list('heart').map(({ id }) => id)).toEqual(['c1'])
    store.chats.putMessage({ ...messages[2]!, text: 'A tap.', stopped: false })
    expect(store.chats.message('m3')).toMatchObject({ text: 'A tap.', stopped: false, parent: 'm1' })
    expect(store.chats.remove('c1')).toBe(true)
    expect(store.chats.message('m1')).toBeNull()
    expect(store.chats.remove('c1')).toBe(false)
  })

  it('shows the branch that was written last, or chosen, and says where a text stands', () => {
    store.chats.create({ id: 'c3', title: 'Branches', at: '2026-01-03T00:00:00Z' })
    const put = (id: string, parent: string | null, text: string) =>
      store.chats.putMessage({ ...message(id, parent, text), conversation: 'c3' })
    put('b1', null, 'A question')
    put('b2', 'b1', 'one answer')
    put('b3', 'b1', `another ${'word '.repeat(20)}with a Canary in its middle`)
    const ids = (head: string) => store.chats.branch(head).map(({ id }) => id)
    expect(store.chats.get('c3')?.head).toBe('b3')
    expect([ids('b2'), ids('b3')]).toEqual([
      ['b1', 'b2'],
      ['b1', 'b3'],
    ])
    store.chats.setHead('c3', 'b2')
    put('b3', 'b1', 'another word with a Canary in its middle')
    expect(store.chats.get('c3')?.head).toBe('b2')
    const [found] = store.chats.list('canary')
    expect(found?.hits).toHaveLength(1)
    const [hit] = found?.hits ?? []
    expect([hit?.message, hit?.excerpt.slice(hit.from, hit.to)]).toEqual(['b3', 'Canary'])
    store.chats.removeMessage('b2')
    expect(store.chats.get('c3')?.head).toBe('b1')
    store.chats.remove('c3')
  })

  it('refuses a message without its conversation', () => {
    expect(() => store.chats.putMessage({ ...message('m9', null, ''), conversation: 'none' })).toThrow(/FOREIGN KEY/)
  })
})

describe('voices', () => {
  it('switches on one at a time', () => {
    store.voices.put('a', { name: 'A' })
    store.voices.put('b', { name: 'B' })
    expect(store.voices.setActive('a')).toBe(true)
    expect(store.voices.setActive('b')).toBe(true)
    expect(store.voices.list().map(({ id, active }) => [id, active])).toEqual([
      ['a', false],
      ['b', true],
    ])
    store.voices.put('b', { name: 'Bee' })
    expect(store.voices.active()).toEqual({ id: 'b', card: { name: 'Bee' }, active: true })
    expect(store.voices.setActive('none')).toBe(false)
    expect(store.voices.active()?.id).toBe('b')
    expect(store.voices.setActive(null)).toBe(true)
    expect(store.voices.active()).toBeNull()
  })
})

describe('runs, models, headlines, settings', () => {
  it('keeps a run and how far it came', () => {
    const run = {
      id: 'r1',
      folder: path.join(store.folder, 'runs', 'r1'),
      createdAt: '2026-01-01',
      stage: 'training',
      base: 'b',
      voice: null,
      options: { rank: 8 },
    } as const
    store.runs.put(run)
    store.runs.put({ ...run, id: 'r2', createdAt: '2026-01-02' })
    store.runs.setStage('r1', 'done', 'v')
    store.runs.setStage('r1', 'proving')
    expect(store.runs.get('r1')).toEqual({ ...run, stage: 'proving', voice: 'v' })
    expect(store.runs.list().map(({ id }) => id)).toEqual(['r2', 'r1'])
  })

  it('finds a run in the data folder as it stands now, moved or copied', () => {
    const was = path.join('/elsewhere', 'runs', 'r3')
    const run = { id: 'r3', folder: was, createdAt: '2026-01-03', stage: 'done', base: 'b', voice: null } as const
    store.runs.put({ ...run, options: {} })
    expect(store.runs.get('r3')?.folder).toBe(path.join(store.folder, 'runs', 'r3'))
  })

  it('keeps a model added by the user', () => {
    const model = { id: 'm', path: '/m.gguf', role: 'embedder', addedAt: '2026-01-01', facts: { blocks: 6 } } as const
    store.models.put(model)
    expect(store.models.list()).toEqual([model])
    expect(store.models.remove('m')).toBe(true)
    expect(store.models.get('m')).toBeNull()
  })

  it('keeps what was picked and edited of a headline', () => {
    const record: HeadlineRecord = {
      id: 'h',
      at: '2026-01-01',
      excerpt: 'e',
      text: 't',
      candidates: ['One', 'Two'],
      picked: null,
      edited: null,
      voice: 'v',
      authors: ['v', null],
      rejected: ['One'],
      blind: 'hidden',
      blindPick: null,
    }
    store.headlines.put(record)
    store.headlines.put({ ...record, picked: 'Two', edited: 'Three' })
    const chosen = { ...record, picked: 'Two', edited: 'Three' }
    expect(store.headlines.list()).toEqual([chosen])
    expect(store.headlines.ofText('t')).toEqual([chosen])
    for (const [wanted, found] of Object.entries({ one: 1, THREE: 1, nothing: 0 }))
      expect(store.headlines.list(9, wanted)).toHaveLength(found)
  })

  it('keeps settings of any shape, null for those never set', () => {
    expect(store.settings.get('x')).toBeNull()
    store.settings.set('x', { a: [1] })
    store.settings.set('x', { a: [2] })
    expect(store.settings.get('x')).toEqual({ a: [2] })
    store.settings.remove('x')
    expect(store.settings.get('x')).toBeNull()
  })
})
