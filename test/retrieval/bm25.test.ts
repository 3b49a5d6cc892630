import { describe, expect, it } from 'vitest'
import { createBm25 } from '../../main/retrieval/bm25.ts'
import { termsOf } from '../../main/retrieval/tokens.ts'
import { prose } from '../helpers/library.ts'

const texts = Array.from({ length: 60 }, (_, seed) => prose(seed, 10 + ((seed * 37) % 90)))

/** The formula once more, the slow way: every text, every term, no index. */
function slowScores(corpus: string[], query: string): number[] {
  const lists = corpus.map(termsOf)
  const mean = lists.reduce((sum, list) => sum + list.length, 0) / lists.length
  return lists.map((list) =>
    termsOf(query).reduce((score, term) => {
      const inTexts = lists.filter((other) => other.includes(term)).length
      const count = list.filter((other) => other === term).length
      const idf = Math.log(1 + (lists.length - inTexts + 0.5) / (inTexts + 0.5))
      return score + (idf * count * 2.5) / (count + 1.5 * (0.25 + (0.75 * list.length) / mean))
    }, 0),
  )
}

describe('createBm25', () => {
  it('scores as the formula says', () => {
    const bm25 = createBm25(texts)
    for (const query of ['the brass lamp', 'gull gull tide', texts[7]!]) {
      const expected = slowScores(texts, query)
      const hits = bm25.search(query, texts.length)
      expect(hits.length).toBe(expected.filter((score) => score > 0).length)
      for (const { index, score } of hits) expect(score).toBeCloseTo(expected[index]!, 10)
      for (const [at, hit] of hits.slice(1).entries()) expect(hit.score).toBeLessThanOrEqual(hits[at]!.score)
    }
  })

  it('searches the first texts as if there were no others', () => {
    const bm25 = createBm25(texts)
    for (const first of [0, 1, 2, 17, 60]) {
      const alone = createBm25(texts.slice(0, first))
      expect(bm25.search('the brass lamp near winter', 20, { first })).toEqual(
        alone.search('the brass lamp near winter', 20),
      )
    }
  })

  it('prefers the text with the rarer word, also among two', () => {
    const bm25 = createBm25(['a clock and a clock', 'a lamp'])
    expect(bm25.search('a lamp', 2).map(({ index }) => index)).toEqual([1, 0])
    for (const { score } of bm25.search('a lamp', 2)) expect(score).toBeGreaterThan(0)
  })

  it('finds a text by itself', () => {
    const bm25 = createBm25(texts)
    texts.forEach((text, index) => {
      expect(bm25.search(text, 1)[0]?.index).toBe(index)
    })
  })

  it('finds nothing for what no text has, in no texts, and for no words', () => {
    expect(createBm25(texts).search('zeppelin', 5)).toEqual([])
    expect(createBm25([]).search('lamp', 5)).toEqual([])
    expect(createBm25(texts).search(' … ', 5)).toEqual([])
    expect(createBm25(['', '!']).search('lamp', 5)).toEqual([])
  })

  it('is the same whether a few are wanted or all, and asks once whether a text may be found', () => {
    const bm25 = createBm25([...texts, ...texts.slice(0, 20)])
    const query = `${texts[7]} ${texts[7]} lamp lamp`
    let asked: number[] = []
    const accept = (index: number): boolean => {
      asked.push(index)
      return index % 3 !== 0
    }
    const all = bm25.search(query, 80, { accept })
    expect(new Set(asked).size).toBe(asked.length)
    for (const k of [0, 1, 2, 10, 40]) {
      asked = []
      expect(bm25.search(query, k, { accept })).toEqual(all.slice(0, k))
      expect(new Set(asked).size).toBe(asked.length)
    }
  })

  it('leaves out what is not accepted, the scores of the rest unchanged', () => {
    const bm25 = createBm25(texts)
    const all = bm25.search('brass', 60)
    const even = bm25.search('brass', 60, { accept: (index) => index % 2 === 0 })
    expect(even).toEqual(all.filter(({ index }) => index % 2 === 0))
    expect(even.length).toBeGreaterThan(0)
    expect(even.length).toBeLessThan(all.length)
  })
})

describe('termsOf', () => {
  it.each([
    ['The Clock’s hands, DON’T stop!', ['the', 'clock', 'hands', "don't", 'stop']],
    ['naïve CAFÉ 3.5 ﬁne', ['naïve', 'café', '3', '5', 'fine']],
    ['Straße ΛΌΓΟΣ', ['straße', 'λόγος']],
    ['東京都 tower', ['東', '東京', '京', '京都', '都', 'tower']],
    ['iPhone15を買う', ['iphone15', 'を', 'を買', '買', '買う', 'う']],
    ['한국어 글', ['한국어', '글']],
    ['', []],
  ])('%j', (text, expected) => {
    expect(termsOf(text)).toEqual(expected)
  })

  it('cuts Thai into words', () => {
    const terms = termsOf('สวัสดีชาวโลก')
    expect(terms.length).toBeGreaterThan(1)
    expect(terms.join('')).toBe('สวัสดีชาวโลก')
  })
})
