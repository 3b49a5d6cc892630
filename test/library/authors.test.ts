/** Imports of whole authors: the sample that is in the project, and the real ones where they are at hand. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectFolder } from '../../main/entries.ts'
import { history } from '../../main/library/history.ts'
import { openStore } from '../../main/store/store.ts'
import { fakeEmbedder, importFolder } from '../helpers/library.ts'
import { shared } from '../helpers/shared.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()

describe('the sample author', () => {
  it('has enough dated pieces to train on, one guest and one draft to ask about', async () => {
    const store = await openStore(path.join(folder, 'sample'))
    const report = await importFolder(store, [path.join(projectFolder(), 'resources', 'sample')])
    expect(report.questions).toMatchObject([
      { kind: 'author', author: 'Oskar Tveit', documents: 1 },
      { kind: 'draft', documents: 1 },
    ])
    const pieces = history(store)
    expect(pieces.length).toBeGreaterThanOrEqual(24)
    for (const { title, text } of pieces) {
      expect(title).toMatch(/^In Which /)
      expect(text.split(/\s+/).length).toBeGreaterThan(240)
      expect(text).not.toContain(title)
    }
    expect(new Set(pieces.map(({ date }) => date.slice(0, 4)))).toEqual(new Set(['2021', '2022', '2023', '2024']))
    const { documents } = store.documents.list()
    expect(new Set(documents.flatMap(({ tags }) => tags)).size).toBeLessThanOrEqual(8)
    expect(documents.filter(({ rating }) => rating !== null).length).toBeGreaterThanOrEqual(8)
    await store.close()
  })
})

const raw = shared('data', 'raw')

describe.skipIf(raw === null)('the real authors (../shared)', () => {
  it('lists every post of skeeto with the title, date and tags that its file names', async () => {
    const source = path.join(raw!, 'nullprogram-skeeto')
    const store = await openStore(path.join(folder, 'skeeto'))
    const report = await importFolder(store, [source], fakeEmbedder())
    const names = readdirSync(source).filter((name) => name.endsWith('.md'))
    expect(report.documents).toBe(names.length)
    expect(report.skipped.map((file) => path.basename(file.path))).toEqual(['_SOURCE.txt'])
    for (const name of names) {
      // An independent look at the file: these posts keep one fact a line.
      const head = readFileSync(path.join(source, name), 'utf8').split('\n---')[0] ?? ''
      const fact = (key: string) => new RegExp(`^${key}:\\s*(.*)$`, 'm').exec(head)?.[1]?.trim()
      const document = store.documents.byPath(path.join(source, name))
      const title = fact('title')
        ?.replace(/^(["'])(.*)\1$/, '$2')
        .replaceAll("''", "'")
      const tags =
        fact('tags')
          ?.replace(/^\[|\]$/g, '')
          .split(',')
          .map((tag) => tag.trim())
          .filter(Boolean) ?? []
      expect(document).toMatchObject({
        title,
        date: expect.stringContaining(fact('date')!.slice(0, 10)),
        tags,
        status: 'mine',
      })
    }
    expect(history(store)).toHaveLength(names.length)
    expect(store.passages.embeddedCount()).toBe(report.passages)
    await store.close()
  })

  it.each(readable(raw))('reads all of %s', async (name) => {
    const store = await openStore(path.join(folder, name))
    const source = path.join(raw!, name)
    const report = await importFolder(store, [source])
    const posts = readdirSync(source).filter((file) => file.endsWith('.md')).length
    expect(report.documents).toBe(posts)
    expect(report.questions).toEqual([])
    expect(history(store)).toHaveLength(posts)
    await store.close()
  })

  it('finds ratings that are nested', async () => {
    const store = await openStore(path.join(folder, 'ratings'))
    await importFolder(store, [path.join(raw!, 'books-alexwlchan')])
    const { documents } = store.documents.list()
    expect(documents.every(({ rating }) => rating === null || (rating >= 1 && rating <= 5))).toBe(true)
    expect(documents.filter(({ rating }) => rating !== null).length).toBeGreaterThan(400)
    await store.close()
  })
})

function readable(source: string | null): string[] {
  if (source === null || !existsSync(source)) return ['the folders']
  return readdirSync(source).filter((name) => name !== 'nullprogram-skeeto')
}
