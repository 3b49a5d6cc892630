import { chmodSync, lstatSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../../main/app/app.ts'
import { carriedSpans } from '../../../main/drafts/carry.ts'
import { toDocx } from '../../../main/drafts/to-docx.ts'
import type { Draft, DraftSpan, Events } from '../../../preload/contract.ts'
import { prose } from '../../helpers/library.ts'
import { temporaryFolder } from '../../helpers/temporary.ts'

const root = temporaryFolder()
type App = Awaited<ReturnType<typeof createApp>>
let app: App
beforeAll(async () => {
  app = await createApp({ dataFolder: path.join(root, 'data'), host: 'browser' })
})
afterAll(() => app.close())

const at = (name: string): string => path.join(root, name)
const put = (name: string, content: string | Uint8Array): string => {
  writeFileSync(at(name), content)
  return at(name)
}
const text = (file: string): string => readFileSync(file, 'utf8')
const save = (draft: Draft, written: string): Promise<{ revision: number }> =>
  app.handlers['draft.save']({
    draft: draft.id,
    revision: draft.revision,
    text: written,
    spans: [{ from: 0, to: written.length, author: 'owner', voice: null }],
  })
/** The next word about a linked file. */
function nextChange(): Promise<Events['draft.file']> {
  return new Promise((resolve) => {
    const off = app.events.on((name, event) => {
      if (name !== 'draft.file') return
      off()
      resolve(event as Events['draft.file'])
    })
  })
}

describe('import', () => {
  it('keeps front matter apart, and writes it back with the title that the owner gave', async () => {
    const matter = '---\n# mine\ntitle: "Old: title"\ntags: [a, b]\ndate: 2024-05-17\n---\n\n'
    const file = put('post.md', `${matter}It *rained*.\n`)
    const draft = await app.handlers['draft.import']({ file })
    expect(draft).toMatchObject({ title: 'Old: title', text: 'It *rained*.\n', learn: false })
    await app.handlers['draft.export']({ draft: draft.id, file, format: 'md' })
    expect(text(file)).toBe(`${matter}It *rained*.\n`)
    await app.handlers['draft.save']({ ...draft, draft: draft.id, title: 'New' })
    await app.handlers['draft.export']({ draft: draft.id, file, format: 'md' })
    expect(text(file)).toBe(matter.replace('"Old: title"', '"New"').concat('It *rained*.\n'))
  })

  it("gives a text without words its file's name, which is never written as the title that the owner gave", async () => {
    const matter = '---\ntitle:\ndate: 2026-01-01\ntags: [a]\n---\n'
    const file = put('template.md', matter)
    const draft = await app.handlers['draft.import']({ file })
    expect(draft.title).toBe('template')
    await save(draft, 'It rained.\n')
    expect(await app.handlers['draft.get']({ draft: draft.id })).toMatchObject({ title: 'It rained.' })
    await app.handlers['draft.export']({ draft: draft.id, file, format: 'md' })
    expect(text(file)).toBe(`${matter}It rained.\n`)
  })

  it('reads text as it stands, HTML and Word as Markdown, by path or by bytes', async () => {
    const plain = await app.handlers['draft.import']({ file: put('plain.txt', 'Line *one*\r\nLine two') })
    expect(plain).toMatchObject({ text: 'Line *one*\nLine two', title: 'Line one' })
    const html = '<html><head><title>Page</title></head><body><p>It <b>rained</b>.</p></body></html>'
    const page = await app.handlers['draft.import']({ name: 'p.html', data: Buffer.from(html).toString('base64') })
    expect(page).toMatchObject({ text: 'It **rained**.', title: 'Page' })
    const word = Buffer.from(await toDocx('# A day\n\nIt **rained**.', '')).toString('base64')
    expect(await app.handlers['draft.import']({ name: 'd.docx', data: word })).toMatchObject({
      text: '# A day\n\nIt **rained**.',
      title: 'A day',
    })
    expect(await app.handlers['draft.import']({ name: 'empty.md', data: '' })).toMatchObject({
      text: '',
      title: 'empty',
    })
  })

  it('says what is wrong with a file', async () => {
    const bad: [{ file: string } | { name: string; data: string }, RegExp][] = [
      [{ file: at('nowhere.md') }, /nowhere\.md does not exist/],
      [{ file: put('a.pdf', '%PDF') }, /kind that is not read \(\.pdf\)/],
      [{ file: put('broken.docx', 'PK no') }, /no whole Word document/],
      [{ file: put('latin.txt', Buffer.from([0x61, 0xe9, 0x62])) }, /not valid UTF-8/],
      [{ file: root }, /kind that is not read|cannot be read/],
      [{ name: 'huge.md', data: Buffer.alloc(20_000_001, 97).toString('base64') }, /20\.0 MB/],
    ]
    for (const [given, message] of bad) {
      const read = app.handlers['draft.import'](given)
      await expect(read).rejects.toMatchObject({ name: 'Unreadable', message: expect.stringMatching(message) })
    }
    const before = await app.handlers['draft.list']({})
    if (process.getuid?.() !== 0) {
      chmodSync(put('secret.md', 'x'), 0)
      const read = app.handlers['draft.import']({ file: at('secret.md') })
      await expect(read).rejects.toMatchObject({ message: expect.stringMatching(/permission/) })
    }
    expect(await app.handlers['draft.list']({})).toEqual(before)
  })
})

describe('export', () => {
  it('writes each format, and never over a file that it has not seen as it stands', async () => {
    const draft = await app.handlers['draft.create']({ text: '# Tide\n\nIt **turned**.' })
    for (const format of ['md', 'html', 'docx'] as const) {
      const file = at(`tide.${format}`)
      const write = (replace?: boolean) => app.handlers['draft.export']({ draft: draft.id, file, format, replace })
      expect((await write()).bytes).toBe(readFileSync(file).length)
      // Its own file, once more.
      await write()
      writeFileSync(file, 'Somebody wrote this.')
      await expect(write()).rejects.toMatchObject({
        name: 'FileChanged',
        message: expect.stringContaining('was changed on'),
      })
      expect(text(file)).toBe('Somebody wrote this.')
      await write(true)
      await write()
      expect(text(file)).not.toContain('Somebody')
    }
    const foreign = put('foreign.md', 'Not of this draft.')
    const write = app.handlers['draft.export']({ draft: draft.id, file: foreign, format: 'md' })
    await expect(write).rejects.toMatchObject({
      name: 'FileChanged',
      message: expect.stringContaining('not written by'),
    })
    const nowhere = app.handlers['draft.export']({ draft: draft.id, file: at('no/such/folder/a.md'), format: 'md' })
    await expect(nowhere).rejects.toMatchObject({ name: 'CannotWrite' })
    const pdf = app.handlers['draft.export']({ draft: draft.id, file: at('a.pdf'), format: 'pdf' as 'md' })
    await expect(pdf).rejects.toMatchObject({ name: 'BadOption' })
  })

  it('leaves a file its permissions, and one that is read-only altogether', async () => {
    const file = put('private.md', 'Mine.\n')
    chmodSync(file, 0o600)
    const draft = await app.handlers['draft.import']({ file })
    const { revision } = await save(draft, 'Mine alone.\n')
    await app.handlers['draft.export']({ draft: draft.id, file, format: 'md' })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    chmodSync(file, 0o444)
    await save({ ...draft, revision }, 'Too late.\n')
    const write = app.handlers['draft.export']({ draft: draft.id, file, format: 'md', replace: true })
    await expect(write).rejects.toMatchObject({
      name: 'CannotWrite',
      message: `${file} was not written: the file is read-only`,
    })
    expect(text(file)).toBe('Mine alone.\n')
  })

  it.each([
    ['CRLF with a mark', '\ufeff---\r\ntitle: A\r\n---\r\n\r\nOne.\r\n', 'utf8'],
    ['UTF-16', '\ufeffOne.\r\n', 'utf16le'],
  ] as const)('keeps how a file is written: %s', async (form, content, encoding) => {
    const bytes = Buffer.from(content, encoding)
    const file = put(`${form}.md`, bytes)
    const draft = await app.handlers['draft.import']({ file })
    await app.handlers['draft.export']({ draft: draft.id, file, format: 'md' })
    expect(readFileSync(file).equals(bytes)).toBe(true)
    await save(draft, 'One.\nTwo.\n')
    await app.handlers['draft.export']({ draft: draft.id, file, format: 'md' })
    expect(readFileSync(file).toString(encoding)).toBe(content.replace('One.\r\n', 'One.\r\nTwo.\r\n'))
  })

  it('writes where a link leads', async () => {
    const draft = await app.handlers['draft.create']({ text: 'Linked.' })
    const target = put('target.md', 'Linked.\n')
    symlinkSync(target, at('link.md'))
    await app.handlers['draft.export']({ draft: draft.id, file: at('link.md'), format: 'md', replace: true })
    expect(lstatSync(at('link.md')).isSymbolicLink()).toBe(true)
    expect(text(target)).toBe('Linked.\n')
  })
})

describe('a linked file', () => {
  it('that changes, goes and comes back on disk is told of, and read only when asked for', async () => {
    const file = put('linked.md', 'One. Two. Three.\n')
    const draft = await app.handlers['draft.import']({ file })
    await app.handlers['draft.link']({ draft: draft.id, file })
    // The middle sentence is the assistant's.
    const spans: DraftSpan[] = [
      { from: 0, to: 5, author: 'owner', voice: null },
      { from: 5, to: 10, author: 'assistant', voice: 'v' },
      { from: 10, to: 17, author: 'owner', voice: null },
    ]
    await app.handlers['draft.save']({ draft: draft.id, revision: 1, text: draft.text, spans })

    const modified = nextChange()
    // As editors do: written beside, then put in its place.
    renameSync(put('linked.tmp', 'Zero. Two. Three, and four.\n'), file)
    expect(await modified).toEqual({ draft: draft.id, file, changed: 'modified' })
    const write = app.handlers['draft.export']({ draft: draft.id, file, format: 'md' })
    await expect(write).rejects.toMatchObject({ name: 'FileChanged' })
    // A window that opens it now is told too.
    const told = nextChange()
    expect((await app.handlers['draft.get']({ draft: draft.id })).text).toBe('One. Two. Three.\n')
    expect(await told).toMatchObject({ changed: 'modified' })

    const read = await app.handlers['draft.read']({ draft: draft.id })
    expect(read).toMatchObject({ text: 'Zero. Two. Three, and four.\n', revision: 3, history: null })
    const authored = read.spans.map(({ from, to, author }) => [author, read.text.slice(from, to)])
    expect(authored.find(([author]) => author === 'assistant')?.[1]).toMatch(/^ ?Two\. ?$/)
    const versions = await app.handlers['draft.versions']({ draft: draft.id })
    expect(versions[0]?.why).toBe('file')
    await app.handlers['draft.export']({ draft: draft.id, file, format: 'md' })

    const removed = nextChange()
    rmSync(file)
    expect(await removed).toMatchObject({ changed: 'removed' })
    // What is gone is not overwritten by writing it again.
    await app.handlers['draft.export']({ draft: draft.id, file, format: 'md' })
    expect(text(file)).toBe(read.text)
    expect(await app.handlers['draft.link']({ draft: draft.id, file: null })).toMatchObject({ file: null })
  })

  it('counts as seen where it says the very same, however it is written', async () => {
    const data = Buffer.from('\ufeffOne.\r\nTwo.\r\n')
    const draft = await app.handlers['draft.import']({ name: 'same.txt', data: data.toString('base64') })
    const file = put('same.txt', data)
    await app.handlers['draft.link']({ draft: draft.id, file })
    await save(draft, 'One.\nTwo.\nThree.\n')
    await app.handlers['draft.export']({ draft: draft.id, file, format: 'md' })
    expect(text(file)).toBe('\ufeffOne.\r\nTwo.\r\nThree.\r\n')
  })

  it('must hold all of a draft', async () => {
    const draft = await app.handlers['draft.create']({ text: 'x' })
    const link = app.handlers['draft.link']({ draft: draft.id, file: at('a.docx') })
    await expect(link).rejects.toMatchObject({ name: 'BadOption' })
    await expect(app.handlers['draft.read']({ draft: draft.id })).rejects.toMatchObject({ name: 'NoFile' })
    expect((await save(draft, 'still there')).revision).toBe(2)
  })
})

describe('spans carried over', () => {
  const by = (pieces: [string, DraftSpan['author']][]): { text: string; spans: DraftSpan[] } => {
    let end = 0
    const spans = pieces.map(([piece, author]) => {
      const span: DraftSpan = { from: end, to: end + piece.length, author, voice: null }
      end += piece.length
      return span
    })
    return { text: pieces.map(([piece]) => piece).join(''), spans }
  }
  const shown = (spans: DraftSpan[], whole: string) =>
    spans.map(({ from, to, author }) => `${author}:${whole.slice(from, to)}`)

  it('keep who wrote what stayed, and cover the new text', () => {
    const { text: before, spans } = by([
      ['Mine one. ', 'owner'],
      ['Its two. Its three. ', 'assistant'],
      ['Theirs four.', 'quoted'],
    ])
    const after = 'Mine new one. Its two. Mine again. Its three. Theirs'
    const carried = carriedSpans(before, spans, after)
    expect(shown(carried, after).join('|')).toMatch(
      /owner:new.*assistant:.*Its two.*owner:.*Mine again.*assistant:.*Its three.*quoted:Theirs$/s,
    )
    expect(carried.at(-1)?.to).toBe(after.length)
    for (const [other, expected] of [
      ['', []],
      [before, shown(spans, before)],
    ] as const) {
      expect(shown(carriedSpans(before, spans, other), other)).toEqual(expected)
    }
  })

  /** What somebody else than the owner wrote. */
  const foreign = (spans: DraftSpan[], whole: string): string[] =>
    spans.flatMap(({ from, to, author }) => (author === 'owner' ? [] : [whole.slice(from, to).trim()]))

  it('know words in scripts that write no spaces', () => {
    const { text: before, spans } = by([
      ['祖母の庭には古い柿の木があった。', 'owner'],
      ['秋になると屋根からでも実を取ることができました。', 'assistant'],
      ['いまはもう何もない。', 'owner'],
    ])
    const after = before.replace('柿', '梨').replace('屋根', '窓').replace('もない', 'も残っていない')
    expect(foreign(carriedSpans(before, spans, after), after)).toEqual([
      '秋になると',
      'からでも実を取ることができました。',
    ])
    const thai = by([
      ['บ้านของยายอยู่ริมแม่น้ำ', 'owner'],
      ['ทุกเช้าเราจะเดินไปตลาดด้วยกัน', 'assistant'],
    ])
    const changed = thai.text.replace('ยาย', 'ตา').replace('ตลาด', 'วัด')
    expect(foreign(carriedSpans(thai.text, thai.spans, changed), changed).join('')).toBe('ทุกเช้าเราจะเดินไปด้วยกัน')
  })

  it('know a text that was wrapped anew, and one with a name replaced throughout', () => {
    const { text: before, spans } = by([
      [`${prose(1, 6000)} Anna came.\n\n`.replaceAll('lamp', 'Anna'), 'owner'],
      [prose(2, 6000).replaceAll('lamp', 'Anna'), 'assistant'],
      [`\n\n${prose(3, 6000)}`.replaceAll('lamp', 'Anna'), 'owner'],
    ])
    const own = spans[1] as DraftSpan
    const wrapped = before.replaceAll(/(.{60}\S*) /g, '$1\n').replaceAll('\n\n', '\n\n\n')
    const flat = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
    const all = (text: string): string => flat(foreign(carriedSpans(before, spans, text), text).join(' '))
    expect(all(wrapped)).toBe(flat(before.slice(own.from, own.to)))
    const renamed = before.replaceAll('Anna', 'Ella')
    expect(all(renamed)).toBe(flat(before.slice(own.from, own.to).replaceAll('Anna', ' ')))
  })

  it('know what was moved, and what stands among a thousand changes', () => {
    const own = (seed: number, words: number): string =>
      prose(seed, words).replaceAll(/[a-z]+/gi, `$&${'o'.repeat(seed)}`)
    const { text: before, spans } = by([
      [`${own(4, 400)}\n\n`, 'owner'],
      [own(5, 60), 'assistant'],
      [`\n\n${own(6, 400)}`, 'owner'],
    ])
    const moved = `${own(5, 60)}\n\n${own(7, 50)}\n\n${own(4, 400)}\n\n${own(6, 400)}`
    expect(foreign(carriedSpans(before, spans, moved), moved)).toEqual([own(5, 60)])
    // Every fourth word is another one, so that no run of four words is left, in a text that is the assistant's throughout.
    const words = prose(8, 4000).split(/\s+/)
    const all = by([[words.join(' '), 'assistant']])
    const after = words.map((word, n) => (n % 4 === 0 ? `${word}x` : word)).join(' ')
    const theirs = foreign(carriedSpans(all.text, all.spans, after), after)
      .join(' ')
      .split(' ')
    expect(theirs.filter((word) => !word.endsWith('x')).length).toBe(words.filter((_, n) => n % 4 !== 0).length)
  })

  it('do so for megabytes', () => {
    const { text: before, spans } = by([
      ['word '.repeat(300_000), 'owner'],
      ['its '.repeat(300_000), 'assistant'],
    ])
    const after = `${before.slice(0, 700_000)}new text ${before.slice(700_000)}`
    expect(shown(carriedSpans(before, spans, after), after).map((one) => one.slice(0, 14))).toEqual([
      'owner:word wor',
      'owner:new text',
      'owner:word wor',
      'assistant:its ',
    ])
    const other = 'Quite another text. '.repeat(100_000)
    expect(carriedSpans(before, spans, other).at(-1)?.to).toBe(other.length)
  })
})
