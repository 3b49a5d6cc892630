/** What the window keeps of a draft that the host does not hold. */
import { describe, expect, it } from 'vitest'
import { Unsaved, type UnsavedText } from '../../../renderer/lib/draft/unsaved.ts'
import { memoryStore } from '../memory-store.ts'

const text = (draft: string, words: string, at = '2026-01-01T00:00:00.000Z'): UnsavedText => ({
  draft,
  home: '/data',
  title: draft,
  named: false,
  text: words,
  spans: [],
  revision: 1,
  at,
})
const texts = (unsaved: Unsaved, home = '/data'): string[] => unsaved.all(home).map((kept) => kept.text)

describe('unsaved texts', () => {
  it('outlive the page, the newest first, and only in the data folder that they are of', () => {
    const store = memoryStore()
    const first = new Unsaved(store, 'first')
    first.keep(text('a', 'one'))
    first.keep(text('a', 'one two'))
    new Unsaved(store, 'second').keep(text('a', 'other', '2026-01-02T00:00:00.000Z'))
    store.setItem('idiolect-unsaved broken x', '{"draft":1}')
    const later = new Unsaved(store, 'third')
    expect(texts(later)).toEqual(['other', 'one two'])
    expect(texts(later, '/elsewhere')).toEqual([])
  })

  it('are taken over by the page that shows them, and let go when they are saved', () => {
    const store = memoryStore()
    new Unsaved(store, 'first').keep(text('a', 'one'))
    const later = new Unsaved(store, 'second')
    const [kept] = later.all('/data')
    if (!kept) throw new Error('nothing was kept')
    later.adopt(kept)
    expect(later.all('/data')).toHaveLength(1)
    later.dropSame('a', 'other words')
    expect(texts(later)).toEqual(['one'])
    later.drop('a')
    expect(store.length).toBe(0)
  })

  it('stay in memory where the storage is full, and say so', () => {
    const store = memoryStore(300)
    const unsaved = new Unsaved(store, 'page')
    unsaved.keep(text('a', 'short'))
    expect(unsaved.fleeting).toBe(false)
    unsaved.keep(text('a', 'long '.repeat(200)))
    expect(unsaved.fleeting).toBe(true)
    expect(texts(unsaved)).toEqual(['long '.repeat(200)])
    unsaved.drop('a')
    expect([unsaved.fleeting, texts(unsaved).length]).toEqual([false, 0])
    const none = new Unsaved(null, 'page')
    none.keep(text('a', 'one'))
    expect([none.fleeting, texts(none)]).toEqual([true, ['one']])
  })
})
