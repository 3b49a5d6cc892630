import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../main/store/database.ts'
import { MIGRATIONS } from '../../main/store/migrations.ts'
import { openStore, type Store } from '../../main/store/store.ts'
import { importFolder, post, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()
let store: Store
const titleOf = (document: string): string => store.documents.get(document)?.title ?? ''
const found = (query: string, documents?: string[]): string[] =>
  store.wordSearch
    .search({ query, limit: 100, ...(documents ? { documents } : {}) })
    .hits.map(({ document }) => titleOf(document))

beforeAll(async () => {
  store = await openStore(path.join(folder, 'data'))
  const writing = writeFiles(path.join(folder, 'writing'), {
    'a.md': post({ title: 'Weather' }, 'The barometer fell all day, and the boat stayed in.'),
    'b.md': post({ title: 'Barometers and ferries' }, 'A list of what hangs in the hall.'),
    'c.md': post({ title: 'Café' }, 'We sat in the café and spoke of 海の天気 until it rained.'),
    'd.md': post({ title: 'Sea' }, 'The all day boat. Nobody fell.'),
    'e.md': post({ title: 'שלום' }, 'עברית נכתבת מימין לשמאל, גם כאן.'),
  })
  await importFolder(store, [writing])
})
afterAll(() => store.close())

describe('search by words', () => {
  it('finds words by their stems, and the title before the text', () => {
    expect(found('barometers')).toEqual(['Barometers and ferries', 'Weather'])
    expect(found('ferry')).toEqual(['Barometers and ferries'])
  })

  it('takes the last word for the beginning of one while it is typed', () => {
    expect(found('barom')).toEqual(['Barometers and ferries', 'Weather'])
    expect(found('barom ')).toEqual([])
  })

  it('puts what has all words first, and keeps words in quotes together', () => {
    expect(found('boat fell nobody')[0]).toBe('Sea')
    expect(found('boat fell nobody')).toContain('Weather')
    expect(found('"boat stayed"')).toEqual(['Weather'])
    expect(found('"stayed boat"')).toEqual([])
  })

  it('reads other scripts, accents and signs that mean something to a query language', () => {
    expect(found('cafe')).toEqual(['Café'])
    expect(found('天気')).toEqual(['Café'])
    expect(found('לשמאל')).toEqual(['שלום'])
    for (const strange of ['AND', '"', '""', 'a:b', 'NEAR(', '*', '^x', "o'clock", '-', '😀', '(((', 'title:sea'])
      expect(() => found(strange)).not.toThrow()
  })

  it('looks among the pieces given only', () => {
    const one = store.documents.list().documents.find(({ title }) => title === 'Weather')!
    expect(found('barometer', [one.id])).toEqual(['Weather'])
    expect(found('barometer', [])).toEqual([])
  })

  it('marks the words where they stand', () => {
    const title = 'Barometers and ferries'
    const text = 'One barometer,\u0002 two barometers; 天気 is weather.'
    const [marks] = store.wordSearch.marks('barometer 天気', [{ title, text }])
    expect(marks?.title.map(([from, to]) => title.slice(from, to))).toEqual(['Barometers'])
    expect(marks?.text.map(([from, to]) => text.slice(from, to)).sort()).toEqual(['barometer', 'barometers', '天気'])
  })

  it('forgets a piece that is removed and a text that is replaced', async () => {
    const writing = writeFiles(path.join(folder, 'more'), { 'z.md': post({ title: 'Z' }, 'A xylophone was played.') })
    await importFolder(store, [writing])
    expect(found('xylophone')).toEqual(['Z'])
    writeFiles(writing, { 'z.md': post({ title: 'Y' }, 'A glockenspiel was played instead.') })
    await importFolder(store, [writing])
    expect(found('xylophone')).toEqual([])
    expect(found('glockenspiel')).toEqual(['Y'])
    await store.removeDocument(store.documents.byPath(path.join(writing, 'z.md'))!.id)
    expect(found('glockenspiel')).toEqual([])
  })

  it('indexes a library from before there was such an index', () => {
    const file = path.join(folder, 'old.db')
    const old = openDatabase(file, MIGRATIONS.slice(0, 2))
    old.run(
      `INSERT INTO documents (id, path, hash, size, mtime, title, ordered_at, tags, words, kind, status, authors, draft,
        text, reader) VALUES ('a', '/a', 'h', 1, 1, 'Airships', 1, '[]', 1, 'text', 'mine', '[]', 0, 'x', 1)`,
    )
    old.run("INSERT INTO passages (id, document, position, text) VALUES ('p', 'a', 0, 'A zeppelin came.')")
    old.close()
    const db = openDatabase(file, MIGRATIONS)
    const rows = db.all("SELECT rowid FROM passage_words WHERE passage_words MATCH 'zeppelins AND airship'")
    expect(rows).toHaveLength(1)
    db.close()
  })
})
