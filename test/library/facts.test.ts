import { describe, expect, it } from 'vitest'
import { dateFromName, parseDate } from '../../main/library/dates.ts'
import { factsOf } from '../../main/library/facts.ts'

describe('parseDate', () => {
  it.each([
    ['2024-05-17', '2024-05-17'],
    ['2024/5/7', '2024-05-07'],
    [20240517, '2024-05-17'],
    ['2014-05-13 15:02:26 -0400', '2014-05-13T15:02:26-04:00'],
    ['2024-05-17T10:00:00Z', '2024-05-17T10:00:00Z'],
    ['2024-05-17T10:00:00.123+02:00', '2024-05-17T10:00:00+02:00'],
    ['2024-05-17 9:05', '2024-05-17T09:05:00'],
    ['May 7th, 2024', '2024-05-07'],
    ['17 May 2024', '2024-05-17'],
    ['Fri, 17 May 2024 10:00:00 GMT', '2024-05-17'],
    ['Friday, May 17th 2024, 10:00:00 am', '2024-05-17'],
    ['17.05.2024', '2024-05-17'],
    ['7. 5. 2024, 14:00', '2024-05-07'],
    ['Fr., 17.05.2024', '2024-05-17'],
    ['17. Mai 2024', '2024-05-17'],
    ['Freitag, 1. März 2024', '2024-03-01'],
    ['3. Jänner 2024', '2024-01-03'],
    ['17 mai 2024', '2024-05-17'],
    ['1er août 2024', '2024-08-01'],
    ['12 juillet 2024', '2024-07-12'],
    ['17 de mayo de 2024', '2024-05-17'],
    ['2024-05', '2024-05-01'],
    // The day first or the month: nobody knows.
    ['05/06/2024', null],
    ['32.05.2024', null],
    ['5.6.20245', null],
    ['2024-02-30', null],
    ['2024-13-01', null],
    ['last Tuesday', null],
    [true, null],
    [null, null],
  ])('%j -> %j', (value, expected) => {
    expect(parseDate(value)).toBe(expected)
  })
})

describe('dateFromName', () => {
  it.each([
    ['2024-05-17-a-day-out', '2024-05-17', 'a-day-out'],
    ['20240517 a day', '2024-05-17', 'a day'],
    ['2024_05_17', '2024-05-17', ''],
    ['2024-15-17-odd', null, '2024-15-17-odd'],
    ['202405171234', null, '202405171234'],
    ['1984', null, '1984'],
  ])('%s', (stem, date, rest) => {
    expect(dateFromName(stem)).toEqual({ date, rest })
  })
})

describe('factsOf', () => {
  it.each(['date created', 'created_at', 'created', 'Datum', 'дата', '日付'])('%s is a date', (key) => {
    expect(factsOf({ [key]: '2024-05-17' }).date).toBe('2024-05-17')
  })

  it('finds facts where they are nested, the nearest to the top first', () => {
    const matter = {
      book: { title: 'The Book', tags: ['non-fiction'], author: 'Somebody Else', contributors: [{ name: 'X' }] },
      review: { date_read: '2016-10-16', rating: 4 },
    }
    expect(factsOf(matter)).toEqual({
      title: 'The Book',
      date: '2016-10-16',
      tags: ['non-fiction'],
      rating: 4,
      authors: [],
      draft: false,
    })
    expect(factsOf({ ...matter, title: 'My review', rating: 5 })).toMatchObject({ title: 'My review', rating: 5 })
  })

  it.each([
    [{ tags: ['a', ' b ', 'a', 3] }, ['a', 'b', '3']],
    [{ tags: 'a, b' }, ['a', 'b']],
    // A list says itself where a tag ends.
    [{ tags: ['a, b', 'c'] }, ['a, b', 'c']],
    [{ categories: 'essays' }, ['essays']],
    [{ tags: ['a'], categories: ['blog'] }, ['a']],
    [{ tags: [], topics: ['t'] }, ['t']],
    [{ tags: null }, []],
  ])('tags of %j', (data, expected) => {
    expect(factsOf(data).tags).toEqual(expected)
  })

  it.each([
    [4, 4],
    ['4', 4],
    ['4/5', 4],
    ['3,5 of 5', 3.5],
    ['4 stars', 4],
    ['★★★½', 3.5],
    ['good', null],
    [Number.NaN, null],
  ])('rating %j -> %j', (rating, expected) => {
    expect(factsOf({ rating }).rating).toBe(expected)
  })

  it.each([
    [{ author: 'Ann Lee' }, ['Ann Lee']],
    [{ author: 'Ann Lee and Bo Ray' }, ['Ann Lee', 'Bo Ray']],
    [{ author: 'Ann Lee, Bo Ray' }, ['Ann Lee', 'Bo Ray']],
    [{ author: 'Lee, Ann' }, ['Lee, Ann']],
    [{ authors: ['ann', { name: 'Bo Ray' }] }, ['ann', 'Bo Ray']],
    [{ author: null }, []],
  ])('authors of %j', (data, expected) => {
    expect(factsOf(data).authors).toEqual(expected)
  })

  it.each([
    [{ draft: true }, true],
    [{ draft: 'true' }, true],
    [{ draft: false }, false],
    [{ published: false }, true],
    [{ published: '2024-01-01' }, false],
    [{ status: 'Draft' }, true],
    [{ status: 'published' }, false],
    [{}, false],
  ])('draft of %j', (data, expected) => {
    expect(factsOf(data).draft).toBe(expected)
  })
})
