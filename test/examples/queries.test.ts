import { describe, expect, test } from 'vitest'
import { headlineQueries, looksLikeFileName } from '../../main/examples/headline.ts'
import { proseInput, proseQueries } from '../../main/examples/prose.ts'
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

  test('a title without spaces that stands in its text is dropped too', () => {
    const text = `${'今日は港へ行って、古い船を見ました。'.repeat(3)}静かな港の朝と古い船。`
    const { dropped } = headlineQueries([piece('静かな港の朝', text), piece('港', text)])
    expect(dropped).toEqual([{ document: '静かな港の朝', reason: 'its title stands in its text' }])
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
    expect(few).toEqual([all[1], all[3]])
  })

  const UNSPACED: [script: string, sentence: string][] = [
    ['Japanese', '今日は港へ行って、古い船を長いあいだ見ていました。誰もいない朝でした。'],
    ['Chinese', '今天早上我去了港口，看见一条旧船停在那里。没有人说话，只有海鸥在叫。'],
    ['Thai', 'วันนี้ฉันไปที่ท่าเรือและเห็นเรือเก่าลำหนึ่งจอดอยู่ที่นั่นไม่มีใครพูดอะไรเลย'],
  ]
  test.each(UNSPACED)('%s, which writes no spaces, gives passages of like size', (_script, sentence) => {
    const text = sentence.repeat(60)
    const { queries } = proseQueries([piece('Long', text)], { maxPerPiece: 99 })
    expect(queries.length).toBeGreaterThan(5)
    for (const { input, answer } of queries) {
      // Two characters, each with its marks, are a word.
      expect(answer.length).toBeGreaterThan(150)
      expect(answer.length).toBeLessThan(400)
      expect(input.length).toBeGreaterThan(150)
      expect(text).toContain(input + answer)
    }
    expect(queries.at(-1)!.input.length).toBeGreaterThan(560)
  })

  test('an input is not thrown away to the one white space in it', () => {
    const input = proseInput(`${'今日は港へ行きました。'.repeat(90)}\n\n次の日`)
    expect(input.length).toBeGreaterThan(560)
    expect(input.startsWith('今日は') || input.startsWith('港')).toBe(true)
    expect(proseInput(`${'x'.repeat(900)} end`)).toHaveLength(600)
  })

  test('an input begins with a whole character', () => {
    for (const shift of ['', 'a']) expect(proseInput(`${'🦊'.repeat(400)}${shift}`)).not.toMatch(/\p{Cs}/u)
    expect(proseInput(`${'𠮷野家'.repeat(300)}a`)).not.toMatch(/\p{Cs}/u)
  })

  test('megabytes in one line take no longer than megabytes in many', { timeout: 20_000 }, () => {
    const sentences = sentence(1).concat(' ').repeat(20_000)
    expect(proseQueries([piece('Line', sentences)]).queries).toHaveLength(4)
    expect(proseQueries([piece('Words', 'item '.repeat(300_000))]).queries).toHaveLength(4)
  })

  test('a short piece is dropped with its reason', () => {
    expect(proseQueries([piece('Short', body, 's')])).toEqual({
      queries: [],
      dropped: [{ document: 's', reason: expect.stringContaining('shorter than a beginning and a passage') }],
    })
  })
})
