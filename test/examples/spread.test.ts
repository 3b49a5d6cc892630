import { expect, test } from 'vitest'
import { boundedHistory, spread } from '../../main/examples/spread.ts'

const items = Array.from({ length: 10 }, (_, i) => i)

test('evenly spread items keep their order, and all are there where there is room', () => {
  expect(spread(items, 4)).toEqual([1, 3, 6, 8])
  expect(spread(items, 1)).toEqual([5])
  expect(spread(items, 9)).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9])
  expect(spread(items, 10)).toEqual(items)
  expect(spread(items, 0)).toEqual([])
})

test.each(['headline', 'tag', 'rate'] as const)('of %s the newest are learnt', (task) => {
  expect(boundedHistory(task, items, 3)).toEqual([7, 8, 9])
  expect(boundedHistory(task, items, 0)).toEqual([])
  expect(boundedHistory(task, items, 100)).toEqual(items)
  expect(boundedHistory(task, items, Number.POSITIVE_INFINITY)).toEqual(items)
})

test('of prose passages of all of its time', () => {
  expect(boundedHistory('prose', items, 4)).toEqual([1, 3, 6, 8])
  expect(boundedHistory('prose', items, Number.POSITIVE_INFINITY)).toEqual(items)
})
