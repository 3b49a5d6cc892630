import { describe, expect, it } from 'vitest'
import type { DocumentSummary } from '../../../preload/contract.ts'
import {
  type FileTrouble,
  type Filter,
  facetsOf,
  filtered,
  foldersOf,
  isFiltering,
  isIn,
  lengthOf,
  NO_FILTER,
  sorted,
  yearOf,
  yearRow,
  yearSpan,
} from '../../../renderer/lib/library/filter.ts'

function piece(id: string, more: Partial<DocumentSummary> = {}): DocumentSummary {
  return {
    id,
    path: `/w/${id}.md`,
    title: id,
    date: '2024-05-17',
    tags: [],
    rating: null,
    words: 500,
    kind: 'markdown',
    status: 'mine',
    author: null,
    draft: false,
    ...more,
  }
}

// Newest first, as the host gives them.
const pieces = [
  piece('a', { date: '2024-05-17T23:30:00Z', tags: ['sea', 'order'], words: 1200, path: '/w/old/a.md' }),
  piece('b', { date: '2023-01-01', tags: ['sea'], words: 299, kind: 'html', path: '/w/older/b.html' }),
  piece('c', { date: '2019-12-31', words: 300, status: 'excluded', path: '/w/old/deep/c.md' }),
  piece('d', { date: null, tags: ['order'], kind: 'docx', status: 'asked', path: '/w/d.docx' }),
]
const troubles = new Map<string, FileTrouble>([
  ['a', 'changed'],
  ['d', 'gone'],
])
const passing = (filter: Partial<Filter>): string =>
  filtered(pieces, { ...NO_FILTER, ...filter }, troubles)
    .map(({ id }) => id)
    .join('')

describe('filtered', () => {
  it.each([
    [{}, 'abcd'],
    [{ from: '2023-01-01' }, 'ab'],
    // A day is in with all its hours.
    [{ to: '2024-05-17' }, 'abc'],
    [{ from: '2024-05-17', to: '2024-05-17' }, 'a'],
    [{ to: '2019-12-30' }, ''],
    [{ tags: ['sea'] }, 'ab'],
    [{ tags: ['sea', 'order'] }, 'a'],
    [{ tags: ['Sea'] }, ''],
    [{ kinds: ['html', 'docx'] }, 'bd'],
    [{ statuses: ['mine'] }, 'ab'],
    [{ lengths: ['short'] }, 'b'],
    [{ lengths: ['middle'] }, 'cd'],
    [{ lengths: ['short', 'long'] }, 'ab'],
    [{ files: ['gone'] }, 'd'],
    [{ files: ['gone', 'changed'] }, 'ad'],
    [{ folder: '/w/old' }, 'ac'],
    [{ tags: ['sea'], folder: '/w/old', kinds: ['markdown'] }, 'a'],
  ] as [Partial<Filter>, string][])('%j: %s', (filter, expected) => {
    expect(passing(filter)).toBe(expected)
    expect(isFiltering({ ...NO_FILTER, ...filter })).toBe(Object.keys(filter).length > 0)
  })

  it('finds no trouble where no files were looked at', () => {
    expect(filtered(pieces, { ...NO_FILTER, files: ['gone'] })).toEqual([])
  })

  it('takes either slash for a folder’s end, and no name that begins alike', () => {
    expect(isIn('C:\\w\\old\\a.md', 'C:\\w\\old')).toBe(true)
    expect(isIn('C:\\w\\older\\a.md', 'C:\\w\\old')).toBe(false)
    expect(isIn('/w/a.md', '/')).toBe(true)
    expect(isIn('/w/old', '/w/old')).toBe(false)
  })

  it('tells lengths and years', () => {
    expect([0, 299, 300, 1199, 1200].map((words) => lengthOf({ words }))).toEqual([
      'short',
      'short',
      'middle',
      'middle',
      'long',
    ])
    expect(['2024-05-17', '0099-01-01', 'soon', null].map((date) => yearOf({ date }))).toEqual([2024, 99, null, null])
  })
})

