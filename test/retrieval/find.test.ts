import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { excerptAround } from '../../main/retrieval/excerpt.ts'
import { findPieces } from '../../main/retrieval/find.ts'
import { openStore, type Store } from '../../main/store/store.ts'
import { fakeEmbedder, importFolder, post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

describe('excerptAround', () => {
  it('shows a short text whole and a long one around its marks, at a word, with the marks moved', () => {
    expect(excerptAround('short\ntext', [[0, 5]])).toEqual({ text: 'short text', marks: [[0, 5]] })
    const text = `${'before '.repeat(80)}zeppelin ${'after '.repeat(80)}`
    const at = text.indexOf('zeppelin')
    const excerpt = excerptAround(text, [[at, at + 8]])
    expect(excerpt.text.length).toBeLessThan(250)
    expect(excerpt.text).toMatch(/^…before .*after.*…$/)
    expect(excerpt.marks.map(([from, to]) => excerpt.text.slice(from, to))).toEqual(['zeppelin'])
  })

  it('prefers where more marks stand, and never cuts a character in two', () => {
    const text = `lamp ${'x '.repeat(300)}lamp and lamp ${'y '.repeat(300)}`
    const marks = [...text.matchAll(/lamp/g)].map(({ index }): [number, number] => [index, index + 4])
    expect(excerptAround(text, marks).marks).toHaveLength(2)
    const emoji = '😀'.repeat(400)
    expect(excerptAround(emoji, [[601, 602]]).text).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/)
    expect(excerptAround(emoji, [[601, 602]]).text).not.toMatch(/(?<![\ud800-\udbff])[\udc00-\udfff]/)
  })
})

describe('findPieces', () => {
  const folder = temporaryFolder()
  const embedder = fakeEmbedder('find', 256)
  let store: Store
  beforeAll(async () => {
    store = await openStore(path.join(folder, 'data'))
    const pieces: Record<string, string> = {
      'long.md': post({ title: 'Airships' }, `A zeppelin. ${prose(1, 200)}\n\nThe zeppelins again. ${prose(2, 200)}`),
      'short.md': post({ title: 'Zeppelins' }, `Nothing else. ${prose(3, 60)}`),
    }
    for (let n = 0; n < 30; n++) pieces[`${n}.md`] = post({ title: `Piece ${n}` }, prose(n + 10, 150))
    await importFolder(store, [writeFiles(path.join(folder, 'writing'), pieces)], embedder)
  })
  afterAll(() => store.close())

  it('gives pieces by their best passage, with the words marked and the others counted', async () => {
    const found = await findPieces(store, null, { query: 'zeppelin', limit: 50 })
    expect(found.map(({ title }) => title.text)).toEqual(['Zeppelins', 'Airships'])
    const [first, second] = found
    expect(first?.title.marks).toEqual([[0, 9]])
    expect(second).toMatchObject({ more: 1, wordRank: 2, meaningRank: null, similarity: null })
    expect(second?.excerpt.marks.map(([from, to]) => second.excerpt.text.slice(from, to))).toContain('zeppelin')
  })

  it('adds what is found by meaning alone, and says so', async () => {
    const found = await findPieces(store, embedder, { query: 'zeppelin', limit: 50 })
    expect(found.length).toBeGreaterThan(2)
    expect(found.every(({ wordRank, meaningRank }) => wordRank !== null || meaningRank !== null)).toBe(true)
    const only = found.filter(({ wordRank }) => wordRank === null)
    expect(only.length).toBeGreaterThan(0)
    for (const { similarity, excerpt } of only) {
      expect(similarity).toBeGreaterThanOrEqual(-1)
      expect(excerpt.text).not.toBe('')
    }
  })

  it('stays among the pieces given, by words and by meaning', async () => {
    const some = store.documents.list({ text: 'Piece 1' }).documents.map(({ id }) => id)
    const found = await findPieces(store, embedder, { query: 'zeppelin lamp', documents: some, limit: 50 })
    expect(found.length).toBeGreaterThan(0)
    expect(found.every(({ document }) => some.includes(document))).toBe(true)
    expect(await findPieces(store, embedder, { query: 'lamp', documents: [], limit: 50 })).toEqual([])
  })
})
