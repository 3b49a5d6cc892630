/** The arithmetic of the tables of suggestions. */
import { describe, expect, it } from 'vitest'
import type { LabelRow, LabelState } from '../../preload/contract.ts'
import {
  addedTags,
  bulkAbove,
  chipsOf,
  disagreeing,
  knownTag,
  lastDecided,
  nextOpen,
  ownScoresAbove,
  pickedAtFirst,
  placeOfKey,
  shortFolder,
  toggled,
} from '../../renderer/lib/labels.ts'

function row(changes: Partial<LabelRow> & { shares?: Record<string, number> } = {}): LabelRow {
  const { shares = {}, ...rest } = changes
  return {
    document: 'a',
    title: 'A',
    path: '/w/a.md',
    kind: 'markdown',
    date: null,
    words: 10,
    state: 'suggested',
    tags: [],
    rating: null,
    before: null,
    step: null,
    picked: null,
    suggestions: Object.entries(shares).map(([tag, probability]) => ({ tag, probability, pieces: 1, has: false })),
    distribution: [],
    expected: null,
    likeliest: null,
    confidence: null,
    leaned: 0,
    seen: false,
    voice: null,
    error: null,
    ...rest,
  }
}

describe('chips', () => {
  it('are the suggestions, then what the piece has or was given beside them, each once', () => {
    const one = row({ shares: { sea: 0.6, Fog: 0.3 }, tags: ['fog', 'brass'] })
    expect(chipsOf(one, ['new', 'sea']).map(({ tag, probability }) => [tag, probability])).toEqual([
      ['sea', 0.6],
      ['Fog', 0.3],
      ['brass', null],
      ['new', null],
    ])
  })

  it('keep their places when one is put off', () => {
    const one = row({ shares: { sea: 0.6 }, tags: ['brass'] })
    expect(chipsOf(one, ['brass'])).toEqual(chipsOf(one, []))
    const decided = row({ shares: { sea: 0.6 }, tags: ['sea'], before: { tags: ['brass'], rating: null } })
    expect(chipsOf(decided, ['sea']).map(({ tag }) => tag)).toEqual(['sea', 'brass'])
  })
})

describe('what is on at first', () => {
  it('is what is likely, or else the likeliest; of a tagged piece its own, too', () => {
    expect(pickedAtFirst(row({ shares: { sea: 0.5, fog: 0.31, order: 0.1 } }))).toEqual(['sea', 'fog'])
    expect(pickedAtFirst(row({ shares: { sea: 0.2, fog: 0.1 } }))).toEqual(['sea'])
    expect(pickedAtFirst(row({ shares: { sea: 0.2 }, tags: ['brass'] }))).toEqual(['brass'])
    expect(pickedAtFirst(row({ shares: { Sea: 0.9, fog: 0.4 }, tags: ['sea'] }))).toEqual(['sea', 'fog'])
    expect(pickedAtFirst(row())).toEqual([])
    expect(pickedAtFirst(row({ shares: { sea: 0.9 }, picked: ['fog'] }))).toEqual(['fog'])
  })

  it('is toggled whatever the case', () => {
    expect(toggled(['Sea'], 'sea')).toEqual([])
    expect(toggled(['sea'], 'fog')).toEqual(['sea', 'fog'])
  })
})

describe('accepting above a likelihood', () => {
  it('adds tags to those that a piece has, and counts what it adds', () => {
    const rows = [
      row({ document: 'a', shares: { sea: 0.8, fog: 0.15 }, tags: ['brass'] }),
      row({ document: 'b', shares: { sea: 0.4 } }),
      row({ document: 'c', shares: { sea: 0.9 }, tags: ['sea'] }),
      row({ document: 'd', shares: { sea: 0.9 }, state: 'skipped' }),
    ]
    const decisions = bulkAbove('tag', rows, 0.5)
    expect(decisions).toEqual([{ document: 'a', picked: ['brass', 'sea'] }])
    expect(addedTags(decisions, rows)).toBe(1)
    expect(addedTags(bulkAbove('tag', rows, 0.1), rows)).toBe(3)
  })

  it('takes the likeliest score', () => {
    const distribution = [1, 2, 3].map((score) => ({ score, probability: score === 2 ? 0.7 : 0.15 }))
    const rows = [row({ distribution, likeliest: 2 })]
    expect(bulkAbove('rate', rows, 0.7)).toEqual([{ document: 'a', picked: ['2'] }])
    expect(bulkAbove('rate', rows, 0.71)).toEqual([])
  })

  it('replaces no score of the owner’s own, and counts those that stay', () => {
    const distribution = [1, 2, 3].map((score) => ({ score, probability: score === 2 ? 0.7 : 0.15 }))
    const rows = [
      row({ document: 'a', distribution, likeliest: 2 }),
      row({ document: 'b', distribution, likeliest: 2, rating: 3 }),
      row({ document: 'c', distribution, likeliest: 2, rating: 1, state: 'skipped' }),
    ]
    expect(bulkAbove('rate', rows, 0.7).map(({ document }) => document)).toEqual(['a'])
    expect([0.7, 0.71].map((level) => ownScoresAbove(rows, level))).toEqual([1, 0])
  })
})

it('goes on to the next piece that is not decided, past those that are', () => {
  const rows = (['accepted', 'skipped', 'suggested', 'accepted'] satisfies LabelState[]).map((state) => row({ state }))
  expect(nextOpen(rows, 0)).toBe(2)
  expect(nextOpen(rows, 2)).toBe(3)
  expect(nextOpen(rows, 3)).toBe(3)
})

it('knows keys and folders', () => {
  expect(['1', '9', '0', 'x'].map(placeOfKey)).toEqual([1, 9, 10, null])
  expect(shortFolder('/home/a/blog/posts')).toBe('…/blog/posts')
  expect(shortFolder('/posts')).toBe('/posts')
})

it('lists disagreements by how far the own score is, that of before where it was changed since', () => {
  const rows = [
    row({ document: 'near', expected: 3.5, rating: 4 }),
    row({ document: 'none', expected: 1 }),
    row({ document: 'unknown', rating: 4 }),
    row({ document: 'far', expected: 4.5, rating: 5, before: { tags: [], rating: 1 } }),
    row({ document: 'given', expected: 4.5, rating: 1, before: { tags: [], rating: null } }),
  ]
  expect(disagreeing(rows).map(({ document }) => document)).toEqual(['far', 'near'])
})

it('writes a tag as it is written already', () => {
  const vocabulary = [{ tag: 'Sea' }]
  expect(knownTag(vocabulary, '  sea ')).toBe('Sea')
  expect(knownTag(vocabulary, 'deep  sea')).toBe('deep sea')
  expect(knownTag(vocabulary, ' ')).toBe('')
})

it('undoes the latest decision that no file holds, as a whole', () => {
  const rows = [
    row({ document: 'a', state: 'accepted', step: 1 }),
    row({ document: 'b', state: 'accepted', step: 2 }),
    row({ document: 'c', state: 'skipped', step: 2 }),
    row({ document: 'd', state: 'written', step: 3 }),
    row({ document: 'e', state: 'accepted', step: null }),
  ]
  expect(lastDecided(rows)).toEqual(['b', 'c'])
  expect(lastDecided([])).toEqual([])
})
