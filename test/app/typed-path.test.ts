/** Paths as people type them, wherever the host takes one. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../main/app/app.ts'
import { typedPath } from '../../main/app/typed-path.ts'
import { post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

describe('a typed path', () => {
  it.each([
    ['~/writing', '/home/a/writing'],
    ['~', '/home/a'],
    ['"/w/my texts"', '/w/my texts'],
    ["'/w/my texts'", '/w/my texts'],
    ['"~/my texts"', '/home/a/my texts'],
    // The window puts a file's name behind a folder.
    ['"/w/my texts"/a.md', '/w/my texts/a.md'],
    ['~other/writing', '~other/writing'],
    ['/w/~/a "b"', '/w/~/a "b"'],
    ['"/w/a', '"/w/a'],
    ['/w/a', '/w/a'],
  ])('%s means %s', (typed, meant) => {
    expect(typedPath(typed, '/home/a')).toBe(meant)
  })
})

describe('the host', () => {
  const root = temporaryFolder()
  let app: Awaited<ReturnType<typeof createApp>>
  beforeAll(async () => {
    app = await createApp({ dataFolder: path.join(root, 'data'), host: 'browser' })
    writeFiles(path.join(root, 'my texts'), { 'a.md': post({ title: 'A' }, prose(1, 120)) })
  })
  afterAll(() => app.close())

  it('imports from a path in quotes, and remembers the folder without them', async () => {
    const folder = path.join(root, 'my texts')
    const report = await app.handlers['library.import']({ request: 'i', paths: [`"${folder}"`] })
    expect(report.documents).toBe(1)
    expect(app.context.store.folders.list().map((one) => one.path)).toEqual([folder])
  })

  it('writes a draft to such a path, and says which folder is missing', async () => {
    const { id: draft } = await app.handlers['draft.create']({ text: 'It rained.' })
    await app.handlers['draft.export']({ draft, file: `"${path.join(root, 'my texts')}"/b.md`, format: 'md' })
    expect(readFileSync(path.join(root, 'my texts', 'b.md'), 'utf8')).toBe('It rained.\n')
    const missing = path.join(root, 'nowhere')
    await expect(
      app.handlers['draft.export']({ draft, file: path.join(missing, 'b.md'), format: 'md' }),
    ).rejects.toMatchObject({
      name: 'CannotWrite',
      message: expect.stringMatching(/the folder .*nowhere does not exist$/),
      next: 'Make the folder, or choose another place.',
      said: { code: 'write.noFolder' },
    })
  })
})
