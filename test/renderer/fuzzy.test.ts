import { expect, it } from 'vitest'
import { findNames } from '../../renderer/lib/fuzzy.ts'

const names = ['Library', 'Über die Brücken', 'In Which the Ferry Is Early', 'Письмо о часах', 'Settings']
const found = (query: string): string[] => findNames(names, query, 5).map(({ index }) => names[index] ?? '')

it('finds by some letters, without accents, in any order of words and in any script', () => {
  expect(found('lbr')).toEqual(['Library'])
  expect(found('uber bruck')).toEqual(['Über die Brücken'])
  expect(found('early ferry')).toEqual(['In Which the Ferry Is Early'])
  expect(found('часах')).toEqual(['Письмо о часах'])
  expect(found('zzz')).toEqual([])
  expect(found('  ')).toEqual([])
})

it('marks what was matched, and leaves nothing out', () => {
  const [hit] = findNames(names, 'sett', 5)
  expect(hit?.parts).toEqual([
    { text: 'Sett', marked: true },
    { text: 'ings', marked: false },
  ])
  for (const { index, parts } of findNames(names, 'r', 5)) {
    expect(parts.map(({ text }) => text).join('')).toBe(names[index])
  }
})

it('gives no more than was asked for, from many', () => {
  const many = Array.from({ length: 10_000 }, (_, n) => `Piece number ${n}`)
  expect(findNames(many, 'piece', 6)).toHaveLength(6)
  expect(findNames(many, '9999', 6).map(({ index }) => index)).toEqual([9999])
})
