import { describe, expect, it } from 'vitest'
import { cutPassages } from '../../main/library/cut.ts'
import { countWords } from '../../main/library/words.ts'
import { prose } from '../helpers/library.ts'

const squeeze = (text: string) => text.replace(/\s+/g, '')

describe('cutPassages', () => {
  it('loses nothing and keeps to the size, for many shapes of text', () => {
    for (let seed = 0; seed < 40; seed++) {
      const text = prose(seed, 20 + seed * 37)
      const passages = cutPassages(text)
      expect(squeeze(passages.join(''))).toBe(squeeze(text))
      for (const passage of passages) expect(countWords(passage)).toBeLessThanOrEqual(180 + 40)
      for (const passage of passages.slice(0, -1)) expect(countWords(passage)).toBeGreaterThanOrEqual(40)
    }
  })

  it('cuts at paragraphs', () => {
    const text = prose(1, 600)
    for (const passage of cutPassages(text))
      for (const part of passage.split('\n\n')) expect(text.split('\n\n')).toContain(part)
  })

  it('cuts a long paragraph at sentences', () => {
    const paragraph = prose(1, 600).replaceAll('\n\n', ' ')
    const passages = cutPassages(paragraph)
    expect(passages.length).toBeGreaterThan(2)
    for (const passage of passages) expect(passage).toMatch(/\.$/)
  })

  it('cuts what has no sentences, and splits no character', () => {
    for (const text of ['word '.repeat(3000), 'x'.repeat(50_000), '😀'.repeat(20_000), '字'.repeat(5000)]) {
      const passages = cutPassages(text)
      expect(squeeze(passages.join(''))).toBe(squeeze(text))
      for (const passage of passages) {
        expect(passage.length).toBeLessThanOrEqual(4100)
        expect(passage).not.toMatch(/\p{Surrogate}/u)
      }
    }
  })

  it('makes one passage of a short piece and none of nothing', () => {
    expect(cutPassages('Short.')).toEqual(['Short.'])
    expect(cutPassages('')).toEqual([])
  })
})

describe('countWords', () => {
  it.each([
    ["It's a well-known thing, isn't it?", 6],
    ['', 0],
    ['— … !', 0],
    ['漢字かな', 2],
    ['naïve café 3.5', 4],
  ])('%j has %i', (text, expected) => {
    expect(countWords(text)).toBe(expected)
  })
})
