import { rmSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { reembed } from '../../main/library/embed.ts'
import { openStore } from '../../main/store/store.ts'
import { fakeEmbedder, importFolder, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

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
