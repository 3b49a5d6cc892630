/** Writing without a path: pasted texts and dropped files become files of the data folder, and lead nowhere else. */
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { keepGiven, keepPasted } from '../../../main/app/library/given.ts'
import { MAX_BYTES } from '../../../main/library/read.ts'
import { post, prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

const root = temporaryFolder()
let count = 0
const fresh = (): string => path.join(root, `folder-${count++}`)
const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64')
const pasted = (text: string, title?: string, folder = fresh()): string =>
  keepPasted(folder, { title, text, before: null })
const content = (file: string): string => readFileSync(file, 'utf8')

describe('a pasted text', () => {
  it('becomes a Markdown file with its title, and no date that nobody said', () => {
    const file = pasted('One line.\r\nAnother.\rA third.', ' The "late" ferry: a log ')
    expect(path.basename(file)).toBe('the-late-ferry-a-log.md')
    expect(content(file)).toBe('---\ntitle: "The \\"late\\" ferry: a log"\n---\n\nOne line.\nAnother.\nA third.\n')
  })

  it('is named by its first line, cut at a word', () => {
    const words = Array.from({ length: 40 }, (_, n) => `word${n}`).join(' ')
    const title = /^title: "(.*)"$/m.exec(content(pasted(`\n\n## ${words}\n\nMore.`)))?.[1] ?? ''
    expect(title).toMatch(/^word0 word1 .* word\d+…$/)
    expect(words).toContain(`${title.slice(0, -1)} `)
    expect([...title].length).toBeLessThanOrEqual(81)
    expect(path.basename(pasted('- [ ] \n\ntext'))).toBe('text.md')
  })

  it.each([
    ['اليوم كانت العبارة متأخرة', 'اليوم-كانت-العبارة-متأخرة.md'],
    ['שלום, עולם!', 'שלום-עולם.md'],
    ['🦀🎉', 'text.md'],
    ['Crab 🦀 day', 'crab-day.md'],
    ['../../etc/passwd', 'etc-passwd.md'],
  ])('called %s is kept under a name of letters', (title, name) => {
    const file = pasted('The text.', title)
    expect(path.basename(file)).toBe(name)
    expect(content(file)).toContain(`title: ${JSON.stringify(title)}\n`)
  })

  it('with front matter of its own is left as it is', () => {
    const text = '---\ntitle: Mine\ndate: 2001-01-01\n---\n\nBody.\n'
    expect(content(pasted(text))).toBe(text)
  })

  it('has the day that its owner said', () => {
    const dated = (text: string, date: string): string =>
      content(keepPasted(fresh(), { title: 'Tea', date, text, before: null }))
    expect(dated('Body.', '2024-05-17')).toBe('---\ntitle: "Tea"\ndate: 2024-05-17\n---\n\nBody.\n')
    expect(dated('---\ntitle: Mine\n---\n\nBody.', '2024-05-17')).toMatch(/^---\ndate: 2024-05-17\ntitle: Mine\n---/)
    const own = '---\ndate: 2001-01-01\n---\n\nBody.\n'
    expect(dated(own, '2024-05-17')).toBe(own)
    for (const date of ['2024-02-31', 'yesterday', '2024-05-17\ntitle: x']) {
      expect(() => dated('Body.', date)).toThrow(expect.objectContaining({ name: 'NoDate' }))
    }
  })

  it('twice is one file, and another of its name stands beside it', () => {
    const folder = fresh()
    const first = pasted('One.', 'Log', folder)
    expect(pasted('One.', 'Log', folder)).toBe(first)
    const second = pasted('Two.', 'Log', folder)
    expect(readdirSync(folder).sort()).toEqual(['log-2.md', 'log.md'])
    expect(pasted('Two.', 'Log', folder)).toBe(second)
    expect(content(first)).toContain('One.')
  })

  it('of nothing or too much is refused, and leaves no file', () => {
    const folder = fresh()
    expect(() => pasted(' \n\t\n', 'x', folder)).toThrow(expect.objectContaining({ name: 'EmptyText' }))
    // Bytes count, not characters.
    expect(() => pasted('é'.repeat(MAX_BYTES / 2 + 1), 'x', folder)).toThrow(
      expect.objectContaining({ name: 'TooLarge', message: expect.stringContaining('20.0 MB') }),
    )
    expect(() => readdirSync(folder)).toThrow(/ENOENT/)
  })
})

describe('a dropped file', () => {
  const kept = (name: string, text = 'text', folder = fresh()): string =>
    path.relative(folder, keepGiven(folder, { name, data: base64(text) }))
  const join = path.join

  it.each([
    ['a.md', 'a.md'],
    ['blog/2024/a.md', join('blog', '2024', 'a.md')],
    ['blog\\2024\\a.TXT', join('blog', '2024', 'a.TXT')],
    ['../../../etc/a.md', join('etc', 'a.md')],
    ['/etc/./cron/../a.md', join('etc', 'cron', 'a.md')],
    ['C:\\Users\\me\\a.html', join('C_', 'Users', 'me', 'a.html')],
    ['what? "yes": <no>|*.md', 'what_ _yes__ _no___.md'],
    ['line\nbreak\u0000.md', 'line_break_.md'],
    ['יומן/🦀.md', join('יומן', '🦀.md')],
    ['1/2/3/4/5/6/7/8/9/a.md', join('3', '4', '5', '6', '7', '8', '9', 'a.md')],
    ['a.docx', 'a.docx'],
  ])('%j is kept inside the folder', (name, where) => {
    expect(kept(name)).toBe(where)
  })

  it.each(['', '/', '..', 'a.pdf', 'a', '.hidden.md', 'a.md/..x', '~$a.docx'])('%j is refused', (name) => {
    const folder = fresh()
    expect(() => kept(name, 'text', folder)).toThrow(expect.objectContaining({ name: 'NotWriting' }))
    expect(() => readdirSync(folder)).toThrow(/ENOENT/)
  })

  it('keeps its bytes, once, and another of its name stands beside it', () => {
    const folder = fresh()
    const bytes = Uint8Array.from({ length: 300 }, (_, n) => n % 256)
    const file = keepGiven(folder, { name: 'x/a.txt', data: base64(bytes) })
    expect(readFileSync(file).equals(bytes)).toBe(true)
    expect(keepGiven(folder, { name: 'x/a.txt', data: base64(bytes) })).toBe(file)
    expect(kept('x/a.txt', 'another', folder)).toBe(join('x', 'a-2.txt'))
    expect(readFileSync(file).equals(bytes)).toBe(true)
  })

  it.each([`${'n'.repeat(252)}.md`, `${'🦀'.repeat(63)}.md`])(
    'with a name as long as a file may have is kept: %s',
    (name) => {
      const folder = fresh()
      const first = kept(name, 'one', folder)
      expect(kept(name, 'one', folder)).toBe(first)
      const second = kept(name, 'two', folder)
      expect(readdirSync(folder).sort()).toEqual([first, second].sort())
      // Cut between characters.
      for (const file of [first, second]) expect(file).toMatch(/^(n+|(🦀)+)(-2)?\.md$/u)
      expect(content(path.join(folder, second))).toBe('two')
    },
  )

  it('that is too large is refused', () => {
    const data = base64(new Uint8Array(MAX_BYTES + 1))
    expect(() => keepGiven(fresh(), { name: 'big.md', data })).toThrow(expect.objectContaining({ name: 'TooLarge' }))
  })
})

describe('in the library', () => {
  let app: Awaited<ReturnType<typeof createApp>>
  beforeAll(async () => {
    app = await createApp({ dataFolder: path.join(root, 'data'), host: 'terminal' })
  })
  afterAll(() => app.close())
  const paste = (text: string, title?: string) =>
    app.handlers['library.paste'](title === undefined ? { text } : { text, title })

  it('a paste is a piece, and pasted again the same one', async () => {
    const text = prose(1, 120)
    const piece = await paste(text, 'A day at the quay')
    expect(piece).toMatchObject({ title: 'A day at the quay', status: 'mine', kind: 'markdown' })
    expect((await paste(text, 'A day at the quay')).id).toBe(piece.id)
    expect((await app.handlers['library.list']({})).documents).toHaveLength(1)
  })

  it('a paste that is removed is deleted from the data folder, and can be pasted again', async () => {
    const text = prose(9, 120)
    const piece = await paste(text, 'To be rid of')
    expect(await app.handlers['library.open']({ document: piece.id })).toMatchObject({ file: 'same', kept: true })
    expect(await app.handlers['library.remove']({ document: piece.id })).toEqual({ removed: true })
    expect(existsSync(piece.path)).toBe(false)
    expect(await app.handlers['library.skipped']({})).toEqual([])
    const again = await paste(text, 'To be rid of')
    expect(again).toMatchObject({ path: piece.path, title: 'To be rid of' })
    appendFileSync(piece.path, 'Written on by hand.\n')
    expect(await app.handlers['library.removeMany']({ documents: [again.id] })).toEqual({ removed: 1 })
    expect(existsSync(piece.path)).toBe(true)
  })

  it('a paste with its day stands there', async () => {
    const text = prose(5, 120)
    const piece = await app.handlers['library.paste']({ text, title: 'Dated', date: '2019-03-02' })
    expect(piece).toMatchObject({ title: 'Dated', date: '2019-03-02' })
  })

  it('a paste of what a file of the library says is that piece', async () => {
    const text = `---\ntitle: From a file\n---\n\n${prose(3, 120)}\n`
    const file = path.join(writeFiles(path.join(root, 'own'), { 'own.md': text }), 'own.md')
    await app.handlers['library.import']({ request: 'own', paths: [file] })
    expect(await paste(text)).toMatchObject({ path: file, title: 'From a file' })
  })

  it('a paste stands before what has a date, and a dropped file by the time it was written', async () => {
    const { store } = app.context
    const dated = {
      '1.md': post({ date: '2003-04-05' }, prose(20, 80)),
      '2.md': post({ date: '2024-01-01' }, prose(21, 80)),
    }
    await app.handlers['library.import']({ request: 'd', paths: [writeFiles(path.join(root, 'dated'), dated)] })
    const old = await paste(prose(22, 80), 'From a drawer')
    expect(old.date).toBe(null)
    const written = Date.parse('2010-06-07T10:00:00Z')
    const files = [{ name: 'old.txt', data: base64(prose(23, 80)), modified: written }]
    await app.handlers['library.import']({ request: 'o', ...(await app.handlers['library.keep']({ files })) })
    const order = store.documents.mine().map((one) => path.basename(one.path))
    const places = ['from-a-drawer.md', '1.md', 'old.txt', '2.md'].map((name) => order.indexOf(name))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places).not.toContain(-1)
  })

  it('5 MB of right-to-left text and emoji come through whole', async () => {
    const line = 'היום הייתה המעבורת מאוחרת 🦀 שוב, ואיש לא הופתע. '
    const paragraph = `${line.repeat(20).trim()}\n\n`
    const text = paragraph.repeat(Math.ceil(5e6 / Buffer.byteLength(paragraph))).trim()
    expect(Buffer.byteLength(text)).toBeGreaterThan(4_990_000)
    const piece = await paste(text, 'מעבורת 🦀')
    expect(piece.title).toBe('מעבורת 🦀')
    const { text: kept } = await app.handlers['library.get']({ document: piece.id })
    expect(kept === text).toBe(true)
    expect(piece.words).toBeGreaterThan(400_000)
  })

  it('dropped files are kept first and read then', async () => {
    const { paths } = await app.handlers['library.keep']({
      files: [
        { name: 'blog/one.md', data: base64(`# One\n\n${prose(7, 100)}\n`) },
        { name: 'blog/two.txt', data: base64(prose(8, 100)) },
      ],
    })
    const given = path.join(app.context.store.folder, 'given', 'blog')
    expect(paths).toEqual([path.join(given, 'one.md'), path.join(given, 'two.txt')])
    expect(await app.handlers['library.import']({ request: 'i', paths })).toMatchObject({ documents: 2, skipped: [] })
  })
})
