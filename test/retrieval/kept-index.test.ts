/** What search keeps from one question to the next: indices of words, which take long to build. */
import path from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { retrievePieces, searchPassages } from '../../main/retrieval/search.ts'
import { openStore, type Store } from '../../main/store/store.ts'
import { importFolder, post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const built = vi.hoisted(() => ({ indices: 0 }))
vi.mock('../../main/retrieval/bm25.ts', async (original) => {
  const real = await original<typeof import('../../main/retrieval/bm25.ts')>()
  return {
    ...real,
    createBm25: (texts: readonly string[]) => {
      built.indices++
      return real.createBm25(texts)
    },
  }
})

const folder = temporaryFolder()
let store: Store
beforeAll(async () => {
  store = await openStore(path.join(folder, 'data'))
  const pieces = Object.fromEntries(
    [1, 2, 3].map((n) => [`${n}.md`, post({ title: `Piece ${n}`, date: `2024-01-0${n}` }, prose(n, 200))]),
  )
  await importFolder(store, [writeFiles(path.join(folder, 'writing'), pieces)])
})
afterAll(() => store.close())

const pieces = () => retrievePieces(store, null, { text: prose(1, 200), k: 3 })
const asked = async () => {
  await searchPassages(store, null, { query: 'lamp', k: 3 })
  return pieces()
}

it('builds no index of words again for a tag or a score, and shows them all the same', async () => {
  const [first] = await asked()
  const { indices } = built
  expect(indices).toBe(2)
  const { id } = first!.document
  store.labelChoices.choose(id, 'tag', ['lamps'])
  store.labelChoices.choose(id, 'rate', 4)
  expect((await asked())[0]?.document).toMatchObject({ id, tags: ['lamps'], rating: 4 })
  store.labelChoices.forget(id, 'tag')
  expect((await asked())[0]?.document).toMatchObject({ id, tags: [], rating: 4 })
  expect(built.indices).toBe(indices)
})

it('builds them again where a piece is no longer searched', async () => {
  const before = await asked()
  const { indices } = built
  store.documents.setStatus(before[0]!.document.id, 'excluded')
  expect(await asked()).toHaveLength(before.length - 1)
  expect(built.indices).toBe(indices + 2)
})
