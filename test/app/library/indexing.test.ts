/** Vectors in the background: a model is opened for them when there is something to do, and not at every start. */
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
  return { store, writing, opened, now }
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
})
