/** A folder that is watched is read again by itself: what was changed, added or removed on disk. */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { createImports } from '../../../main/app/library/imports.ts'
import type { Events, ImportState } from '../../../preload/contract.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

type App = Awaited<ReturnType<typeof createApp>>
const root = temporaryFolder()
const writing = path.join(root, 'writing')
const data = path.join(root, 'data')
const at = (name: string): string => path.join(writing, name)
const text = (n: number, more = ''): string => post({ title: `Log ${n}`, date: '2024-01-01' }, prose(n, 100) + more)
const heard: ImportState[] = []
let app: App

async function open(dataFolder = data): Promise<App> {
  const opened = await createApp({ dataFolder, host: 'browser' })
  opened.events.on((name, event) => {
    if (name === 'import.state') heard.push(event as Events['import.state'])
  })
  return opened
}

beforeAll(async () => {
  writeFiles(writing, { 'a.md': text(1), 'b.md': text(2), 'deep/c.md': text(3) })
  app = await open()
  await app.handlers['library.import']({ request: 'import', paths: [writing] })
})
afterAll(() => app.close())

const watch = (watched: boolean) => app.handlers['library.watch']({ folder: writing, watched })
const titles = async () =>
  (await app.handlers['library.list']({})).documents.map(({ path: file }) => path.relative(writing, file)).sort()
const textOf = (name: string): string => {
  const { store } = app.context
  return store.documents.get(String(store.documents.byPath(at(name))?.id))?.text ?? ''
}
/** Imports that a watch made and that are over. */
const readings = (): ImportState[] => heard.filter(({ by, running }) => by === 'watch' && !running)

describe('a watched folder', () => {
  it('is watched from the moment that it is asked, and read once for what came before', async () => {
    writeFiles(writing, { 'before.md': text(4) })
    expect(await watch(true)).toMatchObject([{ path: writing, watched: true, there: true }])
    await expect.poll(titles).toEqual(['a.md', 'b.md', 'before.md', 'deep/c.md'].map(path.normalize))
    await expect.poll(() => readings().length).toBe(1)
  })

  it('reads what changed and what was added; a piece whose file was removed stays, and says so', async () => {
    const { id } = (await app.handlers['library.list']({})).documents.find((one) => one.path === at('a.md')) ?? {}
    writeFiles(writing, { 'a.md': text(1, '\n\nA line about the quay.'), 'deep/new/d.md': text(5) })
    rmSync(at('b.md'))
    const all = ['a.md', 'b.md', 'before.md', 'deep/c.md', 'deep/new/d.md']
    await expect.poll(titles).toEqual(all.map(path.normalize))
    await expect.poll(() => textOf('a.md')).toContain('A line about the quay.')
    // The same piece, not another of its name.
    expect(app.context.store.documents.byPath(at('a.md'))?.id).toBe(id)
    const gone = String(app.context.store.documents.byPath(at('b.md'))?.id)
    expect(await app.handlers['library.open']({ document: gone })).toMatchObject({ file: 'gone', title: 'Log 2' })
    expect(await app.handlers['library.check']({})).toEqual({ changed: [], gone: [gone] })
    expect(readings().every(({ error }) => error === null)).toBe(true)
  })

  it('sees what comes into a folder that is new itself', async () => {
    writeFiles(writing, { 'deep/new/e.md': text(6) })
    await expect.poll(titles).toContain(path.normalize('deep/new/e.md'))
  })

  it('is watched again after the app’s end, and what changed meanwhile is read at once', async () => {
    await app.close()
    writeFiles(writing, { 'closed.md': text(7) })
    app = await open()
    expect((await app.handlers['library.folders']({})).folders).toMatchObject([{ path: writing, watched: true }])
    await expect.poll(titles).toContain('closed.md')
    writeFiles(writing, { 'opened.md': text(8) })
    await expect.poll(titles).toContain('opened.md')
  })

  it('stops at a word', async () => {
    expect(await watch(false)).toMatchObject([{ path: writing, watched: false }])
    const other = writeFiles(path.join(root, 'other'), { 'x.md': text(20) })
    await app.handlers['library.watch']({ folder: other, watched: true })
    await expect.poll(async () => (await titles()).some((name) => name.endsWith('x.md'))).toBe(true)
    writeFiles(writing, { 'after.md': text(9) })
    // Had the first folder still been watched, its change would be told before this later one.
    writeFiles(other, { 'y.md': text(21) })
    await expect.poll(async () => (await titles()).some((name) => name.endsWith('y.md'))).toBe(true)
    expect(await titles()).not.toContain('after.md')
  })

  it('is read once more when it changes while it is read', async () => {
    const busy = writeFiles(path.join(root, 'busy'), { 'early.md': text(30) })
    const imports = createImports(app.context, {
      begin() {},
      lost() {},
      now: async () => 0,
      close: async () => {},
    })
    let late = false
    const stop = app.events.on((name, event) => {
      const stage = name === 'import.progress' && 'stage' in event ? event.stage : null
      if (late || stage !== 'reading') return
      late = true
      writeFiles(busy, { 'late.md': text(31) })
      void imports.readAgain(busy)
    })
    await imports.readAgain(busy)
    stop()
    expect((await titles()).map((name) => path.basename(name))).toEqual(expect.arrayContaining(['early.md', 'late.md']))
  })

  it('that holds the data folder is read no more often than it changes', async () => {
    const home = path.join(root, 'home')
    writeFiles(home, { 'a.md': text(40) })
    const inside = await open(path.join(home, 'idiolect'))
    const { store } = inside.context
    await inside.handlers['library.import']({ request: 'import', paths: [home] })
    writeFiles(home, { 'idiolect/originals/day/a.md': text(41) })
    heard.length = 0
    await inside.handlers['library.watch']({ folder: home, watched: true })
    await expect.poll(() => readings().length).toBe(1)
    // Longer than a watch waits after a change.
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(readings()).toHaveLength(1)
    const { path: file } = await inside.handlers['library.paste']({ title: 'Pasted', text: prose(42, 80) })
    expect(store.documents.files().map((one) => one.path)).toEqual([path.join(home, 'a.md'), file])
    await inside.close()
  })

  it('that is gone says so, and loses no piece', async () => {
    const pieces = await titles()
    const other = path.join(root, 'other')
    rmSync(other, { recursive: true })
    const folders = await app.handlers['library.watch']({ folder: other, watched: true })
    expect(folders.find((one) => one.path === other)).toMatchObject({ there: false, watched: true })
    await expect.poll(() => readings().at(-1)?.error).not.toBeNull()
    expect(await titles()).toEqual(pieces)
  })
})
