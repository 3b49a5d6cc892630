import { describe, expect, test } from 'vitest'
import { rateQueries, scaleOf, tasksOnScale } from '../../main/examples/rate.ts'
import { tagKey, tagQueries, vocabularyOf } from '../../main/examples/tag.ts'
import { TASKS } from '../../main/examples/tasks.ts'
import type { Piece } from '../../main/examples/types.ts'

const body = 'Nobody had looked at the clock for an hour, and the soup was cold by then.'
const piece = (id: string, facts: Partial<Piece>): Piece => ({
  id,
  title: id,
  text: body,
  date: '2024-01-01',
  ...facts,
})

describe('tags', () => {
  test('a piece gives one query, answered by the first tag', () => {
    const { queries, dropped } = tagQueries([piece('p', { tags: ['  soup ', 'clocks'], text: `# p\n\n${body}` })])
    expect(dropped).toEqual([])
    expect(queries).toEqual([
      { task: 'tag', document: 'p', title: 'p', date: '2024-01-01', input: body, answer: 'soup' },
    ])
  })

  test('a tag with a comma stays whole, an empty one is passed over, and any script is taken', () => {
    const { queries } = tagQueries([
      piece('comma', { tags: ['bread, butter'] }),
      piece('empty', { tags: [' ', 'soup'] }),
      piece('cjk', { tags: ['天気'], text: '今日は雨が降っていて、港には誰もいなかった。船は遅れていた。' }),
      piece('rtl', { tags: ['مطر'], text: 'كان المطر يهطل على الميناء ولم يكن هناك أحد ينتظر السفينة المتأخرة اليوم' }),
    ])
    expect(queries.map(({ answer }) => answer)).toEqual(['bread, butter', 'soup', '天気', 'مطر'])
  })

  test('what is dropped is counted with its reason', () => {
    const { queries, dropped } = tagQueries([
      piece('none', {}),
      piece('blank', { tags: [' '] }),
      piece('short', { tags: ['soup'], text: 'Cold.' }),
      piece('short too', { tags: ['soup'], text: '雨。' }),
    ])
    expect(queries).toEqual([])
    expect(dropped).toEqual([
      { document: 'none', reason: 'it has no tag' },
      { document: 'blank', reason: 'it has no tag' },
      { document: 'short', reason: 'its text has fewer than 10 words' },
      { document: 'short too', reason: 'its text has fewer than 10 words' },
    ])
  })

  test('the vocabulary counts pieces, and takes the spelling that is used most', () => {
    const tags = [
      ['Emacs', 'c'],
      ['emacs'],
      ['emacs', 'Emacs'],
      ['c++'],
      ['open-data', 'c'],
      ['open data'],
      ['open data'],
    ]
    expect(vocabularyOf(tags.map((own) => ({ tags: own })))).toEqual([
      { tag: 'Emacs', pieces: 3 },
      { tag: 'open data', pieces: 3 },
      { tag: 'c', pieces: 2 },
      { tag: 'c++', pieces: 1 },
    ])
    expect(tagKey('c')).not.toBe(tagKey('c++'))
    expect(vocabularyOf([{}, { tags: [' ', ''] }])).toEqual([])
  })
})

describe('ratings', () => {
  test('the scale is 1 to 5 for most, and slips are told', () => {
    expect(scaleOf([])).toEqual({ scores: [1, 2, 3, 4, 5], note: null, said: null })
    expect(scaleOf([null, 4, undefined, 5])).toEqual({ scores: [1, 2, 3, 4, 5], note: null, said: null })
    const slips = scaleOf([...Array<number>(19).fill(4), 85])
    expect(slips.scores).toEqual([1, 2, 3, 4, 5])
    expect(slips.note).toMatch(/left out: 85$/)
  })

  test('another scale is the owner’s own, in whole or half steps up to 10', () => {
    const ten = scaleOf([7, 8, 10, 9, 4, 8, 85, -1])
    expect(ten.scores).toEqual([4, 7, 8, 9, 10])
    expect(ten.note).toMatch(/4, 7, 8, 9, 10; .*left out: -1, 85$/)
    expect(scaleOf([3.5, 4, 2.5, 4.5]).scores).toEqual([2.5, 3.5, 4, 4.5])
    // Nothing that could be a scale: the common one stands, and all is left out.
    expect(scaleOf([85, 90]).scores).toEqual([1, 2, 3, 4, 5])
  })

  test('the question names the scale’s ends', () => {
    expect(tasksOnScale({ scores: [1, 2, 3, 4, 5] })).toBe(TASKS)
    expect(tasksOnScale({ scores: [] })).toBe(TASKS)
    const { rate, tag } = tasksOnScale({ scores: [4, 7, 10] })
    expect(rate.instruction).not.toBe(TASKS.rate.instruction)
    expect(rate.instruction).toContain('from 4 to 10')
    expect(tag).toBe(TASKS.tag)
  })

  test('a score off the scale is dropped with both values', () => {
    const scale = scaleOf([3, 4])
    const { queries, dropped } = rateQueries(
      [
        piece('good', { rating: 4 }),
        piece('off', { rating: 9 }),
        piece('none', { rating: null }),
        piece('half', { rating: 3.5 }),
      ],
      scale,
    )
    expect(queries).toEqual([
      { task: 'rate', document: 'good', title: 'good', date: '2024-01-01', input: body, answer: '4' },
    ])
    expect(dropped).toEqual([
      { document: 'off', reason: 'its rating 9 is not on the scale 1, 2, 3, 4, 5' },
      { document: 'none', reason: 'it has no rating' },
      { document: 'half', reason: 'its rating 3.5 is not on the scale 1, 2, 3, 4, 5' },
    ])
  })
})
