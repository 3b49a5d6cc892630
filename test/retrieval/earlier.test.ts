import { describe, expect, it } from 'vitest'
import { createBm25 } from '../../main/retrieval/bm25.ts'
import { bm25Before, createHistoryIndex } from '../../main/retrieval/earlier.ts'
import { prose } from '../helpers/library.ts'

const pieces = Array.from({ length: 40 }, (_, n) => ({
  id: `p${n}`,
  // Not in order, and some on the same day.
  date: `2024-${String(((n * 7) % 12) + 1).padStart(2, '0')}-01`,
  text: prose(n, 40),
}))

describe('earlier history only', () => {
  it('never finds a piece of the day or later, and knows no later frequencies', () => {
    const history = createHistoryIndex(pieces)
    for (const date of ['2024-01-01', '2024-01-02', '2024-06-01', '2024-12-31']) {
      const earlier = pieces
        .filter((piece) => piece.date < date)
        .toSorted((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0))
      const search = history.before(date)
      expect(search.size).toBe(earlier.length)
      const hits = search.search('brass lamp winter', 50)
      const alone = createBm25(earlier.map(({ text }) => text)).search('brass lamp winter', 50)
      expect(hits).toEqual(alone.map(({ index, score }) => ({ piece: earlier[index], score })))
      expect(bm25Before(pieces, date).search('brass lamp winter', 50)).toEqual(hits)
    }
    expect(history.before('2024-12-31').search('brass', 50).length).toBeGreaterThan(0)
  })

  it('orders days and moments together', () => {
    const mixed = [
      { date: '2024-01-02T04:30:00.000Z', text: 'brass' },
      { date: '2024-01-02', text: 'brass' },
    ]
    expect(bm25Before(mixed, '2024-01-02').size).toBe(0)
    expect(bm25Before(mixed, '2024-01-02T04:30:00.000Z').size).toBe(1)
    expect(bm25Before(mixed, '2024-01-03').size).toBe(2)
  })

  it('refuses what is no date', () => {
    expect(() => bm25Before(pieces, 'soon')).toThrow(
      expect.objectContaining({ name: 'BadDate', message: expect.stringContaining('soon') }),
    )
  })
})