describe('facetsOf', () => {
  const facets = (filter: Partial<Filter>) => facetsOf(pieces, { ...NO_FILTER, ...filter }, troubles)

  it('counts everything where nothing is filtered', () => {
    expect(facets({})).toEqual({
      total: 4,
      words: 2299,
      years: new Map([
        [2024, 1],
        [2023, 1],
        [2019, 1],
        [null, 1],
      ]),
      tags: new Map([
        ['sea', 2],
        ['order', 2],
      ]),
      kinds: new Map([
        ['markdown', 2],
        ['html', 1],
        ['docx', 1],
      ]),
      statuses: new Map([
        ['mine', 2],
        ['excluded', 1],
        ['asked', 1],
      ]),
      lengths: new Map([
        ['long', 1],
        ['short', 1],
        ['middle', 2],
      ]),
      files: new Map([
        ['changed', 1],
        ['gone', 1],
      ]),
    })
  })

  it('counts each kind as if its own filter were not set: what another choice would give', () => {
    const found = facets({ kinds: ['html'] })
    expect(found).toMatchObject({ total: 1, words: 299 })
    expect(found.kinds).toEqual(facets({}).kinds)
    expect(found.years).toEqual(new Map([[2023, 1]]))
    const two = facets({ kinds: ['html'], tags: ['order'] })
    expect(two.total).toBe(0)
    expect(two.kinds).toEqual(
      new Map([
        ['markdown', 1],
        ['docx', 1],
      ]),
    )
  })

  it('says of each choice what choosing it shows', () => {
    const filter: Partial<Filter> = { tags: ['sea'], from: '2020-01-01' }
    const { kinds, lengths, statuses } = facets(filter)
    for (const [kind, n] of kinds) expect(passing({ ...filter, kinds: [kind as never] })).toHaveLength(n)
    for (const [length, n] of lengths) expect(passing({ ...filter, lengths: [length as never] })).toHaveLength(n)
    for (const [status, n] of statuses) expect(passing({ ...filter, statuses: [status as never] })).toHaveLength(n)
    expect([...kinds.keys()].sort()).toEqual(['html', 'markdown'])
  })
})

describe('sorted', () => {
  const order = (sort: Parameters<typeof sorted>[1], documents = pieces): string =>
    sorted([...documents], sort)
      .map(({ id }) => id)
      .join('')

  it('keeps, turns, and goes by length', () => {
    expect(order('newest')).toBe('abcd')
    expect(order('best')).toBe('abcd')
    expect(order('oldest')).toBe('dcba')
    expect(order('longest')).toBe('adcb')
  })

  it('goes by title whatever case and accents, and changes nothing that was given', () => {
    const titled = ['Zebra', 'éclair', 'Apple', 'eclipse', 'Äpfel'].map((title, n) => piece(String(n), { title }))
    const given = [...titled]
    expect(sorted(titled, 'title').map(({ title }) => title)).toEqual(['Äpfel', 'Apple', 'éclair', 'eclipse', 'Zebra'])
    expect(titled).toEqual(given)
  })
})

describe('foldersOf', () => {
  it('lists folders below the one that all share, with all that is in them', () => {
    expect(foldersOf(pieces)).toEqual([
      { path: '/w', pieces: 4 },
      { path: '/w/old', pieces: 2 },
      { path: '/w/old/deep', pieces: 1 },
      { path: '/w/older', pieces: 1 },
    ])
    expect(foldersOf([{ path: 'C:\\w\\a\\b.md' }, { path: 'C:\\w\\a\\c.md' }])).toEqual([
      { path: 'C:\\w\\a', pieces: 2 },
    ])
    expect(foldersOf([])).toEqual([])
  })
})

describe('years', () => {
  it('stand in a row without gaps, and undated pieces outside it', () => {
    const years = new Map<number | null, number>([
      [2024, 2],
      [null, 9],
      [2021, 1],
    ])
    expect(yearRow(years)).toEqual([
      { year: 2021, pieces: 1 },
      { year: 2022, pieces: 0 },
      { year: 2023, pieces: 0 },
      { year: 2024, pieces: 2 },
    ])
    expect(yearRow(new Map([[null, 3]]))).toEqual([])
  })

  it('are not stretched by a stray date', () => {
    const years = new Map([
      [2024, 2],
      [1, 1],
    ])
    expect(yearRow(years)).toEqual([
      { year: 1, pieces: 1 },
      { year: 2024, pieces: 2 },
    ])
    expect(yearRow(new Map([...years].map(([year, n]) => [year === 1 ? 1984 : year, n])))).toHaveLength(41)
  })

  it('span from first to last day, whichever was named first', () => {
    expect(yearSpan(2024, 2021)).toEqual({ from: '2021-01-01', to: '2024-12-31' })
    expect(yearSpan(99, 99)).toEqual({ from: '0099-01-01', to: '0099-12-31' })
    expect(passing(yearSpan(2019, 2023))).toBe('bc')
  })
})
