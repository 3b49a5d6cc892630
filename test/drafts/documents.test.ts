import { deflateRawSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromDocx } from '../../main/drafts/from-docx.ts'
import { fromHtml } from '../../main/drafts/from-html.ts'
import { toDocx } from '../../main/drafts/to-docx.ts'
import { toHtml } from '../../main/drafts/to-html.ts'
import { openDocx, readDocx } from '../../main/library/docx.ts'
import { readPiece } from '../../main/library/read.ts'
import { openZip } from '../../main/library/zip.ts'

const MARKDOWN = `# A day *out* & home

It **rained**, as it *does*, and ***how***. See [the log](https://example.org/a_b?c=1&d=2) for \`x < y\`.

## Items

- one
- two with **weight**
  - deeper *still*
    - deepest
- three

3. third
4. fourth

> Quoted words, *theirs*.
>
> A second paragraph of them.

\`\`\`
let a = 1

let b = 2 * 3
\`\`\`

* * *

| name | count |
| --- | --- |
| lamp | 3 |
| clock | *many* |

A note[^1] and ~~nothing~~ else.

שלום עולם, 👩‍👩‍👧 and 中文.

[^1]: What the *note* says.`

const docxText = async (bytes: Uint8Array): Promise<string> => {
  const read = await fromDocx(bytes)
  if ('reason' in read) throw new Error(read.reason)
  return read.text
}

/** Only the number of a list's first item and the mark of a code block's language are lost on the way. */
describe('Markdown by way of', () => {
  it('HTML is what it was', () => {
    expect(fromHtml(toHtml(MARKDOWN, 'A day'))).toBe(MARKDOWN)
  })

  it('Word is what it was, but for the first number of a list', async () => {
    const text = await docxText(await toDocx(MARKDOWN, 'A day'))
    expect(text).toBe(MARKDOWN.replace('3. third\n4. fourth', '1. third\n2. fourth'))
  })

  it('either keeps the lines that the editor shows', async () => {
    const lines = 'First line\nsecond *line\nthird*\n\n- an item\n  and its second line\n\n> quoted\n> twice'
    expect(toHtml(lines, '')).toContain('First line<br>second')
    expect(fromHtml(toHtml(lines, ''))).toBe(lines)
    const once = await docxText(await toDocx(lines, ''))
    expect(once).toContain('First line\nsecond *line\nthird*')
    expect(once).toContain('> quoted\n> twice')
    expect(await docxText(await toDocx(once, ''))).toBe(once)
  })

  it('Word a second time is the same', async () => {
    const once = await docxText(await toDocx(MARKDOWN, ''))
    expect(await docxText(await toDocx(once, ''))).toBe(once)
  })

  it('Word keeps what XML cannot hold out of it', async () => {
    const text = await docxText(await toDocx('a\u0000b \ud83d c\u0008 <w:p> &amp; "q"', 'bad \u0001 title'))
    expect(text).toBe('ab c <w:p> & "q"')
  })
})

describe('HTML', () => {
  it('loses scripts, styles, furniture and data pictures; frames of one cell are no tables', () => {
    const html = `<html><head><title>T</title><style>p{}</style></head><body><nav>Home</nav><script>alert(1)</script>
      <table><tr><td><p>Framed <b>text</b></p></td></tr></table><img src="data:image/png;base64,AAAA"><img src="a.png" alt="A">
      <h2>Head</h2><p>One<br>two</p></body></html>`
    expect(fromHtml(html)).toBe('Framed **text**\n\n![A](a.png)\n\n## Head\n\nOne\ntwo')
  })
})

/** A zip of one deflated part, whose header may lie about its size. */
function zipOf(name: string, content: Uint8Array, said = content.length): Buffer {
  const packed = deflateRawSync(content)
  const file = Buffer.from(name)
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  local.writeUInt16LE(8, 8)
  local.writeUInt32LE(packed.length, 18)
  local.writeUInt32LE(said, 22)
  local.writeUInt16LE(file.length, 26)
  const central = Buffer.alloc(46)
  central.writeUInt32LE(0x02014b50, 0)
  central.writeUInt16LE(8, 10)
  central.writeUInt32LE(packed.length, 20)
  central.writeUInt32LE(said, 24)
  central.writeUInt16LE(file.length, 28)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(46 + file.length, 12)
  end.writeUInt32LE(30 + file.length + packed.length, 16)
  return Buffer.concat([local, file, packed, central, file, end])
}

describe('a Word document', () => {
  let docx: Uint8Array
  beforeAll(async () => {
    docx = await toDocx(MARKDOWN, 'The title')
  })

  it('is read into the library as Markdown is: no quotations, code, tables or notes', () => {
    const piece = readPiece('/w/a.docx', docx)
    if ('reason' in piece) throw new Error(piece.reason)
    expect(piece).toMatchObject({ kind: 'docx', title: 'The title', authors: [], draft: false })
    expect(piece.text).toContain('A day out & home')
    expect(piece.text).toContain('It rained, as it does, and how. See the log for x < y.')
    expect(piece.text).toContain('- one\n- two with weight\n- deeper still\n- deepest\n- three\n- third\n- fourth')
    expect(piece.text).toContain('שלום עולם, 👩‍👩‍👧 and 中文.')
    for (const gone of ['Quoted words', 'let a', 'lamp', 'What the note says']) expect(piece.text).not.toContain(gone)
  })

  it('takes its title from its heading where its properties have none', async () => {
    const piece = readPiece('/w/2024-05-17-a-day.docx', await toDocx('# Named so\n\nAnd text.', ''))
    expect(piece).toMatchObject({ title: 'Named so', text: 'And text.' })
  })

  it('that is damaged, cut off, no document, protected or a bomb is refused in words', async () => {
    const bomb = zipOf('word/document.xml', Buffer.alloc(90_000_000), 1000)
    const bad: [Uint8Array, RegExp][] = [
      [docx.subarray(0, docx.length / 2), /cut off or no archive/],
      [Buffer.from('no archive at all'), /cut off or no archive/],
      [new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0, 0]), /password|\.doc /],
      [zipOf('other.txt', Buffer.from('x')), /no Word document/],
      [bomb, /unpacks to more than 80 MB/],
      [zipOf('word/document.xml', Buffer.from('<w:document><w:unclosed')), /damaged|no prose/],
    ]
    for (const [bytes, reason] of bad) {
      const piece = readPiece('/w/a.docx', bytes)
      expect(piece).toMatchObject({ reason: expect.stringMatching(reason) })
    }
    for (const [bytes, reason] of bad.slice(0, 5)) {
      expect(await fromDocx(bytes)).toMatchObject({ reason: expect.stringMatching(reason) })
    }
  })

  it('with any byte changed is read or refused, never a crash', async () => {
    for (let at = 0; at < docx.length; at += Math.floor(docx.length / 40)) {
      const changed = Uint8Array.from(docx)
      changed[at] = (changed[at] ?? 0) ^ 0xff
      const piece = readDocx(changed)
      expect('reason' in piece ? piece.reason.length : piece.text.length).toBeGreaterThan(0)
      await fromDocx(changed)
    }
  })
})

describe('a zip', () => {
  it('has its parts, and nothing for others', () => {
    const zip = openZip(zipOf('a/b.txt', Buffer.from('hello')), 100)
    expect(zip.names).toEqual(['a/b.txt'])
    expect(Buffer.from(zip.read('a/b.txt') ?? []).toString()).toBe('hello')
    expect(zip.read('c')).toBeNull()
    expect('reason' in openDocx(zipOf('a', Buffer.from('x')))).toBe(true)
  })
})
