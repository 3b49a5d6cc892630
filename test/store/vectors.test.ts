import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import * as lancedb from '@lancedb/lancedb'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { reembed } from '../../main/library/embed.ts'
import { searchPassages } from '../../main/retrieval/search.ts'
import { openStore, type Store } from '../../main/store/store.ts'
import { fakeEmbedder, importFolder, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

/** What the next connection fails with, as where the system refuses. */
const trouble: { error: Error | null } = { error: null }
vi.mock('@lancedb/lancedb', async (original) => {
  const real = await original<typeof import('@lancedb/lancedb')>()
  return {
    ...real,
    connect: (folder: string) => (trouble.error ? Promise.reject(trouble.error) : real.connect(folder)),
  }
})
afterEach(() => {
  trouble.error = null
})

const folder = temporaryFolder()
const writing = writeFiles(path.join(folder, 'writing'), {
  'a.md': `# Lamps\n\n${prose(1, 300)}`,
  'b.md': `# Clocks\n\n${prose(2, 300)}`,
  'c.md': `# Tides\n\n${prose(3, 300)}`,
})

describe('vectors', () => {
  it('finds the passage that says the query, and no more of a piece that was removed', async () => {
    const store = await openStore(path.join(folder, 'find'))
    const embedder = fakeEmbedder()
    await importFolder(store, [writing], embedder)
    const passage = store.passages.all()[0]!
    const [vector] = await embedder.embed([`${passage.title}\n${passage.text}`])
    expect((await store.vectors.nearest(vector!, 1))[0]).toEqual({ id: passage.id, similarity: expect.closeTo(1, 5) })
    const of = (near: { id: string }[]) => near.filter(({ id }) => id.startsWith(passage.document)).length
    expect(of(await store.vectors.nearest(vector!, 100))).toBe(store.passages.ofDocument(passage.document).length)
    expect(await store.removeDocument(passage.document)).toBe(true)
    expect(of(await store.vectors.nearest(vector!, 100))).toBe(0)
    expect(store.passages.ofDocument(passage.document)).toEqual([])
    expect(await store.removeDocument(passage.document)).toBe(false)
    await store.close()
  })

  it('computes everything anew for another embedder and nothing for the same', async () => {
    const store = await openStore(path.join(folder, 'change'))
    await importFolder(store, [writing], fakeEmbedder('one', 64))
    const count = store.passages.count()
    expect(store.passages.embeddedCount()).toBe(count)
    const same = fakeEmbedder('one', 64)
    expect(await reembed(store, same)).toBe(0)
    expect(same.embedded).toBe(0)
    expect(await reembed(store, fakeEmbedder('two', 64))).toBe(count)
    expect(await reembed(store, fakeEmbedder('two', 32))).toBe(count)
    expect(store.vectors.embedder()).toEqual({ id: 'two', dimensions: 32 })
    expect(await store.vectors.nearest(new Float32Array(32).fill(1), 100)).toHaveLength(count)
    await store.close()
  })

  it('embeds what an import without an embedder left', async () => {
    const store = await openStore(path.join(folder, 'later'))
    await importFolder(store, [writing])
    expect(store.passages.pendingCount()).toBe(store.passages.count())
    expect(await reembed(store, fakeEmbedder())).toBe(store.passages.count())
    expect(store.passages.pendingCount()).toBe(0)
    await store.close()
  })

  it('recovers when the vectors are gone from the disk', async () => {
    const data = path.join(folder, 'lost')
    const first = await openStore(data)
    await importFolder(first, [writing], fakeEmbedder())
    const count = first.passages.count()
    await first.close()
    rmSync(path.join(data, 'vectors'), { recursive: true })
    const store = await openStore(data)
    expect(await store.vectors.nearest(new Float32Array(64).fill(1), 5)).toEqual([])
    expect(await reembed(store, fakeEmbedder())).toBe(count)
    expect(await store.vectors.nearest(new Float32Array(64).fill(1), 5)).toHaveLength(5)
    await store.close()
  })

  it('tidies away rows that no passage stands for', async () => {
    const store = await openStore(path.join(folder, 'tidy'))
    await importFolder(store, [writing], fakeEmbedder())
    const count = store.passages.count()
    const gone = store.passages.all()[0]!.document
    const lost = store.passages.ofDocument(gone).length
    // As if killed between SQLite's commit and LanceDB's.
    store.documents.remove(gone)
    expect(await store.vectors.nearest(new Float32Array(64).fill(1), 100)).toHaveLength(count)
    await store.vectors.tidy()
    expect(await store.vectors.nearest(new Float32Array(64).fill(1), 100)).toHaveLength(count - lost)
    await store.close()
  })
})

/** Files below the data folder's vectors. */
function filesOf(data: string): string[] {
  return readdirSync(path.join(data, 'vectors'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
}
const rowsOf = (data: string) => filesOf(data).filter((file) => file.endsWith('.lance'))
const say = (data: string, words: string) => filesOf(data).filter((file) => readFileSync(file).includes(words))

describe('vectors whose files were spoilt', () => {
  const damages: [string, (file: string) => void][] = [
    ['cut off', (file) => truncateSync(file, statSync(file).size >> 1)],
    ['emptied', (file) => truncateSync(file, 0)],
    ['gone', (file) => rmSync(file)],
    ['full of zeros', (file) => writeFileSync(file, Buffer.alloc(statSync(file).size))],
  ]
  const spoilt = async (
    name: string,
    damage: (file: string) => void,
  ): Promise<{ store: Store; lost: () => number }> => {
    const data = path.join(folder, `spoilt ${name}`)
    const first = await openStore(data)
    await importFolder(first, [writing], fakeEmbedder())
    await first.close()
    damage(rowsOf(data)[0]!)
    const store = await openStore(data)
    let times = 0
    store.vectors.whenLost(() => times++)
    return { store, lost: () => times }
  }
  const search = (store: Store) => searchPassages(store, fakeEmbedder(), { query: 'clocks harbour', k: 3 })

  it.each(damages)(
    'are given up where one is %s: words are searched until they are made anew',
    async (name, damage) => {
      const { store, lost } = await spoilt(name, damage)
      const count = store.passages.count()
      const byWords = await search(store)
      expect(byWords).toHaveLength(3)
      expect(byWords.every(({ vectorRank }) => vectorRank === null)).toBe(true)
      expect(lost()).toBe(1)
      expect(store.passages.pendingCount()).toBe(count)
      expect(await reembed(store, fakeEmbedder())).toBe(count)
      expect((await search(store)).some(({ vectorRank }) => vectorRank !== null)).toBe(true)
      await store.close()
    },
  )

  it.each(damages)('do not hinder a removal where one is %s', async (name, damage) => {
    const { store, lost } = await spoilt(`removal ${name}`, damage)
    expect(await store.removeDocument(store.documents.mine()[0]!.id)).toBe(true)
    expect(lost()).toBe(1)
    expect(store.passages.embeddedCount()).toBe(0)
    await store.close()
  })

  it.each(damages)('are made anew, all of them, by an import where one is %s', async (name, damage) => {
    const { store } = await spoilt(`import ${name}`, damage)
    writeFiles(path.join(folder, `new ${name}`), { 'd.md': `# Moors\n\n${prose(4, 300)}` })
    await importFolder(store, [path.join(folder, `new ${name}`)], fakeEmbedder())
    expect(store.passages.pendingCount()).toBe(0)
    const near = await store.vectors.nearest(new Float32Array(64).fill(1), 100)
    expect(near).toHaveLength(store.passages.count())
    await store.close()
  })

  it('are kept where only the system refuses, or LanceDB cannot be used', async () => {
    const data = path.join(folder, 'refused')
    const first = await openStore(data)
    await importFolder(first, [writing], fakeEmbedder())
    await first.close()
    const store = await openStore(data)
    trouble.error = new Error('LanceError(IO): Generic LocalFileSystem error: Too many open files (os error 24)')
    const nearest = () => store.vectors.nearest(new Float32Array(64).fill(1), 5)
    await expect(nearest()).rejects.toThrow('Too many open files')
    await expect(store.vectors.prepare({ id: 'another', dimensions: 64 })).rejects.toThrow('Too many open files')
    expect(store.passages.pendingCount()).toBe(0)
    expect(store.vectors.embedder()).toEqual({ id: 'fake', dimensions: 64 })
    trouble.error = null
    expect(await nearest()).toHaveLength(5)
    await store.close()
  })
})

describe('what is kept beside the vectors', () => {
  const WORD = 'Quillfeather'
  const secret = (name: string) =>
    writeFiles(path.join(folder, name), {
      'keep.md': `# Lamps\n\n${prose(1, 300)}`,
      'secret.md': `# ${WORD}\n\nThe ${WORD} was mine. ${prose(2, 300)}`,
    })

  it('is no text, so that none of a removed piece stays', async () => {
    const data = path.join(folder, 'no text')
    const store = await openStore(data)
    await importFolder(store, [secret('no text writing')], fakeEmbedder())
    expect(say(data, WORD)).toEqual([])
    const { id } = store.documents.list({ text: WORD }).documents[0]!
    await store.removeDocument(id)
    expect(store.vectors.untidy()).toBe(true)
    // Rows that are gone stay in the old files until then: a removal is tidied after when the store is closed, too.
    await store.close()
    expect(say(data, id)).toEqual([])
    const again = await openStore(data)
    expect(again.vectors.untidy()).toBe(false)
    await again.close()
  })

  it('is none of a piece that was removed while its vectors were made', async () => {
    const store = await openStore(path.join(folder, 'meanwhile'))
    await importFolder(store, [secret('meanwhile writing')])
    const embedder = fakeEmbedder()
    const { id } = store.documents.list({ text: WORD }).documents[0]!
    const slow = {
      ...embedder,
      async embed(...asked: Parameters<typeof embedder.embed>) {
        await store.removeDocument(id)
        return embedder.embed(...asked)
      },
    }
    await reembed(store, slow)
    const near = await store.vectors.nearest(new Float32Array(64).fill(1), 100)
    expect(near).toHaveLength(store.passages.count())
    expect(near.filter((one) => one.id.startsWith(id))).toEqual([])
    expect(store.vectors.untidy()).toBe(false)
    await store.close()
  })

  it('is tidied by an import that has no vectors to make, where a kill came before', async () => {
    const data = path.join(folder, 'killed')
    const writing = secret('killed writing')
    const store = await openStore(data)
    await importFolder(store, [writing], fakeEmbedder())
    const { id } = store.documents.list({ text: WORD }).documents[0]!
    // As a kill between SQLite's commit and LanceDB's leaves it.
    store.transaction(() => {
      store.documents.remove(id)
      store.vectors.expectRemoval()
    })
    expect(say(data, id)).not.toEqual([])
    rmSync(path.join(writing, 'secret.md'))
    await importFolder(store, [writing], fakeEmbedder())
    expect(say(data, id)).toEqual([])
    await store.close()
  })

  it('is taken over without its texts from an earlier version, and nothing is computed again', async () => {
    const data = path.join(folder, 'earlier')
    const store = await openStore(data)
    await importFolder(store, [secret('earlier writing')], fakeEmbedder())
    const passages = store.passages.all()
    const vectors = await fakeEmbedder().embed(passages.map(({ title, text }) => `${title}\n${text}`))
    await store.close()
    // As versions before this one left it.
    rmSync(path.join(data, 'vectors'), { recursive: true })
    mkdirSync(path.join(data, 'vectors'))
    const connection = await lancedb.connect(path.join(data, 'vectors'))
    const rows = passages.map(({ id, document, date, kind, title, text }, at) => ({
      ...{ id, document, date: date ?? '', kind, title, text },
      vector: Array.from(vectors[at]!),
    }))
    const old = await connection.createTable('passages', rows)
    old.close()
    connection.close()
    const before = await openStore(data)
    before.settings.remove('library.vectors')
    await before.close()
    expect(say(data, WORD)).not.toEqual([])

    const now = await openStore(data)
    const found = await now.vectors.nearest(vectors[0]!, 1)
    expect(found).toEqual([{ id: passages[0]!.id, similarity: expect.closeTo(1, 5) }])
    expect(await now.vectors.nearest(vectors[0]!, 100)).toHaveLength(passages.length)
    expect(now.passages.pendingCount()).toBe(0)
    expect(say(data, WORD)).toEqual([])
    await now.close()
  })
})
