import { describe, expect, it } from 'vitest'
import { decodeText } from '../../main/library/decode.ts'
import { readHtml } from '../../main/library/html.ts'
import { readMarkdown } from '../../main/library/markdown.ts'
import { readPlainText } from '../../main/library/plain-text.ts'

describe('readMarkdown', () => {
  it('keeps prose and drops what is no prose of the author', () => {
    const source = [
      '# The title',
      'First *line*\nwith a [link](http://x.example/?a=b) and `code` &mdash; done.',
      '```js\nlet dropped\n```',
      '    indented code',
      '> quoted from another',
      '![picture](x.png)',
      '<figure><img src="x"><figcaption>caption</figcaption></figure>',
      '| a | b |\n|---|---|\n| 1 | 2 |',
      '## Second',
      '- one\n- two\n  still two',
      'A [ref][r] and a note.[^1]',
      '[r]: http://x.example',
      '{% include x.html %}',
      '{{< youtube id >}}',
      'Last<br>line. {:.class}',
      '~~~\nmore code\n~~~',
    ].join('\n\n')
    expect(readMarkdown(source)).toEqual({
      heading: 'The title',
      text: [
        'First line with a link and code — done.',
        'Second',
        '- one\n- two still two',
        'A ref and a note.',
        'Last line.',
      ].join('\n\n'),
    })
  })

  it('keeps prose that stands in raw HTML, and a heading that is all there is', () => {
    expect(readMarkdown('<p>Old <b>post</b>.</p>\n\n<script>no()</script>')).toEqual({
      heading: null,
      text: 'Old post.',
    })
    expect(readMarkdown('# Only this\n')).toEqual({ heading: null, text: 'Only this' })
  })

  it('takes a heading after text for text', () => {
    expect(readMarkdown('Text.\n\n# Later')).toEqual({ heading: null, text: 'Text.\n\nLater' })
  })
})

describe('readHtml', () => {
  it('reads the head for facts and the article for prose', () => {
    const page = readHtml(`<!doctype html><html><head><title>A title | Site</title>
      <meta property="article:published_time" content="2024-05-17T10:00:00Z"><meta name="author" content="Ann Lee">
      <meta name="keywords" content="sea, fog"><style>p{}</style></head><body><nav>Home</nav><article><h1>A title</h1>
      <p>One &amp; two<br>three.</p><pre>code</pre><blockquote>theirs</blockquote><div>Four <em>five</em></div>
      <ul><li>six</li><li>seven</li></ul></article><footer>©</footer></body></html>`)
    expect(page.facts).toMatchObject({
      title: 'A title',
      date: '2024-05-17T10:00:00Z',
      authors: ['Ann Lee'],
      tags: ['sea', 'fog'],
    })
    expect(page.heading).toBe('A title')
    expect(page.text).toBe('A title\n\nOne & two three.\n\nFour five\n\n- six\n\n- seven')
  })

  it('reads a fragment and an empty page', () => {
    expect(readHtml('<p>Just this</p>').text).toBe('Just this')
    expect(readHtml('').text).toBe('')
  })
})

describe('readPlainText', () => {
  it('joins lines that a margin broke and keeps those that the author broke', () => {
    const wrapped = 'This line was broken by the margin of an editor and so\ngoes on here.'
    expect(readPlainText(`${wrapped}\n\nRoses are red\nviolets are blue\n`).text).toBe(
      'This line was broken by the margin of an editor and so goes on here.\n\nRoses are red\nviolets are blue',
    )
  })

  it('takes a short first line for the title, not a sentence', () => {
    expect(readPlainText('On Clocks\n\nText.')).toEqual({ heading: 'On Clocks', text: 'Text.' })
    expect(readPlainText('A sentence.\n\nText.')).toEqual({ heading: null, text: 'A sentence.\n\nText.' })
    expect(readPlainText('Only this')).toEqual({ heading: null, text: 'Only this' })
  })

  it('takes long lines for paragraphs', () => {
    const long = 'word '.repeat(60).trim()
    expect(readPlainText(`${long}\n${long}`).text).toBe(`${long}\n\n${long}`)
  })
})

describe('decodeText', () => {
  const bytes = (...parts: (string | number[])[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))

  it('takes UTF-8 with and without its mark, UTF-16 with it, and any line ends', () => {
    expect(decodeText(bytes([0xef, 0xbb, 0xbf], 'é\r\nü\r'), 'text')).toEqual({ text: 'é\nü\n' })
    expect(decodeText(Buffer.from('\ufeffé', 'utf16le'), 'text')).toEqual({ text: 'é' })
  })

  it.each([
    [bytes('ab\ncd', [0xe9], 'f'), /byte 6 \(line 2\) is 0xe9/],
    [bytes('héé\n', [0xc3]), /byte 7 \(line 2\) is 0xc3/],
    [bytes('a', [0xed, 0xa0, 0x80]), /byte 2 \(line 1\) is 0xed/],
    [bytes('a', [0], 'b'), /zero bytes/],
  ])('names the place of what is broken (%#)', (broken, expected) => {
    expect(decodeText(broken, 'text')).toMatchObject({ reason: expect.stringMatching(expected) })
  })

  it('believes the encoding that an HTML file names, and no other file', () => {
    const page = bytes('<meta charset="windows-1252"><p>caf', [0xe9], '</p>')
    expect(decodeText(page, 'html')).toEqual({ text: '<meta charset="windows-1252"><p>café</p>' })
    expect(decodeText(page, 'text')).toHaveProperty('reason')
    expect(decodeText(bytes('<meta charset="nonsense-9">', [0xe9]), 'html')).toMatchObject({
      reason: expect.stringContaining('nonsense-9'),
    })
  })
})
