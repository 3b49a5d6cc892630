import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openStore, type Store } from '../../main/store/store.ts'
import { bundle } from '../helpers/bundle.ts'
import { fakeEmbedder, importFolder, post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()

function contents(store: Store): unknown {
  return store.documents
    .list()
    .documents.map((document) => ({ ...document, passages: store.passages.ofDocument(document.id) }))
}

describe('an import that is killed', () => {
  it('leaves whole pieces only, and the next one ends where an undisturbed one does', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [
        `${n}.md`,
        post({ date: `2024-01-${String(n + 1).padStart(2, '0')}` }, prose(n, 700)),
      ]),
    )
    const writing = writeFiles(path.join(folder, 'writing'), files)
    const calm = await openStore(path.join(folder, 'calm'))
    await importFolder(calm, [writing], fakeEmbedder())
    const expected = contents(calm)
    const total = calm.passages.count()
    await calm.close()

    const seen = new Set<number>()
    const entry = await bundle('test/helpers/import-child.ts')
    for (const [index, moment] of ['reading 1', 'reading 17', 'reading 30', 'embedding 0', 'embedding 128'].entries()) {
      const data = path.join(folder, `killed-${index}`)
      const child = spawn(process.execPath, [entry, data, writing, moment], { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = once(child, 'exit')
      await once(child.stdout, 'data')
      child.kill('SIGKILL')
      expect((await ended)[1]).toBe('SIGKILL')

      const store = await openStore(data)
      seen.add(store.documents.count())
      for (const document of store.documents.list().documents) {
        const whole = (expected as { id: string; passages: unknown[] }[]).find(({ id }) => id === document.id)
        expect(store.passages.ofDocument(document.id)).toEqual(whole?.passages)
      }
      const report = await importFolder(store, [writing], fakeEmbedder())
      expect(report.documents + report.unchanged).toBe(30)
      expect(contents(store)).toEqual(expected)
      expect(await store.vectors.nearest(new Float32Array(64).fill(1), 10_000)).toHaveLength(total)
      await store.close()
    }
    // The kills did fall into the middle.
    expect(Math.min(...seen)).toBeLessThan(30)
  })
})
