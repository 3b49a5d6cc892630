/** Files that were renamed, numbered anew, swapped or copied: what the owner decided goes with the text. */
import { appendFileSync, copyFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stateOfFile } from '../../main/library/check.ts'
import { openStore, type Store } from '../../main/store/store.ts'
import { importFolder, post, prose, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const root = temporaryFolder()
let count = 0
let writing: string
let store: Store

const text = (title: string): string => post({ title }, prose(title.charCodeAt(0), 120))
const at = (name: string): string => path.join(writing, name)
const move = (from: string, to: string): void => renameSync(at(from), at(to))
const swap = (one: string, other: string): void => {
  move(one, 'x')
  move(other, one)
  move('x', other)
}
const read = () => importFolder(store, [writing])
const idOf = (name: string): string => store.documents.byPath(at(name))?.id ?? ''

/** Files 1.md, 2.md … of these titles, each with a tag of its own name; `B` is for reading only. */
beforeEach(async () => {
  writing = path.join(root, `writing-${count}`)
  store = await openStore(path.join(root, `data-${count++}`))
  writeFiles(writing, { '1.md': text('A'), '2.md': text('B'), '3.md': text('C') })
  await read()
  for (const { id, title } of store.documents.list().documents) store.labelChoices.choose(id, 'tag', [`tag ${title}`])
  store.documents.setStatus(idOf('2.md'), 'excluded')
})
afterEach(() => store.close())

/** What the library says of every piece whose file is as it was read. */
function pieces(): Record<string, [title: string, tags: string, status: string]> {
  const all = store.documents.list().documents.map(({ id }) => store.documents.get(id)!)
  const here = all.filter((one) => stateOfFile(one) === 'same')
  return Object.fromEntries(
    here.map(({ path: file, title, tags, status }) => [path.relative(writing, file), [title, tags.join(), status]]),
  )
}
const A = ['A', 'tag A', 'mine']
const B = ['B', 'tag B', 'excluded']
const C = ['C', 'tag C', 'mine']

describe('what was decided on a piece', () => {
  it('stays when a newer reader finds more in the same bytes', async () => {
    const file = path.join(writeFiles(writing, { '4.md': post({ title: 'D', tags: '[own]' }, prose(9, 120)) }), '4.md')
    await read()
    const piece = store.documents.byPath(file)!
    // As an older reader, which saw neither title nor tags, had left it.
    store.documents.put({ ...piece, title: '4', tags: [], reader: piece.reader - 1 }, [])
    store.labelChoices.choose(piece.id, 'tag', ['chosen'])
    store.labelChoices.choose(piece.id, 'rate', 4)
    store.documents.setStatus(piece.id, 'excluded')
    expect(await read()).toMatchObject({ documents: 1 })
    const now = store.documents.byPath(file)
    expect(now).toMatchObject({ id: piece.id, title: 'D', tags: ['chosen'], rating: 4, status: 'excluded' })
    expect(store.labelChoices.get(piece.id, 'tag')?.file).toEqual(['own'])
  })

  it('goes with each text when files are rotated', async () => {
    move('1.md', 'x')
    move('2.md', '1.md')
    move('3.md', '2.md')
    move('x', '3.md')
    expect(await read()).toMatchObject({ documents: 3, skipped: [] })
    expect(pieces()).toEqual({ '1.md': B, '2.md': C, '3.md': A })
    expect(store.documents.count()).toBe(3)
  })

  it('goes with each text when two files are swapped', async () => {
    swap('1.md', '2.md')
    expect(await read()).toMatchObject({ documents: 2, unchanged: 1, skipped: [] })
    expect(pieces()).toEqual({ '1.md': B, '2.md': A, '3.md': C })
    expect(store.documents.count()).toBe(3)
  })

  it('goes with each text when swapped files are read one at a time', async () => {
    swap('1.md', '2.md')
    await importFolder(store, [at('1.md')])
    await importFolder(store, [at('2.md')])
    expect(pieces()).toEqual({ '1.md': B, '2.md': A, '3.md': C })
    expect(store.documents.count()).toBe(3)
  })

  it('goes with the later chapters when the first is deleted; that one stays, as one whose file is gone', async () => {
    const first = idOf('1.md')
    rmSync(at('1.md'))
    move('2.md', '1.md')
    move('3.md', '2.md')
    expect(await read()).toMatchObject({ documents: 2, skipped: [] })
    expect(pieces()).toEqual({ '1.md': B, '2.md': C })
    const gone = store.documents.get(first)!
    expect([gone.title, gone.tags, stateOfFile(gone)]).toEqual(['A', ['tag A'], 'gone'])
    // A later chapter under a number that is free is a piece of its own.
    writeFiles(writing, { '3.md': text('D') })
    await read()
    expect(pieces()).toEqual({ '1.md': B, '2.md': C, '3.md': ['D', '', 'mine'] })
  })

  it('goes with each text when a chapter is put before them, which has none of it', async () => {
    move('3.md', '4.md')
    move('2.md', '3.md')
    move('1.md', '2.md')
    writeFiles(writing, { '1.md': text('N') })
    expect(await read()).toMatchObject({ documents: 4, skipped: [] })
    expect(pieces()).toEqual({ '1.md': ['N', '', 'mine'], '2.md': A, '3.md': B, '4.md': C })
    expect(store.documents.count()).toBe(4)
  })

  it('goes with a file that moves', async () => {
    const before = idOf('2.md')
    move('2.md', 'elsewhere.md')
    await read()
    expect(pieces()).toEqual({ '1.md': A, 'elsewhere.md': B, '3.md': C })
    expect(idOf('elsewhere.md')).toBe(before)
  })

  it('stays with the first file when it is copied, and the copy is left out for as long as that stands', async () => {
    copyFileSync(at('2.md'), at('0.md'))
    const { skipped } = await read()
    expect(skipped).toMatchObject([{ path: at('0.md'), said: { code: 'skip.twin', values: [at('2.md')] } }])
    expect(pieces()).toEqual({ '1.md': A, '2.md': B, '3.md': C })
    rmSync(at('2.md'))
    await read()
    expect(pieces()).toEqual({ '0.md': B, '1.md': A, '3.md': C })
    expect(store.documents.count()).toBe(3)
  })

  it('stays when a copy of another takes the file, and is there again with the text', async () => {
    copyFileSync(at('1.md'), at('2.md'))
    await read()
    expect(pieces()).toEqual({ '1.md': A, '3.md': C })
    writeFiles(writing, { '5.md': text('B') })
    await read()
    expect(pieces()).toEqual({ '1.md': A, '3.md': C, '5.md': B })
  })

  it('holds for a file that is written on, as for the copy that was kept of it', async () => {
    copyFileSync(at('2.md'), at('kept.md'))
    appendFileSync(at('2.md'), '\nAnd one line more.\n')
    await read()
    expect(pieces()).toEqual({ '1.md': A, '2.md': B, 'kept.md': B, '3.md': C })
  })

  it('holds for a file that is written anew in its place', async () => {
    const before = idOf('2.md')
    writeFiles(writing, { '2.md': text('E') })
    expect(await read()).toMatchObject({ documents: 1, unchanged: 2 })
    expect(pieces()['2.md']).toEqual(['E', 'tag B', 'excluded'])
    expect(idOf('2.md')).toBe(before)
  })
})
