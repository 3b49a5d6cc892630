import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fuse } from '../../main/retrieval/fusion.ts'
import { retrievePieces, searchPassages } from '../../main/retrieval/search.ts'
import { openStore, type Store } from '../../main/store/store.ts'
import { type FakeEmbedder, fakeEmbedder, importFolder, post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

describe('fuse', () => {
  it('adds reciprocal ranks and tells them', () => {
    expect(
      fuse([
        ['a', 'b'],
        ['b', 'c'],
      ]),
    ).toEqual([
      { item: 'b', score: 1 / 62 + 1 / 61, ranks: [2, 1] },
      { item: 'a', score: 1 / 61, ranks: [1, null] },
      { item: 'c', score: 1 / 62, ranks: [null, 2] },
    ])
    expect(fuse([[], []])).toEqual([])
    expect(fuse([['a', 'a']])).toEqual([{ item: 'a', score: 1 / 61, ranks: [1] }])
  })
})

describe('search in the library', () => {
  const folder = temporaryFolder()
  const embedder: FakeEmbedder = fakeEmbedder('search', 256)
  let store: Store
  beforeAll(async () => {
    store = await openStore(path.join(folder, 'data'))
    const pieces: Record<string, string> = {
      'zeppelin-old.md': post(
        { title: 'Airships', date: '2023-01-01' },
        `The zeppelin came over the moor. ${prose(90, 60)}`,
      ),
      'zeppelin-new.md': post(
        { title: 'Airships again', date: '2024-06-01' },
        `A zeppelin, a zeppelin. ${prose(91, 60)}`,
      ),
      'guest.md': post({ title: 'Guest', date: '2022-01-01', author: 'Guest' }, `My zeppelin. ${prose(92, 60)}`),
      'undated.md': `The undated zeppelin stands on its file's own day. ${prose(93, 60)}`,
    }
    for (let n = 0; n < 40; n++)
      pieces[`${n}.md`] = post(
        { title: `Piece ${n}`, date: `2023-05-${String((n % 28) + 1).padStart(2, '0')}` },
        prose(n, 250),
      )
    await importFolder(store, [writeFiles(path.join(folder, 'writing'), pieces)], embedder)
  })
  afterAll(() => store.close())
  const names = (hits: { path: string }[]) => hits.map((hit) => path.basename(hit.path))

  it('finds by both lists and tells why', async () => {
    const hits = await searchPassages(store, embedder, { query: 'zeppelin', k: 3 })
    expect(names(hits).toSorted()).toEqual(['undated.md', 'zeppelin-new.md', 'zeppelin-old.md'])
    const [best] = hits
    expect(best).toMatchObject({ bm25Rank: expect.any(Number), vectorRank: expect.any(Number) })
    expect(best?.score).toBeCloseTo(1 / (60 + best!.bm25Rank!) + 1 / (60 + best!.vectorRank!), 12)
    expect(best?.text).toContain('zeppelin')
  })

  it('keeps to what is earlier, in both lists', async () => {
    const early = await searchPassages(store, embedder, { query: 'zeppelin', k: 100, before: '2023-05-10' })
    expect(early.length).toBeGreaterThan(10)
    expect(names(early)[0]).toBe('zeppelin-old.md')
    for (const { date } of early) expect(date! < '2023-05-10').toBe(true)
    expect(early.some(({ vectorRank, bm25Rank }) => vectorRank !== null && bm25Rank === null)).toBe(true)
    expect(await searchPassages(store, embedder, { query: 'zeppelin', k: 5, before: '2023-01-01' })).toEqual([])
    await expect(searchPassages(store, embedder, { query: 'x', k: 5, before: 'never' })).rejects.toMatchObject({
      name: 'BadDate',
    })
  })

  it("leaves out what is not the owner's, unless asked", async () => {
    const own = await searchPassages(store, embedder, { query: 'zeppelin', k: 50 })
    expect(names(own)).not.toContain('guest.md')
    const all = await searchPassages(store, embedder, { query: 'zeppelin', k: 50, everyone: true })
    expect(names(all)).toContain('guest.md')
  })

  it('answers by BM25 alone without an embedder or with one that the vectors are not of', async () => {
    for (const other of [null, fakeEmbedder('other', 256), fakeEmbedder('search', 8)]) {
      const hits = await searchPassages(store, other, { query: 'zeppelin', k: 10 })
      expect(hits).toHaveLength(3)
      for (const hit of hits) expect(hit.vectorRank).toBeNull()
    }
  })

  it('reads deep enough when almost everything near is not allowed', async () => {
    const hits = await searchPassages(store, embedder, { query: prose(27, 250), k: 5, before: '2023-01-02' })
    expect(names(hits)).toEqual(['zeppelin-old.md'])
    expect(hits[0]?.vectorRank).toBe(1)
  })

  it('retrieves the nearest earlier pieces, never the piece itself', async () => {
    const piece = store.documents.byPath(path.join(folder, 'writing', 'zeppelin-new.md'))!
    const hits = await retrievePieces(store, embedder, {
      text: 'A zeppelin over the moor',
      k: 4,
      before: piece.date!,
      excludeDocument: piece.id,
    })
    expect(hits).toHaveLength(4)
    expect(hits[0]?.document.title).toBe('Airships')
    for (const { document } of hits) expect(document.date! < piece.date!).toBe(true)
    const open = await retrievePieces(store, embedder, { text: piece.text, k: 50, excludeDocument: piece.id })
    expect(open.map(({ document }) => document.id)).not.toContain(piece.id)
    expect(open.map(({ document }) => document.title)).not.toContain('Guest')
    expect(new Set(open.map(({ document }) => document.id)).size).toBe(open.length)
  })

  it('sees a change of the library at once', async () => {
    const guest = store.documents.byPath(path.join(folder, 'writing', 'guest.md'))!
    store.documents.setStatus(guest.id, 'mine')
    expect(names(await searchPassages(store, embedder, { query: 'zeppelin', k: 50 }))).toContain('guest.md')
    await store.removeDocument(guest.id)
    expect(names(await searchPassages(store, embedder, { query: 'zeppelin', k: 50 }))).not.toContain('guest.md')
  })
})
