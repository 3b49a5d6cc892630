/** An import of a path that the system refuses to look at: it is told why, and nothing goes on running. */
import { symlinkSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

const root = temporaryFolder()
let app: Awaited<ReturnType<typeof createApp>>
beforeAll(async () => {
  app = await createApp({ dataFolder: path.join(root, 'data'), host: 'browser' })
  symlinkSync('circle', path.join(root, 'circle'))
})
afterAll(() => app.close())

it.each([
  ['too long', () => path.join(root, 'a'.repeat(300)), /cannot be read \(ENAMETOOLONG/],
  ['a link that leads in a circle', () => path.join(root, 'circle'), /leads in a circle/],
  ['empty', () => '', /empty/],
  ['a device', () => '/dev/null', /neither a file nor a folder/],
])('a path that is %s is refused in words, and the import is over', async (_, bad, why) => {
  const asked = app.handlers['library.import']({ request: bad(), paths: [bad()] })
  await expect(asked).rejects.toMatchObject({ name: 'NothingToImport', message: expect.stringMatching(why) })
  expect(await app.handlers['library.importing']({})).toMatchObject({
    running: false,
    error: { name: 'NothingToImport' },
  })
  expect(app.context.store.folders.list()).toEqual([])
})

it('an import that ended the process at two starts is given up, and says so', async () => {
  const dataFolder = path.join(root, 'broken')
  const open = () => createApp({ dataFolder, host: 'browser' })
  const before = await open()
  before.context.store.settings.set('import.pending', ['/writing'])
  before.context.store.settings.set('import.tries', 2)
  await before.close()
  const after = await open()
  expect(await after.handlers['library.importing']({})).toMatchObject({
    running: false,
    paths: ['/writing'],
    error: { name: 'ImportFailed' },
  })
  expect(after.context.store.settings.get('import.pending')).toBeNull()
  await after.close()
})
