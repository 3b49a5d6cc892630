import { chmodSync, closeSync, openSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { MAX_BYTES, READER_VERSION, readFile, readPiece } from '../../main/library/read.ts'
import { post, writeFiles } from '../helpers/library.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()
const piece = (file: string, text: string) => readPiece(file, Buffer.from(text))

describe('readPiece', () => {
  it('takes the title from the facts, else the first heading, else the name', () => {
    expect(piece('/w/x.md', post({ title: 'T' }, '# T\n\nText.'))).toMatchObject({ title: 'T', text: 'Text.' })
    expect(piece('/w/x.md', post({ title: 'T' }, '# Part one\n\nText.'))).toMatchObject({
      title: 'T',
      text: 'Part one\n\nText.',
    })
    expect(piece('/w/x.md', '# H\n\nText.')).toMatchObject({ title: 'H', text: 'Text.' })
    expect(piece('/w/2024-05-17-a-day_out.md', 'Text.')).toMatchObject({ title: 'A day out', date: '2024-05-17' })
    expect(piece('/w/2024-05-17-a-day/index.md', 'Text.')).toMatchObject({ title: 'A day', date: '2024-05-17' })
    expect(piece('/w/x.html', '<title>T - Site</title><h1>T</h1><p>Text.</p>')).toMatchObject({
      title: 'T',
      text: 'Text.',
    })
  })

  it('prefers the date in the facts to the one in the name', () => {
    expect(piece('/w/2024-05-17-x.md', post({ date: '2023-01-01' }, 'Text.'))).toMatchObject({ date: '2023-01-01' })
    expect(piece('/w/2024-05-17-x.md', post({ date: 'soon' }, 'Text.'))).toMatchObject({ date: '2024-05-17' })
    expect(piece('/w/x.md', 'Text.')).toMatchObject({ date: null })
  })

  it('takes what lies in _drafts for a draft', () => {
    expect(piece('/w/_drafts/x.md', 'Text.')).toMatchObject({ draft: true })
  })

  it.each([
    ['x.md', '', /empty/],
    ['x.md', '---\ntitle: T\n---\n', /no prose/],
    ['x.md', '```\ncode\n```', /no prose/],
    ['x.md', '---\ntags: [a\n---\nText', /front matter.*line 3/],
    ['x.gif', 'GIF89a', /kind/],
  ])('says why %s with %j is no piece', (name, text, reason) => {
    expect(piece(`/w/${name}`, text)).toMatchObject({
      reason: expect.stringMatching(reason),
      said: { code: expect.any(String) },
    })
  })
})

describe('readFile', () => {
  it('does not read a file of the same time and size, nor take one of the same content for new', () => {
    const file = path.join(writeFiles(path.join(folder, 'known'), { 'a.md': 'Text.' }), 'a.md')
    const first = readFile(file, null)
    if (first.type !== 'piece') throw new Error(first.type)
    const known = { ...first.piece, reader: READER_VERSION }
    expect(readFile(file, known)).toEqual({ type: 'unchanged', path: file, touched: null })
    // Same time and size: other content goes unseen, which shows that the file was not opened.
    const { atime, mtime } = statSync(file)
    writeFileSync(file, 'TEXT!')
    utimesSync(file, atime, mtime)
    expect(readFile(file, { ...known, mtime: Math.floor(statSync(file).mtimeMs) }).type).toBe('unchanged')
    writeFileSync(file, 'Text.')
    utimesSync(file, 1000, 1000)
    expect(readFile(file, known)).toEqual({ type: 'unchanged', path: file, touched: { mtime: 1_000_000, size: 5 } })
    expect(readFile(file, { ...known, reader: READER_VERSION - 1 }).type).toBe('piece')
    writeFileSync(file, 'Other.')
    expect(readFile(file, known).type).toBe('piece')
  })

  it('refuses a huge file by its size alone, naming both sizes', () => {
    const file = path.join(folder, 'huge.txt')
    closeSync(openSync(file, 'w'))
    truncateSync(file, 200_000_000)
    expect(readFile(file, null)).toMatchObject({
      type: 'skipped',
      path: file,
      reason: expect.stringMatching(/200\.0 MB.*20\.0 MB/),
    })
    expect(MAX_BYTES).toBe(20_000_000)
  })

  it('gives a reason when the file is gone', () => {
    expect(readFile(path.join(folder, 'gone.md'), null)).toMatchObject({ type: 'skipped', reason: 'it does not exist' })
  })

  it.skipIf(process.getuid?.() === 0)('gives a reason when the file may not be read', () => {
    const file = path.join(writeFiles(path.join(folder, 'shut'), { 'a.md': 'Text.' }), 'a.md')
    chmodSync(file, 0)
    expect(readFile(file, null)).toMatchObject({ type: 'skipped', reason: expect.stringContaining('permission') })
  })
})

describe('a title or a tag with entities', () => {
  const titled = (file: string, text: string) => {
    const piece = readPiece(file, Buffer.from(text))
    return 'reason' in piece ? piece.reason : [piece.title, piece.tags]
  }

  it('is read in letters, and only once', () => {
    const matter = (title: string): string =>
      `---\ntitle: "${title}"\ntags: [R&amp;D, "caf&eacute;"]\n---\n\nSome words.\n`
    const tags = ['R&D', 'café']
    expect(titled('/w/a.md', matter('The Interior&#39;s &#8220;feeds&#x201d;&nbsp;&ndash; now'))).toEqual([
      "The Interior's “feeds” – now",
      tags,
    ])
    expect(titled('/w/a.md', matter('What &amp;#39; is; AT&T'))).toEqual(['What &#39; is; AT&T', tags])
    expect(
      titled(
        '/w/a.html',
        '<html><head><title>Of &amp;lt;b&amp;gt;</title></head><body><p>Some words.</p></body></html>',
      ),
    ).toEqual(['Of &lt;b&gt;', []])
  })
})
