import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { importPaths } from '../../main/library/import.ts'
import type { ReadResult } from '../../main/library/read.ts'
import { directReader, type FileToRead, workerReader } from '../../main/library/reader.ts'
import { openStore } from '../../main/store/store.ts'
import { bundle } from '../helpers/bundle.ts'
import { fakeEmbedder, post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()
const files = Object.fromEntries(
  Array.from({ length: 50 }, (_, n) => [`${n}.md`, post({ title: `P ${n}` }, prose(n, 100))]),
)
const writing = writeFiles(path.join(folder, 'writing'), { ...files, 'broken.txt': Buffer.from([0xff, 0x41]) })

describe('the import worker', () => {
  let entry = ''
  beforeAll(async () => {
    entry = await bundle('main/import-worker.ts')
  })

  it('finds and reads what this thread would', async () => {
    const direct = directReader()
    const worker = workerReader(entry)
    const found = await direct.find([writing])
    expect(await worker.find([writing])).toEqual(found)
    const jobs: FileToRead[] = found.files.map((file) => ({ path: file, known: null }))
    const results = async (reader: typeof worker) => {
      const all: ReadResult[] = []
      for await (const result of reader.read(jobs)) all.push(result)
      return all
    }
    expect(await results(worker)).toEqual(await results(direct))
    await worker.close()
  })

  it('hands an error over with its name and advice', async () => {
    const worker = workerReader(entry)
    await expect(worker.find([path.join(folder, 'missing')])).rejects.toMatchObject({
      name: 'NothingToImport',
      message: expect.stringContaining('missing'),
      next: expect.stringContaining('path'),
    })
    await worker.close()
  })

  it('says that it stopped, rather than wait for ever', async () => {
    const worker = workerReader(path.join(folder, 'no-such-entry.mjs'))
    await expect(worker.find([writing])).rejects.toMatchObject({ name: 'ImportFailed' })
    await worker.close()
  })

  it('serves a whole import', async () => {
    const store = await openStore(path.join(folder, 'data'))
    const report = await importPaths({
      store,
      embedder: fakeEmbedder(),
      paths: [writing],
      request: 'r',
      reader: workerReader(entry),
    })
    expect(report).toMatchObject({ documents: 50, skipped: [{ path: path.join(writing, 'broken.txt') }] })
    await store.close()
  })
})
