import path from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createBases } from '../../../main/app/models/bases.ts'
import { openCatalog } from '../../../main/app/models/catalog.ts'
import type { Catalog } from '../../../main/catalog/catalog.ts'
import { probeModel } from '../../../main/inference/probe.ts'
import { openStore, type Store } from '../../../main/store/store.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'

const folder = temporaryFolder()
let store: Store
let catalog: Catalog

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(folder, 'models')
  store = await openStore(path.join(folder, 'data'))
  catalog = openCatalog(store.folder)
  const file = path.join(folder, 'tiny.gguf')
  writeTinyModel(file, { seed: 1, context: 512 })
  await catalog.addModel(file, { probe: (named) => probeModel(named), as: 'chat' })
}, 120_000)
afterAll(() => store.close())

it('unloads a base that nobody used for a while, and opens it anew when it is wanted', async () => {
  let minutes = 0
  const bases = createBases(
    store,
    catalog,
    async () => () => {},
    () => minutes,
  )
  const first = await bases.withBase(async (base) => base)
  expect(await bases.withBase(async (base) => base)).toBe(first)
  const dispose = vi.spyOn(first, 'dispose')
  // A tenth of a second.
  minutes = 1 / 600
  expect(await bases.withBase(async (base) => base)).toBe(first)
  await vi.waitFor(() => expect(dispose).toHaveBeenCalledTimes(1), { timeout: 20_000 })
  minutes = 0
  const second = await bases.withBase(async (base) => base)
  expect(second).not.toBe(first)
  expect(second.tokenize('the quay').length).toBeGreaterThan(0)
  await bases.close()
})

it('ends a call that is cancelled while it waits, at once and without doing its work; one that runs ends itself', async () => {
  const bases = createBases(store, catalog, async () => () => {})
  const controller = new AbortController()
  const reason = new Error('enough')
  let free = (): void => {}
  const first = bases.withBase(
    () => new Promise<string>((resolve) => (free = () => resolve('done'))),
    controller.signal,
  )
  await vi.waitFor(() => expect(String(free)).toContain('resolve'))
  const work = vi.fn(async () => 'never')
  const waiting = [bases.withBase(work, controller.signal), bases.withEmbedder(work, controller.signal)]
  const ended = Promise.all(waiting.map((call) => expect(call).rejects.toBe(reason)))
  const other = bases.withBase(async () => 'next')
  controller.abort(reason)
  // Nothing has freed the base yet.
  await ended
  await expect(bases.withBase(work, controller.signal)).rejects.toBe(reason)
  free()
  expect(await first).toBe('done')
  expect(await other).toBe('next')
  expect(work).not.toHaveBeenCalled()
  await bases.close()
})
