import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { MOST_HISTORY } from '../../../main/drafts/undo.ts'
import type { Draft, DraftSpan, Events } from '../../../preload/contract.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

const dataFolder = path.join(temporaryFolder(), 'data')
type App = Awaited<ReturnType<typeof createApp>>
let app: App
beforeAll(async () => {
  app = await createApp({ dataFolder, host: 'terminal' })
})
afterAll(() => app.close())
afterEach(() => {
  vi.useRealTimers()
})

const owner = (text: string): DraftSpan[] =>
  text === '' ? [] : [{ from: 0, to: text.length, author: 'owner', voice: null }]
const create = (text: string, title?: string): Promise<Draft> =>
  app.handlers['draft.create']({ text, ...(title === undefined ? {} : { title }) })
const save = (draft: Pick<Draft, 'id' | 'revision'>, text: string, more: { title?: string; history?: string } = {}) =>
  app.handlers['draft.save']({ draft: draft.id, revision: draft.revision, text, spans: owner(text), ...more })
const get = (draft: Pick<Draft, 'id'>): Promise<Draft> => app.handlers['draft.get']({ draft: draft.id })

describe('a draft', () => {
  it('is saved revision by revision, with its title from the first line until it is given one', async () => {
    const draft = await create('')
    expect(draft).toMatchObject({ title: '', revision: 1, words: 0, spans: [], learn: false, file: null })
    const first = await save(draft, '\n\n## On *brass* clocks\n\nThey tick.')
    expect(first).toMatchObject({ revision: 2, title: 'On brass clocks', words: 5, historyCut: false })
    const second = await save({ ...draft, revision: 2 }, 'They tick.', { title: '  Clocks ', history: '{"a":1}' })
    expect(second).toMatchObject({ revision: 3, title: 'Clocks' })
    expect(await get(draft)).toMatchObject({ text: 'They tick.', title: 'Clocks', history: '{"a":1}', revision: 3 })
    // What is not given stays.
    expect(await save({ ...draft, revision: 3 }, 'They tock.')).toMatchObject({ title: 'Clocks' })
    expect(await get(draft)).toMatchObject({ history: '{"a":1}' })
    expect(await save({ ...draft, revision: 4 }, 'They tock.', { title: '' })).toMatchObject({ title: 'They tock.' })
  })

  it('keeps any text as it is: emoji, right to left, a zero byte, half a character, five megabytes', async () => {
    const draft = await create('')
    const long = 'שלום עולם 👩‍👩‍👧 مرحبا\u0000 tab\there\r\nnext \ud83d '.repeat(120_000)
    expect(long.length).toBeGreaterThan(4_500_000)
    const { words } = await save(draft, long)
    expect(words).toBe(6 * 120_000)
    const read = await get(draft)
    expect(read.text.length).toBe(long.length)
    expect(read.text === long).toBe(true)
    await expect(save(read, 'x'.repeat(8_000_001))).rejects.toMatchObject({ name: 'DraftTooLong' })
    expect((await get(draft)).revision).toBe(2)
  })

  it('refuses spans that do not fit, naming what is wrong, and merges neighbours', async () => {
    const draft = await create('one two')
    const wrong: [unknown, RegExp][] = [
      [[], /end at 0, and the text has 7/],
      [[{ from: 0, to: 3, author: 'owner', voice: null }], /end at 3, and the text has 7/],
      [[{ from: 1, to: 7, author: 'owner', voice: null }], /span 1 begins at 1/],
      [[{ from: 0, to: 7, author: 'ghost', voice: null }], /"ghost"/],
      [[{ from: 0, to: 7.5, author: 'owner', voice: null }], /whole offsets/],
      [[{ from: 0, to: 7, author: 'owner' }], /no voice/],
      ['all mine', /no list/],
      [
        [
          { from: 0, to: 4, author: 'owner', voice: null },
          { from: 3, to: 7, author: 'owner', voice: null },
        ],
        /span 2 begins at 3, and the one before ends at 4/,
      ],
    ]
    for (const [spans, message] of wrong) {
      const saved = app.handlers['draft.save']({
        draft: draft.id,
        revision: 1,
        text: 'one two',
        spans: spans as DraftSpan[],
      })
      await expect(saved).rejects.toMatchObject({ name: 'BadSpans', message: expect.stringMatching(message) })
    }
    await app.handlers['draft.save']({
      draft: draft.id,
      revision: 1,
      text: 'one two',
      spans: [
        { from: 0, to: 1, author: 'owner', voice: null },
        { from: 1, to: 3, author: 'owner', voice: null },
        { from: 3, to: 5, author: 'assistant', voice: 'v' },
        { from: 5, to: 7, author: 'assistant', voice: null },
      ],
    })
    expect((await get(draft)).spans).toEqual([
      { from: 0, to: 3, author: 'owner', voice: null },
      { from: 3, to: 5, author: 'assistant', voice: 'v' },
      { from: 5, to: 7, author: 'assistant', voice: null },
    ])
  })

  it('leaves the oldest undo steps out where the history is too long', async () => {
    const draft = await create('x')
    const steps = Array.from({ length: 30 }, (_, n) => ({ n, change: 'y'.repeat(100_000) }))
    const history = JSON.stringify({ doc: 'x', history: { done: steps, undone: [] } })
    expect(await save(draft, 'y', { history })).toMatchObject({ historyCut: true })
    const kept = (await get(draft)).history ?? ''
    expect(kept.length).toBeLessThanOrEqual(MOST_HISTORY)
    const { doc, history: state } = JSON.parse(kept)
    expect(doc).toBe('x')
    expect(state.done.at(-1).n).toBe(29)
    expect(state.done.length).toBe(19)
    await save({ ...draft, revision: 2 }, 'z', { history: `"${'h'.repeat(MOST_HISTORY)}"` })
    expect((await get(draft)).history).toBeNull()
  })
})

