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
})
