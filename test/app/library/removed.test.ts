/** What the owner removed stays away when its folder is read again, until its file is added by itself. */
import { appendFileSync, copyFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

const root = temporaryFolder()
let count = 0
let writing: string
let app: Awaited<ReturnType<typeof createApp>>

const text = (title: string): string => post({ title }, prose(title.charCodeAt(0), 120))
const at = (name: string): string => path.join(writing, name)
const read = (one = writing) => app.handlers['library.import']({ request: 'import', paths: [one] })
const idOf = (name: string): string => app.context.store.documents.byPath(at(name))?.id ?? ''
const remove = (name: string) => app.handlers['library.remove']({ document: idOf(name) })
const there = async (): Promise<string[]> =>
  (await app.handlers['library.list']({})).documents.map((one) => `${path.basename(one.path)} ${one.title}`).sort()
const removedFiles = async (): Promise<string[]> =>
  (await app.handlers['library.skipped']({}))
    .filter(({ said }) => said?.code === 'skip.removed')
    .map((one) => path.basename(one.path))

beforeEach(async () => {
  writing = path.join(root, `writing-${count}`)
  app = await createApp({ dataFolder: path.join(root, `data-${count++}`), host: 'browser' })
  writeFiles(writing, { '1.md': text('A'), '2.md': text('B'), '3.md': text('C') })
  await read()
})
afterEach(() => app.close())

describe('a piece that was removed', () => {
  it('is passed over when its folder is read, and listed with the reason', async () => {
    await app.handlers['library.setStatus']({ document: idOf('2.md'), status: 'excluded' })
    await remove('2.md')
    expect(await removedFiles()).toEqual(['2.md'])
    const report = await read()
    expect(report).toMatchObject({ documents: 0, unchanged: 2, skipped: [{ path: at('2.md') }] })
    expect(report.skipped[0]?.reason).toMatch(/you removed it .* add the file itself/)
    expect(await there()).toEqual(['1.md A', '3.md C'])
    expect(await removedFiles()).toEqual(['2.md'])
  })

  it('is passed over also when all were removed at once, which is no error', async () => {
    await app.handlers['library.removeMany']({ documents: ['1.md', '2.md', '3.md'].map(idOf) })
    expect((await read()).skipped).toHaveLength(3)
    expect(await there()).toEqual([])
  })

  it('is passed over under another name, as a copy, and when it was written on', async () => {
    await remove('2.md')
    copyFileSync(at('2.md'), at('copy.md'))
    renameSync(at('2.md'), at('0.md'))
    await read()
    expect(await removedFiles()).toEqual(['0.md', 'copy.md'])
    appendFileSync(at('0.md'), '\nOne line more.\n')
    await read()
    expect(await there()).toEqual(['1.md A', '3.md C'])
  })

  it('does not come back in a file that another piece was in, which stays', async () => {
    await remove('2.md')
    renameSync(at('2.md'), at('x'))
    renameSync(at('1.md'), at('2.md'))
    renameSync(at('x'), at('1.md'))
    await read()
    expect(await there()).toEqual(['2.md A', '3.md C'])
    expect(await removedFiles()).toEqual(['1.md'])
    // The piece in its old file is written on like any other.
    appendFileSync(at('2.md'), '\nOne line more.\n')
    expect(await read()).toMatchObject({ documents: 1 })
  })

  it('comes back when its file is named by itself, and stays for later imports', async () => {
    await remove('2.md')
    await read(at('2.md'))
    expect(await there()).toEqual(['1.md A', '2.md B', '3.md C'])
    expect(await removedFiles()).toEqual([])
    expect(await read()).toMatchObject({ documents: 0, unchanged: 3, skipped: [] })
  })

  it('comes back with its file where that was gone when the piece was removed', async () => {
    rmSync(at('2.md'))
    await remove('2.md')
    writeFiles(writing, { '2.md': text('B') })
    expect(await read()).toMatchObject({ documents: 1, skipped: [] })
  })

  it('leaves its place to another text once its file was gone, and does not come back there itself', async () => {
    await remove('2.md')
    rmSync(at('2.md'))
    await read()
    writeFiles(writing, { '2.md': text('D') })
    expect(await read()).toMatchObject({ documents: 1, skipped: [] })
    expect(await there()).toEqual(['1.md A', '2.md D', '3.md C'])
    await remove('2.md')
    rmSync(at('2.md'))
    await read()
    writeFiles(writing, { '2.md': text('D') })
    await read()
    expect(await there()).toEqual(['1.md A', '3.md C'])
    expect(await removedFiles()).toEqual(['2.md'])
  })

  it('stays away when a watched folder changes', async () => {
    await remove('2.md')
    await app.handlers['library.watch']({ folder: writing, watched: true })
    writeFiles(writing, { '4.md': text('D') })
    await expect.poll(there).toContain('4.md D')
    expect(await there()).toEqual(['1.md A', '3.md C', '4.md D'])
  })
})
