/** Folders that nothing is learned from, files that are not as they were read, and folders that are watched. */
import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkFiles, stateOfFile } from '../../main/library/check.ts'
import { watchFolders } from '../../main/library/watch.ts'
import { decideAll, isBelow } from '../../main/library/whose.ts'
import { openStore } from '../../main/store/store.ts'
import { importFolder, post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()
const files = (names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name, n) => [name, post({ title: name }, prose(n, 80))]))

describe('a folder that nothing is learned from', () => {
  it('keeps its pieces for reading now and after later imports, until that is taken back', async () => {
    const store = await openStore(path.join(folder, 'data-1'))
    const writing = writeFiles(path.join(folder, 'one'), files(['a.md', 'old/b.md', 'old/c.md', 'older/d.md']))
    await importFolder(store, [writing])
    const statusOf = (name: string) => store.documents.byPath(path.join(writing, name))?.status
    expect(['a.md', 'old/b.md', 'older/d.md'].map(statusOf)).toEqual(['mine', 'mine', 'mine'])
    store.folders.exclude(path.join(writing, 'old'))
    decideAll(store)
    expect(['a.md', 'old/b.md', 'old/c.md', 'older/d.md'].map(statusOf)).toEqual([
      'mine',
      'excluded',
      'excluded',
      'mine',
    ])
    writeFiles(writing, files(['old/new.md']))
    await importFolder(store, [writing])
    expect(statusOf('old/new.md')).toBe('excluded')
    // What the owner decided on one piece stands above the folder.
    store.documents.setStatus(store.documents.byPath(path.join(writing, 'old/b.md'))!.id, 'mine')
    decideAll(store)
    expect(statusOf('old/b.md')).toBe('mine')
    expect(store.folders.include(path.join(writing, 'old'))).toBe(true)
    decideAll(store)
    expect(['old/b.md', 'old/c.md', 'old/new.md'].map(statusOf)).toEqual(['mine', 'mine', 'mine'])
    await store.close()
  })

  it('does not take a name that begins alike for a folder inside', () => {
    expect(isBelow(path.join('/w', 'old', 'x.md'), path.join('/w', 'old'))).toBe(true)
    expect(isBelow(path.join('/w', 'older', 'x.md'), path.join('/w', 'old'))).toBe(false)
    expect(isBelow(path.join('/w', 'x.md'), '/')).toBe(true)
  })
})

describe('checkFiles', () => {
  it('tells changed from touched, and gone from both', async () => {
    const store = await openStore(path.join(folder, 'data-2'))
    const names = ['same.md', 'touched.md', 'longer.md', 'other.md', 'gone.md']
    const writing = writeFiles(path.join(folder, 'two'), files(names))
    await importFolder(store, [writing])
    const at = (name: string): string => path.join(writing, name)
    const id = (name: string): string => store.documents.byPath(at(name))?.id ?? ''
    utimesSync(at('touched.md'), 5000, 5000)
    appendFileSync(at('longer.md'), 'more')
    const { size } = store.documents.byPath(at('other.md'))!
    writeFileSync(at('other.md'), 'x'.repeat(size))
    utimesSync(at('other.md'), 6000, 6000)
    rmSync(at('gone.md'))
    expect(await checkFiles(store.documents.files())).toEqual({
      changed: [id('longer.md'), id('other.md')],
      gone: [id('gone.md')],
    })
    mkdirSync(at('gone.md'))
    expect(stateOfFile(store.documents.get(id('gone.md'))!)).toBe('gone')
    await store.close()
  })
})

describe('watchFolders', () => {
  it('tells once after several changes, also in a folder that came later, and no more after its end', async () => {
    const watched = writeFiles(path.join(folder, 'watched'), { 'a.md': 'a' })
    let told = 0
    const watching = watchFolders(() => void told++, 150)
    watching.set([watched])
    writeFiles(watched, { 'b.md': 'b', 'c.md': 'c', 'below/d.md': 'd' })
    await expect.poll(() => told).toBe(1)
    writeFiles(watched, { 'below/e.md': 'e' })
    await expect.poll(() => told).toBe(2)
    watching.close()
    writeFiles(watched, { 'f.md': 'f' })
    const other = watchFolders(() => void told++, 10)
    other.set([watched])
    writeFiles(watched, { 'g.md': 'g' })
    // Had the first one still listened, both would have told of this change.
    await expect.poll(() => told).toBe(3)
    other.close()
  })

  it('waits for a folder that is not there, and for one that goes away', async () => {
    const absent = path.join(folder, 'drive')
    const told: boolean[] = []
    const watching = watchFolders((one) => void told.push(existsSync(one)), 10, 10)
    watching.set([absent])
    writeFiles(absent, { 'a.md': 'a' })
    await expect.poll(() => told.length).toBeGreaterThan(0)
    for (const round of [1, 2]) {
      // What it was told of until now is told.
      renameSync(absent, `${absent} ${round}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
      const before = told.length
      writeFiles(absent, { 'b.md': 'b' })
      await expect.poll(() => told.length).toBeGreaterThan(before)
      await new Promise((resolve) => setTimeout(resolve, 100))
      const again = told.length
      writeFiles(absent, { 'c.md': 'c' })
      await expect.poll(() => told.length).toBeGreaterThan(again)
    }
    // Nothing is to be read where nothing is.
    expect(told).not.toContain(false)
    watching.close()
  })

  it('hears nothing of a data folder in it', async () => {
    const watched = writeFiles(path.join(folder, 'with-data'), {
      'a.md': 'a',
      'data/library.db': '',
      'data/lock.db': '',
    })
    writeFiles(watched, { 'data/originals/day/a.md': 'a' })
    let told = 0
    const watching = watchFolders(() => void told++, 10)
    watching.set([watched])
    writeFiles(watched, { 'data/library.db': 'more', 'data/originals/day/b.md': 'b' })
    // Longer than the quiet that it waits for.
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(told).toBe(0)
    writeFiles(watched, { 'b.md': 'b' })
    await expect.poll(() => told).toBe(1)
    watching.close()
  })
})
