import path from 'node:path'
import { expect, it, vi } from 'vitest'
import { createBases } from '../../../main/app/models/bases.ts'
import { openCatalog } from '../../../main/app/models/catalog.ts'
import { probeModel } from '../../../main/inference/probe.ts'
import { openStore } from '../../../main/store/store.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'

const folder = temporaryFolder()

it('unloads a base that nobody used for a while, and opens it anew when it is wanted', async () => {
  process.env.IDIOLECT_MODELS = path.join(folder, 'models')
  const store = await openStore(path.join(folder, 'data'))
  const catalog = openCatalog(store.folder)
  const file = path.join(folder, 'tiny.gguf')
  writeTinyModel(file, { seed: 1, context: 512 })
  await catalog.addModel(file, { probe: (named) => probeModel(named), as: 'chat' })
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
  await store.close()
})
