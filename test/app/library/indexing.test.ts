/** Vectors in the background: a model is opened for them when there is something to do, and not at every start. */
import { readdirSync, truncateSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AppContext } from '../../../main/app/context.ts'
import { createIndexing } from '../../../main/app/library/indexing.ts'
import { openStore } from '../../../main/store/store.ts'
import { fakeEmbedder, importFolder, post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

const folder = temporaryFolder()

/** The app around it, with one embedder and a count of how often it was asked for. */
async function library(name: string) {
  const store = await openStore(path.join(folder, name))
  const writing = writeFiles(path.join(folder, `${name}-writing`), {
    'a.md': post({ title: 'A', date: '2024-01-01' }, prose(1, 200)),
    'b.md': post({ title: 'B', date: '2024-01-02' }, prose(2, 200)),
  })
  const opened = { times: 0, sha256: 'one', embedder: fakeEmbedder() }
  const context = {
    store,
    events: { emit() {} },
    state: () => ({ training: null }),
    bases: {
      embedding: () => ({ role: 'embedder', sha256: opened.sha256 }),
      chosen: (role: string) => (role === 'embedder' ? { role, sha256: opened.sha256 } : null),
      async withEmbedder(work: (embedder: unknown) => unknown) {
        opened.times++
        return work(opened.embedder)
      },
    },
  } as unknown as AppContext
  const signal = new AbortController().signal
  const now = () => createIndexing(context).now('index', signal)
  return { store, writing, opened, now, context }
}

describe('indexing', () => {
  it('opens no model for a library without passages, nor for one that is whole', async () => {
    const { store, writing, opened, now } = await library('whole')
    expect(await now()).toBe(0)
    expect(opened.times).toBe(0)
    await importFolder(store, [writing], null)
    expect(store.passages.pendingCount()).toBeGreaterThan(0)
    expect(await now()).toBe(0)
    expect(store.passages.pendingCount()).toBe(0)
    expect(opened.times).toBeGreaterThan(0)
    const before = opened.times
    expect(await now()).toBe(0)
    expect(opened.times).toBe(before)
    await store.close()
  })

  it('begins anew where another embedder is chosen', async () => {
    const { store, writing, opened, now } = await library('another')
    await importFolder(store, [writing], null)
    await now()
    const { times } = opened
    const passages = store.passages.count()
    opened.sha256 = 'two'
    opened.embedder = fakeEmbedder('another')
    expect(await now()).toBe(0)
    expect(opened.times).toBeGreaterThan(times)
    expect(opened.embedder.embedded).toBe(passages)
    await store.close()
  })

  /** Every file of rows is empty, as a power cut leaves one. */
  const spoil = (name: string): void => {
    const rows = path.join(folder, name, 'vectors', 'vectors.lance', 'data')
    for (const file of readdirSync(rows)) truncateSync(path.join(rows, file), 0)
  }
  const search = (store: { vectors: { nearest(vector: Float32Array, limit: number): Promise<unknown[]> } }) =>
    store.vectors.nearest(new Float32Array(64).fill(1), 100)

  it('makes vectors anew whose files were spoilt, but not for ever', async () => {
    const { store, writing, opened, now, context } = await library('spoilt')
    await importFolder(store, [writing], null)
    await now()
    const count = store.passages.count()
    const indexing = createIndexing(context)
    store.vectors.whenLost(indexing.lost)
    for (let times = 1; times <= 3; times++) {
      spoil('spoilt')
      expect(await search(store)).toEqual([])
      await expect.poll(() => store.passages.pendingCount(), { timeout: 30_000 }).toBe(0)
      expect(opened.embedder.embedded).toBe((times + 1) * count)
      expect(await search(store)).toHaveLength(count)
    }
    spoil('spoilt')
    expect(await search(store)).toEqual([])
    await indexing.close()
    expect(store.passages.pendingCount()).toBe(count)
    await store.close()
  })

  it('tidies after a removal that a kill came upon, without opening a model', async () => {
    const { store, writing, opened, now, context } = await library('untidy')
    await importFolder(store, [writing], null)
    await now()
    const before = opened.times
    store.transaction(() => {
      store.documents.remove(store.documents.mine()[0]!.id)
      store.vectors.expectRemoval()
    })
    const indexing = createIndexing(context)
    indexing.begin()
    await expect.poll(() => store.vectors.untidy(), { timeout: 30_000 }).toBe(false)
    expect(await search(store)).toHaveLength(store.passages.count())
    expect(opened.times).toBe(before)
    await indexing.close()
    await store.close()
  })
})
