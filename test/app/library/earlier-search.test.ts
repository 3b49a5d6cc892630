import { describe, expect, test } from 'vitest'
import { createEarlierSearch } from '../../../main/app/library/earlier-search.ts'
import type { TaskQuery } from '../../../main/examples/types.ts'

const query = (document: string, date: string, input = `boats and ${document} in the harbour`): TaskQuery => ({
  task: 'headline',
  document,
  title: document,
  date,
  input,
  answer: `title of ${document}`,
})
const found = (training: TaskQuery[], of: TaskQuery, k = 10) =>
  createEarlierSearch(training)(of, k).map(({ document }) => document)

describe('what a prompt of a run may look back at', () => {
  const training = [
    query('d', '2022-01-01'),
    query('b', '2021-01-01'),
    query('a', '2020-01-01'),
    query('c', '2021-01-01'),
  ]

  test('strictly earlier pieces alone, never its own and never a later one', () => {
    expect(found(training, query('c', '2021-01-01')).sort()).toEqual(['a', 'b'])
    expect(found(training, query('a', '2020-01-01'))).toEqual([])
    expect(found(training, query('new', '2023-01-01'))).toHaveLength(4)
    expect(found(training, query('new', '2023-01-01'), 2)).toHaveLength(2)
    expect(found(training, query('new', '2023-01-01'), 0)).toEqual([])
  })

  test('the most alike comes first, with its answer', () => {
    const search = createEarlierSearch([
      query('rain', '2020-01-01', 'rain over the hills all day'),
      query('gate', '2020-02-01', 'the old gate was open'),
    ])
    expect(search(query('new', '2021-01-01', 'an open gate'), 1)).toEqual([
      { document: 'gate', input: 'the old gate was open', answer: 'title of gate' },
    ])
  })

  test('other passages of the same piece are no history', () => {
    const passages = [query('a', '2020-01-01', 'the first part'), query('a', '2020-01-01', 'the second part')]
    expect(found(passages, passages[1] as TaskQuery)).toEqual([])
  })

  test('a version of the same text under another name is not shown: its answer would be given away', () => {
    const text = 'the ferry left late and the gulls followed it out past the last buoy of the harbour'
    const versions = [query('draft', '2020-01-01', `${text}, slowly`), query('other', '2020-01-02')]
    expect(found(versions, query('final', '2021-01-01', text))).toEqual(['other'])
  })

  test('frequencies are of the earlier part alone: what comes later changes no order', () => {
    const early = [
      query('one', '2020-01-01', 'tide tables for the harbour'),
      query('two', '2020-01-02', 'harbour lights and more lights'),
    ]
    const late = Array.from({ length: 30 }, (_, i) => query(`late ${i}`, '2022-01-01', 'tide tide tide'))
    const asked = query('now', '2021-01-01', 'harbour tide')
    expect(found([...late, ...early], asked)).toEqual(found(early, asked))
  })
})
