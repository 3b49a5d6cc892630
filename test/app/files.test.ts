/** Files that the window was given, read as text, and the folder browser. */
import { symlinkSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApp } from '../../main/app/app.ts'
import { toDocx } from '../../main/drafts/to-docx.ts'
import { writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

let app: Awaited<ReturnType<typeof createApp>>
beforeAll(async () => {
  app = await createApp({ dataFolder: path.join(temporaryFolder(), 'data'), host: 'browser' })
})
afterAll(() => app.close())

const read = (name: string, content: string | Uint8Array) =>
  app.handlers['files.read']({ name, data: Buffer.from(content).toString('base64') })

it('reads every kind of writing, and keeps nothing of it', async () => {
  expect(await read('a.md', '---\ntitle: Rain\ntags: [a]\n---\n\nIt *rained*.\n')).toEqual({
    title: 'Rain',
    text: 'It *rained*.\n',
  })
  expect(await read('a.txt', 'One\r\ntwo')).toEqual({ title: null, text: 'One\ntwo' })
  expect(await read('a.html', '<title>Page</title><p>It <b>rained</b>.</p>')).toEqual({
    title: 'Page',
    text: 'It **rained**.',
  })
  expect((await read('a.docx', await toDocx('It rained.', 'Word'))).text).toContain('It rained.')
  expect(await app.handlers['draft.list']({})).toEqual([])
  await expect(read('a.pdf', '%PDF')).rejects.toMatchObject({ name: 'Unreadable' })
})

it('lists a folder in which a link leads in a circle', async () => {
  const folder = writeFiles(path.join(temporaryFolder(), 'writing'), { 'a.md': 'One', 'deep/b.md': 'Two' })
  symlinkSync('circle', path.join(folder, 'circle'))
  symlinkSync('deep', path.join(folder, 'linked'))
  const { entries } = await app.handlers['files.list']({ path: folder })
  expect(entries.map(({ name, pieces }) => [name, pieces])).toEqual([
    ['deep', 1],
    ['linked', 1],
    ['a.md', 0],
  ])
})
