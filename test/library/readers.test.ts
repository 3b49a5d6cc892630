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

  it.each([
    ['{{< highlight go "linenos=table" >}}\nfunc main() {}\n\nreturn\n{{< /highlight >}}', ''],
    ['{{% blockquote author="X" %}}\nTheirs.\n{{% /blockquote %}}', ''],
    ['{{< notice tip >}}\nMy tip.\n{{< /notice >}}', 'My tip.'],
    ['{{< figure\n  src="a.png"\n  caption="b"\n>}}', ''],
    ['{% blockquote Somebody, Book %}\nTheirs.\n\nMore.\n{% endblockquote %}', ''],
    ['{% codeblock lang:js %}\nlet x = "%"\n{% endcodeblock %}', ''],
    ['{%- comment -%}hidden{%- endcomment -%}', ''],
    ['{% pullquote %}Again.{% endpullquote %}', ''],
    ['{% raw %}My words.{% endraw %}', 'My words.'],
    ['{% include figure.html\n  src="a.png"\n  caption="b" %}', ''],
    [
      'The tag `{% blockquote %}` is one.\n\nIts end is `{% endblockquote %}`.',
      'The tag {% blockquote %} is one.\n\nIts end is {% endblockquote %}.',
    ],
    ['See ![[image.png]] and ![[other|300]].', 'See and .'],
    ['See [[A page]], [[A page|this]], [[A page#Part]] and [[#Part]].', 'See A page, this, A page and Part.'],
    ['As he says [[1]](https://example.org), `[[x]]`.', 'As he says [1], [[x]].'],
    ['Seen %%not\nseen%% here.', 'Seen here.'],
    ['%%\nNot seen.\n\nNor this.\n%%\n\nSeen.', 'Seen.'],
    ['A `%%` and `%%` stay, and 100%% too.', 'A %% and %% stay, and 100%% too.'],
  ])('knows the marks of sites and notes: %j', (source, expected) => {
    expect(readMarkdown(`First.\n\n${source}\n\nLast.`).text).toBe(
      ['First.', expected, 'Last.'].filter(Boolean).join('\n\n'),
    )
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

  const comments = `<section id="comments" class="comments-area"><h2 class="comments-title">2 thoughts</h2>
    <ol class="comment-list"><li><article class="comment-body" itemtype="https://schema.org/Comment">
    <time datetime="2025-01-01">1 January</time><div class="comment-content"><p>Theirs, one.</p></div></article></li>
    <li><article class="comment-body"><p>Theirs, two.</p></article></li></ol>
    <div id="respond"><h3>Leave a Reply</h3></div></section>`
  const post = `<header class="entry-header"><h1 class="entry-title">The late ferry</h1>
    <div class="entry-meta">By <span class="byline">Ann Lee</span> on <time datetime="2024-05-17">17 May</time></div></header>
    <div class="entry-content"><p>My own words.</p><p class="commentary">My commentary.</p>
    <div class="sharedaddy">Share this</div><p class="button-wrapper"><a>Subscribe now</a></p></div>
    <div class="entry-footer">Posted in Sea</div>`
  const read = (body: string) =>
    readHtml(
      `<html><head><title>The late ferry – My site</title></head><body class="single comments">${body}</body></html>`,
    )
  const own = 'The late ferry\n\nMy own words.\n\nMy commentary.'

  it.each([
    [
      'an article beside comments',
      `<main><article class="post hentry comments-open">${post}</article>${comments}</main>`,
    ],
    ['an article that holds its comments', `<main><article class="post">${post}${comments}</article></main>`],
    [
      'an article beside others, which only it has in full',
      `<main><article class="post">${post}</article><div><article><h2>Another</h2></article><article>B</article></div></main>`,
    ],
    [
      'related posts as articles',
      `<main><article>${post}</article><div class="related-posts"><article><div class="entry-content">B</div></article></div></main>`,
    ],
    ['no article at all', `<div id="sidebar">Menu</div><div class="hentry">${post}</div>${comments}`],
  ])("leaves out what others wrote and a site's furniture: %s", (_, body) => {
    const page = read(body)
    expect(page.text).toBe(own)
    expect(page).toMatchObject({ heading: 'The late ferry', facts: { title: 'The late ferry', date: '2024-05-17' } })
  })

  it('takes no date from a comment', () => {
    expect(read(`<main><article><h1>A</h1><p>Mine.</p></article>${comments}</main>`).facts.date).toBe(null)
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
