import { describe, expect, test } from 'vitest'
import { headlineQueries, looksLikeFileName } from '../../main/examples/headline.ts'
import { proseQueries } from '../../main/examples/prose.ts'
import type { Piece } from '../../main/examples/types.ts'

const piece = (title: string, text: string, id = title): Piece => ({ id, title, text, date: '2024-01-01' })
const body = 'Nobody had looked at the clock for an hour, and the soup was cold by then.'

describe('headlines', () => {
  test('a piece gives its text and its title', () => {
    const { queries, dropped } = headlineQueries([piece('  Cold   soup ', `${body}\n`, 'p1')])
    expect(dropped).toEqual([])
    expect(queries).toEqual([
      { task: 'headline', document: 'p1', title: 'Cold soup', date: '2024-01-01', input: body, answer: 'Cold soup' },
    ])
  })

  test('what is dropped is counted with its reason', () => {
    const { queries, dropped } = headlineQueries([
      piece('', body, 'untitled'),
      piece('2024-05-17-notes', body, 'file'),
      piece('The soup was cold', body, 'told'),
      piece('Two words', 'Too short.', 'short'),
      piece('Soup', body, 'kept'),
    ])
    expect(queries.map(({ document }) => document)).toEqual(['kept'])
    expect(dropped).toEqual([
      { document: 'untitled', reason: 'it has no title' },
      { document: 'file', reason: 'its title is a file name' },
      { document: 'told', reason: 'its title stands in its text' },
      { document: 'short', reason: 'its text has fewer than 10 words' },
    ])
  })

  test('a title at the head of its text is taken off, not dropped', () => {
    const [query] = headlineQueries([piece('The soup was  hot', `# The Soup was hot\n\n${body}`)]).queries
    expect(query?.input).toBe(body)
  })

  test('file names are told from titles', () => {
    const names = ['2024-05-17-notes', 'my_draft', 'on-slow-sentences', 'page.html']
    expect(names.map(looksLikeFileName)).toEqual([true, true, true, true])
    const titles = ['Emacs', 'On slow sentences', 'Wi-Fi', 'C++', 'Re-reading Emma', '2024']
    expect(titles.map(looksLikeFileName)).toEqual([false, false, false, false, false, false])
  })
})

describe('prose', () => {
  const sentence = (i: number) => `Sentence number ${i} has exactly these ten words in it.`
  const long = Array.from({ length: 60 }, (_, i) => sentence(i) + (i % 7 === 6 ? '\n\n' : ' ')).join('')

  test('a passage is 100 to 130 words of whole sentences, and its input is what stands right before it', () => {
    const { queries } = proseQueries([piece('Long', long)], { maxPerPiece: 99 })
    expect(queries.length).toBe(5)
    for (const { input, answer } of queries) {
      const words = answer.split(/\s+/).length
      expect(words).toBeGreaterThanOrEqual(100)
      expect(words).toBeLessThanOrEqual(130)
      expect(answer).toMatch(/^Sentence number \d+ .*\.$/s)
      expect(input.length).toBeLessThanOrEqual(600)
      expect(input.length).toBeGreaterThan(500)
      const at = long.indexOf(answer)
      expect(long.slice(0, at).trimEnd().endsWith(input)).toBe(true)
    }
  })

  test('passages do not overlap', () => {
    const { queries } = proseQueries([piece('Long', long)], { maxPerPiece: 99 })
    const starts = queries.map(({ answer }) => long.indexOf(answer))
    const ends = queries.map(({ answer }, i) => starts[i]! + answer.length)
    expect(starts.slice(1).every((start, i) => start >= ends[i]!)).toBe(true)
  })

  test('the input begins with a whole word', () => {
    const words = Array.from({ length: 400 }, (_, i) => `word${i}`).join(' ')
    const { queries } = proseQueries([piece('Words', words)], { maxPerPiece: 99, charsBefore: 50 })
    for (const { input } of queries) expect(words.split(' ')).toContain(input.split(' ')[0])
    expect(queries.length).toBeGreaterThan(0)
  })

  test('a sentence that never ends is cut between words, within the bounds', () => {
    const endless = Array.from({ length: 500 }, (_, i) => `item${i}`).join(' ')
    const { queries } = proseQueries([piece('List', endless)], { maxPerPiece: 99 })
    expect(queries.every(({ answer }) => answer.split(' ').length <= 130)).toBe(true)
    expect(endless).toContain(queries[0]!.answer)
  })

  test('one long piece gives at most so many, spread over it', () => {
    const all = proseQueries([piece('Long', long)], { maxPerPiece: 99 }).queries
    const few = proseQueries([piece('Long', long)], { maxPerPiece: 2 }).queries
    expect(few).toEqual([all[0], all[2]])
  })

  test('a short piece is dropped with its reason', () => {
    expect(proseQueries([piece('Short', body, 's')])).toEqual({
      queries: [],
      dropped: [{ document: 's', reason: expect.stringContaining('shorter than a beginning and a passage') }],
    })
  })
})
