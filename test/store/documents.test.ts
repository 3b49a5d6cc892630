import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NewDocument } from '../../main/store/documents.ts'
import { openStore, type Store } from '../../main/store/store.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()
let store: Store
beforeAll(async () => {
  store = await openStore(folder)
})
afterAll(() => store.close())

function document(id: string, facts: Partial<NewDocument> = {}): NewDocument {
  return {
    id,
    path: `/w/${id}.md`,
    hash: id,
    size: 1,
    mtime: Date.parse('2020-05-05T10:00:00Z'),
    title: id,
    date: null,
    tags: [],
    rating: null,
    words: 3,
    kind: 'markdown',
    authors: [],
    draft: false,
    text: `text of ${id}`,
    reader: 1,
    ...facts,
  }
}

const passages = (id: string, count: number) =>
  Array.from({ length: count }, (_, position) => ({ id: `${id}-${position}`, position, text: `${id} ${position}` }))

describe('documents', () => {
  it('writes a piece with its passages and replaces both', () => {
    store.documents.put(document('a', { tags: ['sea'], rating: 4, authors: ['Ann', 'Bo'] }), passages('a', 3))
    expect(store.documents.get('a')).toMatchObject({
      tags: ['sea'],
      rating: 4,
      author: 'Ann',
      status: 'asked',
      date: null,
    })
    store.documents.put(document('a', { title: 'A again' }), passages('a2', 1))
    expect(store.documents.get('a')).toMatchObject({ title: 'A again', tags: [], author: null })
    expect(store.passages.ofDocument('a')).toEqual(passages('a2', 1))
  })

  it('writes nothing of a piece whose passages fail', () => {
    expect(() => store.documents.put(document('b'), [...passages('b', 1), ...passages('b', 1)])).toThrow(/UNIQUE/)
    expect(store.documents.get('b')).toBeNull()
  })

  it('filters by words, tag and status, newest first, in pages', () => {
    store.documents.put(document('c', { date: '2024-01-01', tags: ['sea', 'fog'], text: 'a 100% Brass lamp' }), [])
    store.documents.put(document('d', { date: '2023-01-01', tags: ['fog'], text: 'a 1000 brass nails' }), [])
    store.documents.setClaim('d', 'mine', null)
    const ids = (filter: Parameters<Store['documents']['list']>[0]) =>
      store.documents.list(filter).documents.map(({ id }) => id)
    expect(ids({ text: 'brass' })).toEqual(['c', 'd'])
    expect(ids({ text: '100%' })).toEqual(['c'])
    expect(ids({ text: 'lamp brass' })).toEqual(['c'])
    expect(ids({ tag: 'fog' })).toEqual(['c', 'd'])
    expect(ids({ tag: 'fo' })).toEqual([])
    expect(ids({ status: 'mine' })).toEqual(['d'])
    expect(store.documents.list({ tag: 'fog', limit: 1, offset: 1 })).toMatchObject({
      total: 2,
      documents: [{ id: 'd' }],
    })
  })

  it('orders undated pieces of a day by path, whatever the hour of their files', () => {
    store.documents.put(document('z', { mtime: Date.parse('2021-05-05T01:00:00Z') }), [])
    store.documents.put(document('y', { mtime: Date.parse('2021-05-05T23:00:00Z') }), [])
    store.documents.put(document('x', { mtime: Date.parse('2021-05-06T00:00:01Z') }), [])
    for (const id of ['x', 'y', 'z']) store.documents.setClaim(id, 'mine', null)
    store.documents.order()
    const mine = store.documents.mine().filter(({ date }) => date === null)
    expect(mine.map(({ id, orderedAt }) => [id, new Date(orderedAt).toISOString()])).toEqual([
      ['y', '2021-05-05T00:00:00.000Z'],
      ['z', '2021-05-05T00:00:01.000Z'],
      ['x', '2021-05-06T00:00:00.000Z'],
    ])
  })

  it("keeps the owner's own decision and changes the library's version", () => {
    const before = store.libraryVersion()
    expect(store.documents.setStatus('z', 'excluded')).toMatchObject({ id: 'z', status: 'excluded' })
    expect(store.documents.get('z')?.decided).toBe(true)
    expect(store.libraryVersion()).toBeGreaterThan(before)
    expect(store.documents.setStatus('nobody', 'mine')).toBeNull()
  })

  it('leaves no sentence of a removed piece readable in the data folder', async () => {
    const data = path.join(folder, 'removed')
    const other = await openStore(data)
    const sentence = 'The Quillfeather stood in the hall.'
    other.documents.put(document('secret', { text: sentence.repeat(300) }), [
      { id: 'secret-0', position: 0, text: sentence.repeat(300) },
    ])
    other.documents.put(document('kept'), passages('kept', 30))
    await other.removeDocument('secret')
    await other.close()
    const files = readdirSync(data).filter((name) => statSync(path.join(data, name)).isFile())
    expect(files).toContain('library.db')
    expect(files.filter((name) => readFileSync(path.join(data, name)).includes('Quillfeather stood'))).toEqual([])
  })
})
