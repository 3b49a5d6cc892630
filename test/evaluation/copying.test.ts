import { describe, expect, it } from 'vitest'
import { countSame, measureCopying } from '../../main/evaluation/copying.ts'

const SOURCE = 'The lamp keeps the harbour, and the harbour keeps the lamp until the winter ferry comes home again.'
const source = (text: string, document = 'a') => ({ document, title: `Title of ${document}`, text })

describe('copying', () => {
  it('counts runs of eight words that stand in a source, whatever their case and commas', () => {
    // 10 words in common: three runs of eight of the five there are.
    const written = 'THE HARBOUR keeps, the lamp until the winter ferry comes into sight'
    const { runs, copied, longest } = measureCopying([written], [source(SOURCE)])
    expect(runs).toBe(12 - 8 + 1)
    expect(copied).toBe(3)
    expect(longest).toEqual({
      words: 10,
      text: 'THE HARBOUR keeps, the lamp until the winter ferry comes',
      document: 'a',
      title: 'Title of a',
    })
  })

  it('shows a short run, and counts none', () => {
    const { copied, longest } = measureCopying(['Nobody said the winter ferry comes early'], [source(SOURCE)])
    expect(copied).toBe(0)
    expect(longest).toMatchObject({ words: 4, text: 'the winter ferry comes' })
  })

  it('finds nothing in nothing, and names the source that holds the longest run', () => {
    expect(measureCopying([], [source(SOURCE)])).toEqual({ runs: 0, copied: 0, longest: null })
    expect(measureCopying(['One two three'], [source(SOURCE)]).longest).toBeNull()
    const longer = source('She wrote that the winter ferry comes home again in spring', 'b')
    const both = measureCopying(['But the winter ferry comes home again in spring, he said'], [source(SOURCE), longer])
    expect(both.longest).toMatchObject({ document: 'b', words: 8 })
    expect(both.copied).toBe(1)
  })

  it('counts a run once, however often its source repeats it', () => {
    const again = source(`${SOURCE} ${SOURCE}`)
    expect(measureCopying([SOURCE], [again]).copied).toBe(measureCopying([SOURCE], [source(SOURCE)]).copied)
  })

  it('knows a title under other marks', () => {
    expect(countSame(['“On Oil”', 'On Oils', 'on oil.'], ['On Oil'])).toBe(2)
  })
})
