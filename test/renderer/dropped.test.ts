/** What is dropped on the window: walked, filtered and sent in batches. Entries are a browser's, in plain objects. */
import { describe, expect, it } from 'vitest'
import { READABLE } from '../../main/library/kinds.ts'
import {
  type Dropped,
  droppedItems,
  type NotGiven,
  pathsOrFiles,
  toBase64,
  toGiven,
} from '../../renderer/lib/dropped.ts'
import { words } from '../../renderer/words/words.ts'

type Tree = { [name: string]: Tree | string }

/** A folder's reader gives some entries at a time, and an empty list at the end, as browsers do. */
function entryOf(name: string, tree: Tree | string, atOnce = 100): FileSystemEntry {
  if (typeof tree === 'string') {
    const file = new File([tree], name)
    return { name, isFile: true, file: (resolve: (file: File) => void) => resolve(file) } as unknown as FileSystemEntry
  }
  const entries = Object.entries(tree).map(([key, value]) => entryOf(key, value, atOnce))
  return {
    name,
    isFile: false,
    createReader: () => {
      let from = 0
      return {
        readEntries: (resolve: (some: FileSystemEntry[]) => void) => {
          resolve(entries.slice(from, from + atOnce))
          from += atOnce
        },
      }
    },
  } as unknown as FileSystemEntry
}

const dropped = (name: string, tree: Tree | string, atOnce?: number): Dropped => ({
  file: typeof tree === 'string' ? new File([tree], name) : null,
  entry: entryOf(name, tree, atOnce),
})
const namesOf = async (...items: Dropped[]): Promise<string[]> =>
  (await pathsOrFiles(items, null)).files.map(({ name }) => name)

describe('droppedItems', () => {
  it('takes files and leaves text and links', () => {
    const file = new File(['a'], 'a.md')
    const items = [
      { kind: 'string', getAsFile: () => null },
      { kind: 'file', getAsFile: () => file, webkitGetAsEntry: () => null },
      // A browser without entries.
      { kind: 'file', getAsFile: () => file },
    ]
    const data = { items } as unknown as DataTransfer
    expect(droppedItems(data)).toEqual([
      { file, entry: null },
      { file, entry: null },
    ])
    expect(droppedItems(null)).toEqual([])
  })
})

describe('pathsOrFiles', () => {
  it('gives paths where the window sees them, and reads nothing', async () => {
    const items = [dropped('a.md', 'a'), dropped('b.md', 'b'), { file: null, entry: null }]
    const pathOf = (file: File): string => (file.name === 'b.md' ? '' : `/w/${file.name}`)
    expect(await pathsOrFiles(items, pathOf)).toEqual({ paths: ['/w/a.md'], files: [], left: [] })
  })

  it('walks folders in folders, each file with its folders', async () => {
    const blog = { 'a.md': 'a', old: { 'b.txt': 'b', older: { 'c.html': 'c' } } }
    expect(await namesOf(dropped('blog', blog), dropped('d.md', 'd'))).toEqual([
      'blog/a.md',
      'blog/old/b.txt',
      'blog/old/older/c.html',
      'd.md',
    ])
  })

  it('reads a folder to its end, however few entries come at once', async () => {
    const blog = Object.fromEntries(Array.from({ length: 7 }, (_, n) => [`${n}.md`, 'x']))
    expect(await namesOf(dropped('blog', blog, 2))).toHaveLength(7)
  })

  it('takes every kind from a folder that the library reads, and no other', async () => {
    const readable = READABLE.split(' ').map((ending) => `a${ending}`)
    const all = [...readable, 'A.MD', 'a.pdf', 'a.md.bak', 'a', '.hidden.md', '~$a.docx']
    const blog = Object.fromEntries(all.map((name) => [name, 'x']))
    expect(await namesOf(dropped('blog', blog))).toEqual([...readable, 'A.MD'].map((name) => `blog/${name}`))
  })

  it('passes hidden folders and packages over', async () => {
    const blog = { '.git': { 'a.md': 'x' }, node_modules: { 'b.md': 'x' }, 'c.md': 'x' }
    expect(await namesOf(dropped('blog', blog))).toEqual(['blog/c.md'])
  })

  it('leaves a single file of another kind to the host, which says so', async () => {
    expect(await namesOf(dropped('a.pdf', 'x'))).toEqual(['a.pdf'])
    expect(await namesOf({ file: new File(['x'], 'b.pdf'), entry: null })).toEqual(['b.pdf'])
  })

  it('stops at 5000 files, and says how many it left', async () => {
    const many = Object.fromEntries(Array.from({ length: 5003 }, (_, n) => [`${n}.md`, '']))
    const { files, left } = await pathsOrFiles([dropped('blog', { ...many, 'a.png': 'no writing' })], null)
    expect(files).toHaveLength(5000)
    const message = words.dropped.beyond('3', '5,000', true)
    expect(left).toEqual([{ path: 'blog', why: { name: 'TooManyFiles', message, next: words.dropped.byPath } }])
  })

  it('leaves out what cannot be read, and gives the rest', async () => {
    const refuse = (_: unknown, reject: (error: Error) => void): void => reject(new Error('no permission'))
    const shut = { name: 'shut', isFile: false, createReader: () => ({ readEntries: refuse }) }
    const torn = { name: 'torn.md', isFile: true, file: refuse }
    const some = [entryOf('a.md', 'a'), torn, shut, entryOf('b.md', 'b')]
    let read = false
    const readEntries = (resolve: (some: unknown[]) => void): void => {
      resolve(read ? [] : some)
      read = true
    }
    const blog = { name: 'blog', isFile: false, createReader: () => ({ readEntries }) } as unknown as FileSystemEntry
    const { files, left } = await pathsOrFiles([{ file: null, entry: blog }, dropped('c.md', 'c')], null)
    expect(files.map(({ name }) => name)).toEqual(['blog/a.md', 'blog/b.md', 'c.md'])
    const message = words.dropped.unreadable('no permission')
    expect(left.map(({ path, why }) => [path, why.message])).toEqual([
      ['blog/torn.md', message],
      ['blog/shut', message],
    ])
  })
})