describe('two windows on one draft', () => {
  it('refuses the slower one, keeps its text as a version, and tells both of every change', async () => {
    const heard: Events['draft.changed'][] = []
    const off = app.events.on((name, event) => {
      if (name === 'draft.changed') heard.push(event as Events['draft.changed'])
    })
    const draft = await create('one')
    await save(draft, 'one, by the first')
    await expect(save(draft, 'one, by the second')).rejects.toMatchObject({ name: 'DraftChanged' })
    off()
    expect(heard).toEqual([{ draft: draft.id, revision: 2, removed: false }])
    expect((await get(draft)).text).toBe('one, by the first')
    const versions = await app.handlers['draft.versions']({ draft: draft.id })
    expect(versions.map(({ why }) => why)).toEqual(['refused', 'saved'])
    const refused = await app.handlers['draft.version']({ draft: draft.id, version: versions[0]?.version ?? '' })
    // Saving it restores it.
    expect(refused).toMatchObject({ text: 'one, by the second', revision: 2, history: null })
    await save(refused, refused.text)
    expect((await get(draft)).text).toBe('one, by the second')
  })

  it('takes the same save twice, whose answer was lost', async () => {
    const draft = await create('one')
    const first = await save(draft, 'two')
    expect(await save(draft, 'two')).toMatchObject({ revision: first.revision, at: first.at })
    const versions = await app.handlers['draft.versions']({ draft: draft.id })
    expect(versions.map(({ why }) => why)).toEqual(['saved'])
  })
})

