import { renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { history } from '../../main/library/history.ts'
import { importPaths } from '../../main/library/import.ts'
import { directReader } from '../../main/library/reader.ts'
import { openStore } from '../../main/store/store.ts'
import type { ImportProgress, ImportReport } from '../../preload/contract.ts'
import { fakeEmbedder, importFolder, post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()

function library(name: string, pieces = 5): string {
  const files = Object.fromEntries(
    Array.from({ length: pieces }, (_, n) => [
      `${n}.md`,
      post({ title: `Piece ${n}`, date: `2024-01-0${n + 1}` }, prose(n, 200)),
    ]),
  )
  return writeFiles(path.join(folder, name), files)
}

describe('importPaths', () => {
  it('reads once, embeds once, and next time only what changed', async () => {
    const store = await openStore(path.join(folder, 'data-1'))
    const writing = library('once')
    const embedder = fakeEmbedder()
    const first = await importFolder(store, [writing], embedder)
    expect(first).toMatchObject({ documents: 5, unchanged: 0, skipped: [], questions: [] })
    expect(first.passages).toBe(store.passages.count())
    expect(embedder.embedded).toBe(first.passages)
    expect(await importFolder(store, [writing], embedder)).toMatchObject({ documents: 0, passages: 0, unchanged: 5 })
    expect(embedder.embedded).toBe(first.passages)
    // Touched, not changed.
    utimesSync(path.join(writing, '1.md'), 5000, 5000)
    expect(await importFolder(store, [writing], embedder)).toMatchObject({ documents: 0, unchanged: 5 })
    expect(store.documents.byPath(path.join(writing, '1.md'))?.mtime).toBe(5_000_000)
    // Changed.
    const { id } = store.documents.byPath(path.join(writing, '2.md'))!
    writeFiles(writing, { '2.md': post({ title: 'Anew', date: '2024-01-03' }, prose(77, 100)) })
    const third = await importFolder(store, [writing], embedder)
    expect(third).toMatchObject({ documents: 1, unchanged: 4 })
    expect(embedder.embedded).toBe(first.passages + third.passages)
    expect(store.documents.get(id)).toMatchObject({ title: 'Anew' })
    expect(store.passages.ofDocument(id)).toHaveLength(third.passages)
    expect(await store.vectors.nearest(new Float32Array(64).fill(1), 1000)).toHaveLength(store.passages.count())
    await store.close()
  })

  it('tells each stage with the request and ends each at its total', async () => {
    const store = await openStore(path.join(folder, 'data-2'))
    const seen: ImportProgress[] = []
    const onProgress = (progress: ImportProgress) => seen.push(progress)
    await importPaths({
      store,
      embedder: fakeEmbedder(),
      paths: [library('stages')],
      request: 'r7',
      reader: directReader(),
      onProgress,
    })
    expect([...new Set(seen.map(({ stage }) => stage))]).toEqual(['finding', 'reading', 'embedding', 'indexing'])
    expect(new Set(seen.map(({ request }) => request))).toEqual(new Set(['r7']))
    for (const stage of ['reading', 'embedding'] as const) {
      const last = seen.filter((progress) => progress.stage === stage).at(-1)!
      expect(last.total).toBeGreaterThan(0)
      expect(last.done).toBe(last.total)
    }
    await store.close()
  })

  it('lists what it cannot read with reasons, keeps them, and forgets them when they are mended', async () => {
    const store = await openStore(path.join(folder, 'data-3'))
    const writing = writeFiles(library('reasons', 1), {
      'broken.md': '---\ntags: [a\n---\nText',
      'bytes.txt': Buffer.from([0x61, 0xe9, 0x62]),
      'empty.md': '',
      'picture.png': 'x',
      'copy.md': post({ title: 'Piece 0', date: '2024-01-01' }, prose(0, 200)),
    })
    const report = await importFolder(store, [writing])
    const reasons = Object.fromEntries(report.skipped.map((file) => [path.basename(file.path), file.reason]))
    expect(reasons).toEqual({
      'broken.md': expect.stringContaining('line 3'),
      'bytes.txt': expect.stringContaining('UTF-8'),
      'empty.md': expect.stringContaining('empty'),
      'picture.png': expect.stringContaining('.png'),
      'copy.md': expect.stringContaining(path.join(writing, '0.md')),
    })
    expect(store.skipped.list()).toHaveLength(5)
    writeFiles(writing, { 'broken.md': '---\ntags: [a]\n---\nText' })
    rmSync(path.join(writing, 'picture.png'))
    expect((await importFolder(store, [writing])).documents).toBe(1)
    expect(store.skipped.list().map((file) => path.basename(file.path))).toEqual(['bytes.txt', 'copy.md', 'empty.md'])
    await store.close()
  })

  it('is an error when nothing at all could be read, with the whole report behind it', async () => {
    const store = await openStore(path.join(folder, 'data-4'))
    const pictures = writeFiles(path.join(folder, 'pictures'), { 'a.jpg': 'x', 'b.png': 'y' })
    const error = await importFolder(store, [pictures]).catch((thrown: unknown) => thrown as Error)
    expect(error).toMatchObject({ name: 'NothingToImport', message: expect.stringContaining('a.jpg') })
    expect(((error as Error).cause as ImportReport).skipped).toHaveLength(2)
    expect(store.documents.count()).toBe(0)
    await expect(importFolder(store, [path.join(folder, 'no-such')])).rejects.toMatchObject({ name: 'NothingToImport' })
    await store.close()
  })

  it('keeps id and decision of a piece that moved', async () => {
    const store = await openStore(path.join(folder, 'data-5'))
    const writing = library('moved', 2)
    await importFolder(store, [writing], fakeEmbedder())
    const before = store.documents.byPath(path.join(writing, '0.md'))!
    store.documents.setStatus(before.id, 'excluded')
    renameSync(path.join(writing, '0.md'), path.join(writing, 'elsewhere.md'))
    expect(await importFolder(store, [writing], fakeEmbedder())).toMatchObject({
      documents: 1,
      unchanged: 1,
      skipped: [],
    })
    expect(store.documents.get(before.id)).toMatchObject({
      path: path.join(writing, 'elsewhere.md'),
      status: 'excluded',
    })
    // Another piece may now take the old place.
    writeFileSync(path.join(writing, '0.md'), 'Something else.')
    await importFolder(store, [writing], fakeEmbedder())
    expect(store.documents.count()).toBe(3)
    expect(store.passages.pendingCount()).toBe(0)
    await store.close()
  })

  it('keeps what was read when it is cancelled, and goes on', async () => {
    const store = await openStore(path.join(folder, 'data-6'))
    const writing = library('cancel')
    for (const stage of ['reading', 'embedding'] as const) {
      const stop = new AbortController()
      const input = {
        store,
        embedder: fakeEmbedder(),
        paths: [writing],
        request: 'r',
        reader: directReader(),
        signal: stop.signal,
      }
      const cancelled = importPaths({
        ...input,
        onProgress: (progress) => {
          if (progress.stage === stage && (stage === 'embedding' || progress.done === 2)) stop.abort()
        },
      })
      await expect(cancelled).rejects.toMatchObject({ name: 'Cancelled' })
      expect(store.documents.count()).toBe(stage === 'reading' ? 2 : 5)
      expect(store.passages.embeddedCount()).toBe(0)
    }
    expect(await importFolder(store, [writing], fakeEmbedder())).toMatchObject({ documents: 0, unchanged: 5 })
    expect(store.passages.pendingCount()).toBe(0)
    await store.close()
  })
})

describe('history', () => {
  it("holds the owner's pieces by time, dates that sort as text", async () => {
    const store = await openStore(path.join(folder, 'data-7'))
    const writing = writeFiles(path.join(folder, 'history'), {
      'a.md': post({ date: '2024-01-02' }, 'Second.'),
      'b.md': post({ date: '2024-01-01 23:30:00 -0500' }, 'Third, by the clock in Greenwich.'),
      'c.md': post({ date: '2024-01-01' }, 'First.'),
      'd.md': 'Fourth, by its file.',
      'e.md': post({ date: '2023-01-01', draft: 'true' }, 'Nobody.'),
    })
    utimesSync(path.join(writing, 'd.md'), 1_720_000_000, 1_720_000_000)
    await importFolder(store, [writing])
    const pieces = history(store)
    expect(pieces.map(({ text }) => text.split(/[ ,.]/)[0])).toEqual(['First', 'Second', 'Third', 'Fourth'])
    expect(pieces.map(({ date }) => date)).toEqual([
      '2024-01-01',
      '2024-01-02',
      '2024-01-02T04:30:00.000Z',
      '2024-07-03T00:00:00.000Z',
    ])
    expect(pieces.map(({ date }) => date).toSorted()).toEqual(pieces.map(({ date }) => date))
    await store.close()
  })
})
