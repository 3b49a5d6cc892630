/** Accepted tags into files: previewed, written only if the file is as it was seen, the original kept and put back. */
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { toDocx } from '../../../main/drafts/to-docx.ts'
import { prose, writeFiles } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

type App = Awaited<ReturnType<typeof createApp>>
const root = temporaryFolder()
const writing = path.join(root, 'writing')
const text = (n: number): string => prose(n, 60)
const FILES: Record<string, string> = {
  'plain.md': `---\ntitle: Plain # a remark\ntags: [sea]\n---\n\n${text(1)}\n`,
  'bom.md': `\ufeff---\r\ntitle: Bom\r\n---\r\n\r\n${text(2)}\r\n`,
  'none.md': `# None\n\n${text(3)}\n`,
  'page.html': `<title>Page</title><p>${text(4)}</p>`,
  'gone.md': `---\ntitle: Gone\n---\n${text(5)}\n`,
  'locked.md': `---\ntitle: Locked\n---\n${text(6)}\n`,
  'other.md': `---\ntitle: Other\ntags: [sea]\n---\n${text(7)}\n`,
}
let app: App

beforeAll(async () => {
  writeFiles(writing, FILES)
  app = await createApp({ dataFolder: path.join(root, 'data'), host: 'terminal' })
  await app.handlers['library.import']({ request: 'import', paths: [writing] })
})
afterAll(() => app.close())

const at = (name: string): string => path.join(writing, name)
const idOf = (name: string): string => String(app.context.store.documents.byPath(at(name))?.id)
const accept = (name: string, ...picked: string[]) =>
  app.handlers['labels.accept']({ task: 'tag', decisions: [{ document: idOf(name), picked }] })
const preview = async (name: string) =>
  (await app.handlers['labels.preview']({ task: 'tag', documents: [idOf(name)] })).files[0]
const write = async (name: string, hash = '') =>
  (await app.handlers['labels.write']({ task: 'tag', files: [{ document: idOf(name), hash }] })).written[0]
const stateOf = async (name: string) =>
  (await app.handlers['labels.list']({ task: 'tag' })).rows.find(({ document }) => document === idOf(name))?.state