describe('versions', () => {
  it('are kept now and then, and before much is lost', async () => {
    vi.useFakeTimers({ now: new Date('2026-01-01T10:00:00Z'), toFake: ['Date'] })
    const draft = await create('Begun.')
    let text = 'Begun.'
    let revision = 1
    const write = async (next: string): Promise<void> => {
      text = next
      revision = (await save({ ...draft, revision }, text)).revision
    }
    const kept = async (): Promise<string[]> => {
      const versions = await app.handlers['draft.versions']({ draft: draft.id })
      return Promise.all(
        versions.map(async ({ version }) => (await app.handlers['draft.version']({ draft: draft.id, version })).text),
      )
    }
    for (let n = 0; n < 20; n++) {
      vi.advanceTimersByTime(1000)
      await write(`${text} Sentence ${n}.`)
    }
    expect(await kept()).toEqual(['Begun.'])
    const whole = text
    await write('')
    expect(await kept()).toEqual([whole, 'Begun.'])
    await write('Anew.')
    vi.advanceTimersByTime(6 * 60_000)
    await write('Anew. And on.')
    expect(await kept()).toEqual(['Anew.', whole, 'Begun.'])
    // A clock that was set back is time enough too.
    vi.setSystemTime(new Date('2025-12-31T10:00:00Z'))
    await write('Anew. And on and on.')
    expect((await kept())[0]).toBe('Anew. And on.')
  })
})

describe('removing', () => {
  it('hides a draft, and a window that still writes brings it back; forever is forever', async () => {
    const draft = await create('To be removed')
    const listed = async (): Promise<boolean> =>
      (await app.handlers['draft.list']({})).some(({ id }) => id === draft.id)
    expect(await app.handlers['draft.remove']({ draft: draft.id })).toEqual({ removed: true })
    expect(await listed()).toBe(false)
    await app.handlers['draft.restore']({ draft: draft.id })
    expect(await listed()).toBe(true)
    await app.handlers['draft.remove']({ draft: draft.id })
    await save(draft, 'Still writing')
    expect(await listed()).toBe(true)
    await app.handlers['draft.remove']({ draft: draft.id, forever: true })
    await expect(get(draft)).rejects.toMatchObject({ name: 'UnknownDraft' })
    await expect(save({ ...draft, revision: 2 }, 'Lost?')).rejects.toMatchObject({ name: 'UnknownDraft' })
    expect(await app.handlers['draft.remove']({ draft: draft.id })).toEqual({ removed: false })
  })
})

describe('removed drafts', () => {
  it('are listed for thirty days, the last first, until they are brought back', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-03-01T10:00:00Z') })
    const [a, b] = [await create('The first'), await create('The second')]
    const names = async (): Promise<string[]> => (await app.handlers['draft.removed']({})).map(({ title }) => title)
    const before = await names()
    await app.handlers['draft.remove']({ draft: a.id })
    vi.setSystemTime(new Date('2026-03-02T10:00:00Z'))
    await app.handlers['draft.remove']({ draft: b.id })
    expect((await names()).filter((name) => !before.includes(name))).toEqual(['The second', 'The first'])
    expect((await app.handlers['draft.removed']({}))[0]).toMatchObject({
      removed: '2026-03-02T10:00:00.000Z',
      words: 2,
    })
    await app.handlers['draft.restore']({ draft: b.id })
    expect(await names()).not.toContain('The second')
    vi.setSystemTime(new Date('2026-04-01T10:00:00Z'))
    expect(await names()).not.toContain('The first')
    vi.useRealTimers()
  })
})

describe('the list', () => {
  it('has what was changed last first, and finds by title and text in any case', async () => {
    const a = await create('Über den Äther\n\nWellen.')
    const b = await create('Something else', 'A tide table')
    await save(a, 'Über den Äther\n\nWellen, nur Wellen.')
    const all = await app.handlers['draft.list']({})
    expect(all[0]?.id).toBe(a.id)
    expect(all[0]).not.toHaveProperty('text')
    const found = async (text: string): Promise<string[]> =>
      (await app.handlers['draft.list']({ text })).map(({ id }) => id)
    expect(await found('äTHER')).toEqual([a.id])
    expect(await found('TIDE')).toEqual([b.id])
    expect(await found('nur wellen')).toEqual([a.id])
    expect(await found('nowhere at all')).toEqual([])
  })
})
