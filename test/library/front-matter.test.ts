import { describe, expect, it } from 'vitest'
import { splitFrontMatter } from '../../main/library/front-matter.ts'

function data(text: string): unknown {
  const result = splitFrontMatter(text)
  return 'reason' in result ? result.reason : result.data
}

describe('splitFrontMatter', () => {
  it('separates facts from the body', () => {
    expect(splitFrontMatter('---\ntitle: A\ntags: [x, y]\n---\n\nBody.\n')).toEqual({
      data: { title: 'A', tags: ['x', 'y'] },
      body: '\n\nBody.\n',
    })
  })

  it.each([
    ['brackets', `tags: ${'['.repeat(8000)}${']'.repeat(8000)}`],
    ['braces without an end', `a: ${'{a: '.repeat(5000)}`],
    ['dashes', `a:\n ${'- '.repeat(5000)}x`],
    ['indents', Array.from({ length: 1200 }, (_, n) => `${' '.repeat(n)}a:`).join('\n')],
  ])('refuses %s that nest too deep, which would end the process that parses them', (_, matter) => {
    expect(splitFrontMatter(`---\n${matter}\n---\n\nBody.\n`)).toHaveProperty('reason')
  })

  it('keeps dates as they were written', () => {
    expect(data('---\ndate: 2024-05-17\nat: 2014-05-13 15:02:26 -0400\n---\n')).toEqual({
      date: '2024-05-17',
      at: '2014-05-13 15:02:26 -0400',
    })
  })

  it('takes a text without front matter whole, also one that opens with a rule', () => {
    for (const text of [
      'Just text.\n',
      '---\n\nA rule, then prose.\n',
      '---\n\nProse between\n\n---\n\ntwo rules.\n',
    ]) {
      expect(splitFrontMatter(text)).toEqual({ data: {}, body: text })
    }
  })

  it.each([
    ['date created: 2024-05-17\ntags: [x]', { 'date created': '2024-05-17', tags: ['x'] }],
    ['"date created": 2024-05-17', { 'date created': '2024-05-17' }],
    ['Schlagwörter: [x]\ndraft: true', { Schlagwörter: ['x'], draft: true }],
    ['título: Uno: dos', { título: 'Uno: dos' }],
    ['дата: 2024-05-17', { дата: '2024-05-17' }],
    ['日付: 2024-05-17', { 日付: '2024-05-17' }],
  ])('knows a name of several words or of another script: %s', (matter, expected) => {
    expect(splitFrontMatter(`---\n${matter}\n---\nBody`)).toEqual({ data: expected, body: '\nBody' })
  })

  it.each([
    'https://example.org\n',
    '\nWhat she said: nothing.\n',
    'What she said that day on the quay: nothing.\n',
    'What she said: nothing.\n\nThen she left.\n',
  ])('takes prose between two rules for prose: %j', (prose) => {
    const text = `---\n${prose}\n---\n\nMore.\n`
    expect(splitFrontMatter(text)).toEqual({ data: {}, body: text })
  })

  it('takes a rule above prose in another script for a rule', () => {
    const text = '---\nÜbrigens: das ist ein Gedanke.\n'
    expect(splitFrontMatter(text)).toEqual({ data: {}, body: text })
  })

  it("reads Hugo's JSON, and takes other braces for text", () => {
    expect(splitFrontMatter('{\n  "title": "A",\n  "x": {"y": 1}\n}\n\nBody')).toEqual({
      data: { title: 'A', x: { y: 1 } },
      body: '\n\nBody',
    })
    for (const text of ['{ "title": "A"\n\nBody', '{"quoted"} is how it begins.\n}\n', '{{ template }}\n'])
      expect(splitFrontMatter(text)).toEqual({ data: {}, body: text })
  })

  it('takes empty front matter', () => {
    expect(splitFrontMatter('---\n---\nBody')).toEqual({ data: {}, body: '\nBody' })
  })

  it.each([
    ['a colon in a title', '---\ntitle: One: two\ndate: 2024-01-01\n---\n', { title: 'One: two', date: '2024-01-01' }],
    ['tabs', '---\nreview:\n\trating: 4\n---\n', { review: { rating: 4 } }],
    ['a key given twice', '---\ntitle: A\ntitle: B\n---\n', { title: 'B' }],
    [
      'a quoted value that goes on at the margin',
      '---\ntitle: "A long\nway"\nx: 1\n---\n',
      { title: 'A long way', x: 1 },
    ],
  ])('forgives %s', (_, text, expected) => {
    expect(data(text)).toEqual(expected)
  })

  it.each([
    ['---\ntitle: A\ntags: [x, y\ndate: 2024-01-01\n---\n', /line [34]: /],
    ['---\ntitle: "never closed\ndate: 2024-01-01\n---\nBody', /line [234]: .*quote/],
    ['---\ntitle: A\n  - b\n- c: [\n---\n', /line \d+: /],
    ['---\ntitle: A\n\nBody without an end', /begins on line 1 and is never closed/],
    ['+++\ntitle = "A"\nwhat is this\n+++\n', /line 3: "what is this"/],
  ])('gives a reason that names the line for %j', (text, expected) => {
    expect(data(text)).toMatch(expected)
  })

  it('does not expand aliases without end', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...'bcdefgh'.split('').map((key, at) => `${key}: &${key} [${`*${'abcdefgh'[at]}, `.repeat(9)}]`),
    ]
    expect(data(`---\n${bomb.join('\n')}\n---\n`)).toMatch(/cannot be read/)
  })

  it('reads the TOML that site builders write', () => {
    const text =
      '+++\n# facts\ntitle = "A \\"b\\""\ndate = 2024-05-17T10:00:00Z\ndraft = true\ntags = [\n  "x",\n  \'y\',\n]\n[review]\nrating = 4.5\n+++\nBody'
    expect(splitFrontMatter(text)).toEqual({
      data: { title: 'A "b"', date: '2024-05-17T10:00:00Z', draft: true, tags: ['x', 'y'], review: { rating: 4.5 } },
      body: '\nBody',
    })
  })

  it.each([
    ['a remark behind a list', 'tags = ["a"] # [mine]\ndraft = true', { tags: ['a'], draft: true }],
    ['escapes', 'title = "caf\\u00e9"', { title: 'café' }],
    ['text over lines', 'a = """\nOne\ntwo"""\ndraft = true', { a: 'One\ntwo', draft: true }],
    ['tables in a line', 'cover = { image = "a.png", alt = "b" }', { cover: { image: 'a.png', alt: 'b' } }],
    ['a remark behind a head', '[review] # mine\nrating = 4', { review: { rating: 4 } }],
    [
      'dates as they were written',
      'a = 2024-05-17\nb = 2024-05-17T10:00:00+02:00\nc = 2024-05-17 10:00:00',
      { a: '2024-05-17', b: '2024-05-17T10:00:00+02:00', c: '2024-05-17T10:00:00' },
    ],
  ])('reads in TOML %s', (_, matter, expected) => {
    expect(splitFrontMatter(`+++\n${matter}\n+++\nBody`)).toEqual({ data: expected, body: '\nBody' })
  })
})