describe('writing back', () => {
  it('shows what will change, writes just that, and keeps the original', async () => {
    chmodSync(at('plain.md'), 0o640)
    await accept('plain.md', 'sea', 'fog')
    const seen = await preview('plain.md')
    expect(seen).toMatchObject({ refused: null, same: false })
    expect(seen?.diff.filter(({ sign }) => sign !== ' ')).toEqual([
      { sign: '-', text: 'tags: [sea]' },
      { sign: '+', text: 'tags: [sea, fog]' },
    ])
    expect(readFileSync(at('plain.md'), 'utf8')).toBe(FILES['plain.md'])
    const done = await write('plain.md', seen?.hash)
    expect(done?.error).toBeNull()
    expect(readFileSync(at('plain.md'), 'utf8')).toBe(FILES['plain.md']?.replace('[sea]', '[sea, fog]'))
    expect(statSync(at('plain.md')).mode & 0o777).toBe(0o640)
    expect(readFileSync(String(done?.original?.original), 'utf8')).toBe(FILES['plain.md'])
    expect(done?.original?.original).toMatch(/originals.\d{4}-\d\d-\d\dT.*plain\.md$/)
    expect(await stateOf('plain.md')).toBe('written')
    // The library knows the file as it is now.
    const report = await app.handlers['library.import']({ request: 'again', paths: [writing] })
    expect(report).toMatchObject({ documents: 0 })
    expect(app.context.store.documents.get(idOf('plain.md'))?.tags).toEqual(['sea', 'fog'])
    await expect(app.handlers['labels.undo']({ task: 'tag', documents: [idOf('plain.md')] })).rejects.toThrow(
      /stands in the file/,
    )
    expect((await preview('plain.md'))?.same).toBe(true)
  })

  it('puts the original back, and then the decision can be undone', async () => {
    const { originals } = await app.handlers['labels.list']({ task: 'tag' })
    const id = String(originals.find((one) => one.path === at('plain.md'))?.id)
    await app.handlers['labels.restore']({ id })
    expect(readFileSync(at('plain.md'), 'utf8')).toBe(FILES['plain.md'])
    expect(statSync(at('plain.md')).mode & 0o777).toBe(0o640)
    expect(await stateOf('plain.md')).toBe('accepted')
    await expect(app.handlers['labels.restore']({ id })).rejects.toThrow(/no such original/)
    await app.handlers['labels.undo']({ task: 'tag', documents: [idOf('plain.md')] })
    expect(app.context.store.documents.get(idOf('plain.md'))?.tags).toEqual(['sea'])
    expect(await app.handlers['library.import']({ request: 'x', paths: [writing] })).toMatchObject({ documents: 0 })
  })

  it('leaves a file alone that changed after the preview, and one whose own tags changed', async () => {
    await accept('other.md', 'sea', 'fog')
    const seen = await preview('other.md')
    writeFileSync(at('other.md'), `${FILES['other.md']}A line more.\n`)
    const refused = await write('other.md', seen?.hash)
    expect(refused).toMatchObject({ original: null, error: { name: 'FileChanged' } })
    expect(readFileSync(at('other.md'), 'utf8')).toBe(`${FILES['other.md']}A line more.\n`)
    // A new preview sees the line, and keeps it.
    expect((await write('other.md', (await preview('other.md'))?.hash))?.error).toBeNull()
    expect(readFileSync(at('other.md'), 'utf8')).toContain('A line more.')
    writeFileSync(at('other.md'), FILES['other.md']?.replace('[sea]', '[brass]') ?? '')
    expect((await preview('other.md'))?.refused).toMatch(/says something else since: brass/)
    const { originals } = await app.handlers['labels.list']({ task: 'tag' })
    const id = String(originals.find((one) => one.path === at('other.md'))?.id)
    await expect(app.handlers['labels.restore']({ id })).rejects.toMatchObject({ name: 'FileChanged' })
    expect(readFileSync(at('other.md'), 'utf8')).toContain('[brass]')
  })

  it('keeps the byte order mark and CRLF, and makes front matter where there is none', async () => {
    await accept('bom.md', 'fog')
    await accept('none.md', 'fog: thick', 'a, b')
    expect((await write('bom.md', (await preview('bom.md'))?.hash))?.error).toBeNull()
    expect((await write('none.md', (await preview('none.md'))?.hash))?.error).toBeNull()
    expect(readFileSync(at('bom.md'), 'utf8')).toBe(FILES['bom.md']?.replace('Bom\r\n', 'Bom\r\ntags: [fog]\r\n'))
    expect(readFileSync(at('none.md'), 'utf8')).toBe(`---\ntags: ["fog: thick", "a, b"]\n---\n\n${FILES['none.md']}`)
    await app.handlers['library.import']({ request: 'x', paths: [writing] })
    expect(app.context.store.documents.get(idOf('none.md'))?.tags).toEqual(['fog: thick', 'a, b'])
  })

  it('refuses HTML, files that are gone, read-only, empty or not UTF-8, and undecided pieces, each with a word', async () => {
    expect((await preview('page.html'))?.refused).toMatch(/nothing was decided/)
    for (const name of ['page.html', 'gone.md', 'locked.md']) await accept(name, 'fog')
    expect((await preview('page.html'))?.refused).toMatch(/HTML/)
    rmSync(at('gone.md'))
    expect((await preview('gone.md'))?.refused).toMatch(/no longer there/)
    expect(await write('gone.md')).toMatchObject({
      original: null,
      error: { message: expect.stringMatching(/no longer there/) },
    })
    chmodSync(at('locked.md'), 0o444)
    expect((await preview('locked.md'))?.refused).toMatch(/read-only/)
    chmodSync(at('locked.md'), 0o644)
    writeFileSync(at('locked.md'), '')
    expect((await preview('locked.md'))?.refused).toMatch(/empty/)
    writeFileSync(at('locked.md'), Buffer.from([0xff, 0xfe, 0x41, 0x00]))
    expect((await preview('locked.md'))?.refused).toMatch(/UTF-8/)
    expect(existsSync(at('gone.md'))).toBe(false)
  })

  it('never touches a Word document, and says why: before a preview and without one', async () => {
    const word = await toDocx(text(9), 'In Word')
    writeFileSync(at('in-word.docx'), word)
    await app.handlers['library.import']({ request: 'docx', paths: [at('in-word.docx')] })
    await accept('in-word.docx', 'fog')
    const seen = await preview('in-word.docx')
    expect(seen).toMatchObject({ refused: expect.stringMatching(/Word document/), diff: [], hash: '' })
    const sha256 = createHash('sha256').update(word).digest('hex')
    for (const hash of ['', sha256]) {
      expect(await write('in-word.docx', hash)).toMatchObject({
        original: null,
        error: { name: 'NotWritten', message: expect.stringMatching(/Word document/) },
      })
    }
    expect(readFileSync(at('in-word.docx')).equals(word)).toBe(true)
    // The decision is the library's all the same.
    expect(await stateOf('in-word.docx')).toBe('accepted')
    expect(app.context.store.documents.get(idOf('in-word.docx'))?.tags).toEqual(['fog'])
  })

  it('offers what was accepted until the files say so, also when it is no longer in the table', async () => {
    const unwritten = async () => (await app.handlers['labels.list']({ task: 'tag' })).unwritten
    writeFileSync(at('later.md'), `---\ntitle: Later\n---\n${text(9)}\n`)
    await app.handlers['library.import']({ request: 'x', paths: [at('later.md')] })
    await accept('later.md', 'fog')
    await app.handlers['labels.clear']({ task: 'tag' })
    expect(await unwritten()).toContain(idOf('later.md'))
    // A Word document never has them.
    expect(await unwritten()).not.toContain(idOf('in-word.docx'))
    expect((await write('later.md', (await preview('later.md'))?.hash))?.error).toBeNull()
    expect(readFileSync(at('later.md'), 'utf8')).toContain('tags: [fog]')
    expect(await unwritten()).not.toContain(idOf('later.md'))
  })

  it('writes the file behind a link, and leaves the link', async () => {
    const real = path.join(root, 'real.md')
    writeFileSync(real, `---\ntitle: Linked\n---\n${text(8)}\n`)
    symlinkSync(real, at('linked.md'))
    await app.handlers['library.import']({ request: 'x', paths: [at('linked.md')] })
    const { documents } = await app.handlers['library.list']({ text: 'Linked' })
    const document = String(documents[0]?.id)
    await app.handlers['labels.accept']({ task: 'tag', decisions: [{ document, picked: ['fog'] }] })
    const { files } = await app.handlers['labels.preview']({ task: 'tag', documents: [document] })
    const { written } = await app.handlers['labels.write']({
      task: 'tag',
      files: [{ document, hash: String(files[0]?.hash) }],
    })
    expect(written[0]?.error).toBeNull()
    expect(readFileSync(real, 'utf8')).toContain('tags: [fog]')
  })
})
