import { describe, expect, test } from 'vitest'
import { MINIMUM_PIECES } from '../../main/evaluation/verdict.ts'
import { splitByTime } from '../../main/examples/split.ts'
import type { Piece } from '../../main/examples/types.ts'

const day = (i: number) => new Date(Date.UTC(2020, 0, 1 + i)).toISOString().slice(0, 10)
const pieces = (count: number): Piece[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `p${String(i).padStart(3, '0')}`,
    title: 't',
    text: 'x',
    date: day(i),
  }))
const ids = (list: Piece[]) => list.map(({ id }) => id)

describe('splitting by time', () => {
  test.each([
    [8, 4, 1, 3],
    [9, 5, 1, 3],
    [12, 8, 1, 3],
    [19, 14, 2, 3],
    [20, 13, 2, 5],
    [29, 21, 3, 5],
    [40, 30, 4, 6],
    [100, 75, 10, 15],
    [388, 291, 39, 58],
  ])('%i pieces: %i to train, %i to choose by, %i to prove', (count, training, validation, proof) => {
    const split = splitByTime(pieces(count))
    expect([split.training.length, split.validation.length, split.proof.length]).toEqual([training, validation, proof])
    expect(split.enough).toBe(true)
  })

  test('every piece is in one part, and the parts follow each other in time', () => {
    const all = pieces(50)
    const shuffled = [...all].sort((a, b) =>
      a.id.split('').reverse().join('') < b.id.split('').reverse().join('') ? -1 : 1,
    )
    const { training, validation, proof } = splitByTime(shuffled)
    expect(ids([...training, ...validation, ...proof])).toEqual(ids(all))
  })

  test('equal dates are ordered by id, dates with a time by their time', () => {
    const same = pieces(10).map((piece) => ({ ...piece, date: '2024-05-17' }))
    expect(ids(splitByTime([...same].reverse()).proof)).toEqual(['p007', 'p008', 'p009'])
    const timed = pieces(8).map((piece, i) => ({
      ...piece,
      date: `2024-05-17T${String(20 - i).padStart(2, '0')}:00:00Z`,
    }))
    expect(ids(splitByTime(timed).proof)).toEqual(['p002', 'p001', 'p000'])
  })

  test('from the least number of pieces on, as many are held out as a voice needs to win', () => {
    for (let count = 8; count < 40; count++)
      expect(splitByTime(pieces(count)).proof.length, `${count} pieces`).toBeGreaterThanOrEqual(MINIMUM_PIECES)
    expect(splitByTime(pieces(8)).note).toMatch(/^With 8 pieces, the newest 3 of them kept for the proof, /)
  })

  test('too few pieces: nothing is held out, and it is said how many are needed', () => {
    expect(splitByTime(pieces(7))).toMatchObject({
      enough: false,
      validation: [],
      proof: [],
      note: expect.stringMatching(/7 pieces are too few.* at least 8 /),
    })
    expect(splitByTime(pieces(1)).note).toMatch(/^1 piece is too few/)
    expect(splitByTime(pieces(12)).note).toMatch(/12 pieces/)
    expect(splitByTime(pieces(20)).note).toBeNull()
  })
})
