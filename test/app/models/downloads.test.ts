/** What is fetched does not take itself into use. */
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { tinyCatalog } from '../../e2e/tiny-catalog.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

const root = temporaryFolder()
const before = { ...process.env }
afterEach(() => {
  process.env = { ...before }
})

it('the base in use stays in use when another one comes that stands before it in the list', async () => {
  const { hub, env } = await tinyCatalog(root, { larger: true })
  Object.assign(process.env, env)
  const { handlers, close } = await createApp({ dataFolder: path.join(root, 'data'), host: 'terminal' })
  await handlers['models.get']({ request: 'one', model: 'tiny-larger' })
  expect((await handlers['app.state']({})).base).toBe('tiny-larger')
  await handlers['models.get']({ request: 'two', model: 'tiny-starter' })
  const models = await handlers['models.list']({})
  expect(models.map(({ id, installed }) => [id, installed])).toEqual([
    ['tiny-starter', true],
    ['tiny-larger', true],
  ])
  expect((await handlers['app.state']({})).base).toBe('tiny-larger')
  await close()
  await hub.close()
})
