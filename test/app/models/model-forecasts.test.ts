/** Forecasts through the app on a tiny base: nothing is called measured until it was. */
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'
import { writeTinyModel } from '../../helpers/tiny-model.ts'

const root = temporaryFolder()
let app: Awaited<ReturnType<typeof createApp>>

beforeAll(async () => {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  const file = path.join(root, 'tiny.gguf')
  writeTinyModel(file, { context: 512 })
  app = await createApp({ dataFolder: path.join(root, 'data'), host: 'terminal' })
  await app.handlers['models.add']({ request: 'add', file, as: 'chat' })
}, 120_000)
afterAll(() => app.close())

/** Milliseconds that measuring took. */
let took = 0

it('measures on request, that model alone, and keeps it', async () => {
  const before = await app.handlers['models.forecast']({})
  const chat = (await app.handlers['models.list']({})).filter(({ role }) => role === 'chat').map(({ id }) => id)
  expect(before.models.map(({ model }) => model).sort()).toEqual(chat.sort())
  expect(before.models.some(({ measured }) => measured)).toBe(false)
  expect(
    before.models.every(({ chatTokensPerSecond, prefill }) => chatTokensPerSecond === null && prefill === null),
  ).toBe(true)
  // Nothing is known, so nothing is recommended; there is no library to learn from either.
  expect(before.recommended).toBeNull()
  expect(before.models.every(({ trainSeconds }) => trainSeconds === null)).toBe(true)

  const began = Date.now()
  const tiny = await app.handlers['models.measure']({ request: 'measure', model: 'tiny' })
  took = Date.now() - began
  expect(tiny).toMatchObject({ model: 'tiny', measured: true })
  expect(tiny.chatTokensPerSecond).toBeGreaterThan(0)
  const after = await app.handlers['models.forecast']({})
  expect(after.models.filter(({ measured }) => measured).map(({ model }) => model)).toEqual(['tiny'])
  // Drawn from it for the others, which are far larger.
  for (const { model, chatTokensPerSecond } of after.models)
    if (model !== 'tiny') expect(chatTokensPerSecond).toBeLessThan(tiny.chatTokensPerSecond ?? 0)
})

it('measures when nothing of the app computes beside it', async () => {
  const order: string[] = []
  let end = (): void => {}
  const held = app.context.bases.withEmbedder(
    () =>
      new Promise<void>((resolve) => {
        end = () => {
          order.push('computed')
          resolve()
        }
      }),
  )
  const measured = app.handlers['models.measure']({ request: 'measure-2', model: 'tiny' }).then(() =>
    order.push('measured'),
  )
  // Longer than a tiny model takes to be measured.
  await new Promise((resolve) => setTimeout(resolve, Math.max(4000, 2 * took)))
  end()
  await Promise.all([held, measured])
  expect(order).toEqual(['computed', 'measured'])
}, 120_000)

it('tells of a file that was added since what a training on it takes', async () => {
  const file = path.join(root, 'second.gguf')
  writeTinyModel(file, { context: 512, seed: 2 })
  const { id } = await app.handlers['models.add']({ request: 'add-2', file, as: 'chat' })
  const { models } = await app.handlers['models.forecast']({})
  expect(models.find(({ model }) => model === id)).toMatchObject({ fits: 'easily', trainMemory: expect.any(Number) })
}, 120_000)

it('refuses in words what cannot be measured', async () => {
  const models = await app.handlers['models.list']({})
  const embedder = models.find(({ role }) => role === 'embedder')?.id ?? ''
  const absent = models.find(({ role, installed }) => role === 'chat' && !installed)?.id ?? ''
  const measure = (model: string) => app.handlers['models.measure']({ request: 'm', model })
  await expect(measure(embedder)).rejects.toMatchObject({ name: 'NotABase' })
  await expect(measure(absent)).rejects.toMatchObject({ name: 'NotInstalled' })
  await expect(measure('nobody')).rejects.toMatchObject({ name: 'UnknownModel' })
})
