import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { findFiles } from '../../main/library/find.ts'
import { writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()

describe('findFiles', () => {
  it('walks folders, passes over hidden ones and node_modules, and says why it leaves a file', () => {
    const root = writeFiles(path.join(folder, 'walk'), {
      'b.md': 'b',
      'a/c.TXT': 'c',
      'a/d.htm': 'd',
      'photo.jpg': 'x',
      noext: 'x',
      'README.md': 'r',
      '_SOURCE.txt': 's',
      '.hidden/e.md': 'e',
      '.f.md': 'f',
      'node_modules/g.md': 'g',
    })
    const { files, skipped } = findFiles([root])
    expect(files.map((file) => path.relative(root, file))).toEqual(['a/c.TXT', 'a/d.htm', 'b.md'])
    expect(skipped.map((file) => [path.relative(root, file.path), file.reason])).toEqual([
      ['README.md', expect.stringContaining('describes a folder')],
      ['_SOURCE.txt', expect.stringContaining('underscore')],
      ['noext', expect.stringContaining('no extension')],
      ['photo.jpg', expect.stringContaining('.jpg')],
    ])
  })

  it('leaves out what a site builder made of the files beside it, and says so', () => {
    const root = writeFiles(path.join(folder, 'sites'), {
      'jekyll/_config.yml': '',
      'jekyll/_posts/a.md': 'a',
      'jekyll/_site/a.html': 'a',
      'hugo/config.toml': '',
      'hugo/content/b.md': 'b',
      'hugo/public/b/index.html': 'b',
      'eleventy/.eleventy.js': '',
      'eleventy/_site/c.html': 'c',
      // Folders of these names that nothing was built into.
      'own/_site/d.md': 'd',
      'own/config.toml': '',
      'own/public/e.md': 'e',
    })
    const { files, skipped } = findFiles([root])
    const below = (all: string[]): string[] => all.map((file) => path.relative(root, file).replaceAll(path.sep, '/'))
    expect(below(files)).toEqual(['hugo/content/b.md', 'jekyll/_posts/a.md', 'own/_site/d.md', 'own/public/e.md'])
    const built = skipped.filter(({ said }) => said?.code === 'skip.builtSite')
    expect(below(built.map((one) => one.path))).toEqual(['eleventy/_site', 'hugo/public', 'jekyll/_site'])
    // Named by itself it is what its owner wants.
    expect(findFiles([path.join(root, 'jekyll', '_site')]).files).toHaveLength(1)
  })

  it('reads a file that the user names, whatever its name', () => {
    const root = writeFiles(path.join(folder, 'named'), { '_notes.md': 'n' })
    expect(findFiles([path.join(root, '_notes.md')]).files).toEqual([path.join(root, '_notes.md')])
  })

  it('follows links, visits each folder and file once, and comes back from a circle', () => {
    const root = writeFiles(path.join(folder, 'links'), { 'a/one.md': '1' })
    symlinkSync('..', path.join(root, 'a', 'up'))
    symlinkSync('a', path.join(root, 'b'))
    symlinkSync('a/one.md', path.join(root, 'two.md'))
    symlinkSync('nowhere', path.join(root, 'broken.md'))
    const { files, skipped } = findFiles([root, root])
    expect(files).toEqual([path.join(root, 'a', 'one.md')])
    expect(skipped).toMatchObject([{ path: path.join(root, 'broken.md'), reason: 'this link does not exist' }])
  })

  it('leaves out data folders, also behind a link, but reads what was pasted when it is named', () => {
    const data = { 'library.db': '', 'lock.db': '', 'pasted/p.md': 'p', 'originals/day/o.md': 'o' }
    const home = writeFiles(path.join(folder, 'home'), {})
    for (const [name, content] of Object.entries(data)) {
      writeFiles(home, { [`docs/idiolect/${name}`]: content, [`docs/deep/another/${name}`]: content })
    }
    const docs = writeFiles(path.join(home, 'docs'), { 'a.md': 'a', 'b/library.db': '', 'b/c.md': 'c' })
    symlinkSync(path.join(docs, 'idiolect', 'originals'), path.join(docs, 'kept'))
    symlinkSync(path.join(docs, 'idiolect', 'originals', 'day', 'o.md'), path.join(docs, 'o.md'))
    symlinkSync(path.join(docs, 'idiolect'), path.join(home, 'linked'))
    const { files, skipped } = findFiles([docs, path.join(home, 'linked')])
    expect(files.map((file) => path.relative(docs, file))).toEqual(['a.md', path.normalize('b/c.md')])
    const own = skipped
      .filter(({ said }) => said?.code === 'skip.ownFolder')
      .map((one) => path.relative(docs, one.path))
    expect(own).toEqual([path.normalize('deep/another'), 'idiolect', 'kept', 'o.md'])
    const pasted = path.join(docs, 'idiolect', 'pasted')
    expect(findFiles([pasted]).files).toEqual([path.join(pasted, 'p.md')])
    expect(findFiles([path.join(pasted, 'p.md')]).files).toEqual([path.join(pasted, 'p.md')])
    expect(findFiles([path.join(home, 'linked')]).skipped).toMatchObject([{ said: { code: 'skip.ownFolder' } }])
  })

  it('names the path when it is missing, empty, or none was given', () => {
    const empty = path.join(folder, 'empty')
    mkdirSync(empty)
    for (const paths of [[empty], [path.join(folder, 'missing')]]) {
      expect(() => findFiles(paths)).toThrow(
        expect.objectContaining({ name: 'NothingToImport', message: expect.stringContaining(paths[0]!) }),
      )
    }
    expect(() => findFiles([])).toThrow(expect.objectContaining({ name: 'NothingToImport' }))
  })

  it.skipIf(process.getuid?.() === 0)('lists a folder that may not be read', () => {
    const root = writeFiles(path.join(folder, 'closed'), { 'a.md': 'a', 'shut/b.md': 'b' })
    chmodSync(path.join(root, 'shut'), 0)
    expect(findFiles([root]).skipped).toEqual([
      { path: path.join(root, 'shut'), reason: expect.stringContaining('permission') },
    ])
    chmodSync(path.join(root, 'shut'), 0o755)
  })
})