describe('toGiven', () => {
  const file = (name: string, bytes: number) => ({ name, file: new File([new Uint8Array(bytes)], name) })
  const batches = async (...files: ReturnType<typeof file>[]): Promise<string[][]> => {
    const all: string[][] = []
    for await (const batch of toGiven(files, [])) all.push(batch.map(({ name }) => name))
    return all
  }

  it('keeps each batch under its bound, and sends a larger file alone', async () => {
    const three = [file('a', 3e6), file('b', 5e6), file('c', 1)]
    expect(await batches(...three)).toEqual([['a', 'b'], ['c']])
    expect(await batches(file('a', 1), file('b', 9e6), file('c', 1))).toEqual([['a'], ['b'], ['c']])
    expect(await batches()).toEqual([])
  })

  it('tells when a file was last written', async () => {
    const file = new File(['a'], 'a.md', { lastModified: 1_000_000_000_000 })
    for await (const batch of toGiven([{ name: 'a.md', file }], [])) expect(batch).toMatchObject([{ modified: 1e12 }])
    expect.assertions(1)
  })

  it('leaves out what no call can hold and what is gone by then, and sends the rest', async () => {
    const gone = {
      name: 'gone.md',
      file: { size: 3, arrayBuffer: () => Promise.reject(new Error('not found')) } as File,
    }
    const left: NotGiven[] = []
    const sent: string[] = []
    // A call's bound, and the largest file that fits it as base64 and JSON.
    const bound = 20 * 1024 * 1024
    for await (const batch of toGiven([file('a', 1), file('b', 15e6 + 1), gone, file('c', 15e6)], left)) {
      expect(JSON.stringify({ files: batch }).length).toBeLessThan(bound)
      sent.push(...batch.map(({ name }) => name))
    }
    expect(sent).toEqual(['a', 'c'])
    expect(left.map(({ path, why }) => [path, why.name])).toEqual([
      ['b', 'TooLargeToGive'],
      ['gone.md', 'NotReadable'],
    ])
  })

  it('carries every byte', async () => {
    const bytes = Uint8Array.from({ length: 100_001 }, (_, n) => (n * 7) % 256)
    for await (const [only] of toGiven([{ name: 'a', file: new File([bytes], 'a') }], []))
      expect(Buffer.from(only?.data ?? '', 'base64').equals(bytes)).toBe(true)
    expect(toBase64(new Uint8Array(0))).toBe('')
    expect.assertions(2)
  })
})
