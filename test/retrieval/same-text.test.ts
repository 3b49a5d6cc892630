import { describe, expect, it } from 'vitest'
import { commonRuns, createSameText } from '../../main/retrieval/same-text.ts'
import { prose } from '../helpers/library.ts'

const pieces = Array.from({ length: 6 }, (_, n) => prose(n, 300))
const isOne = createSameText(pieces.slice(0, 5))
const [piece = '', stranger = ''] = [pieces[2], pieces[5]]

describe('the same text', () => {
  it('is known with a title, as Markdown, cut short, within another, and revised', () => {
    expect(isOne(piece)).toBe(true)
    expect(isOne(`# A title\n\n${piece}`)).toBe(true)
    expect(isOne(piece.replaceAll('\n\n', '\n').toUpperCase())).toBe(true)
    expect(isOne(piece.slice(0, 400))).toBe(true)
    expect(isOne(`${stranger}\n\n${piece}`)).toBe(true)
    const words = piece.split(' ')
    expect(isOne(words.map((word, n) => (n % 20 === 0 ? 'otherwise' : word)).join(' '))).toBe(true)
  })

  it('is not another text, an empty one, or one that shares a sentence', () => {
    expect(isOne(stranger)).toBe(false)
    expect(isOne('')).toBe(false)
    expect(isOne(`${stranger} ${piece.split('.')[0]}.`)).toBe(false)
  })

  it('is told in a script without spaces by its sentences, and not by its endings', () => {
    const short = '駅前で手紙を書き終えることができた。そのことについては、また書くことにします。'
    const long = [
      '祖母の庭には古い柿の木があって、秋になると屋根からでも実を取ることができた。そのことを思い出すたびに、',
      '手紙を書こうと思うことがある。また会うことにしますと言って別れたのに、それについては何もしていない。',
      '駅前の店は閉まり、書き終えることのできない日記だけが残った。そのことについては誰も知らない。',
    ].join('')
    expect(createSameText([long])(short)).toBe(false)
    expect(createSameText([short])(long)).toBe(false)
    expect(createSameText([long])(long.slice(20, 90))).toBe(true)
    expect(createSameText([short])(`${long}\n\n${short}`)).toBe(true)
    expect(createSameText([long])(long.replaceAll('祖母', '叔母').replaceAll('手紙', '葉書'))).toBe(true)
  })

  it('is not one that shares what stands below every text of a series, but every version of a text is one', () => {
    const footer = prose(900, 120)
    const own = (n: number): string => prose(n, 160).replaceAll(/[a-z]+/gi, `$&${'o'.repeat(n)}`)
    const letters = Array.from({ length: 30 }, (_, n) => `${own(n)}\n\n${footer}`)
    const isHeld = createSameText(letters.slice(0, 12))
    expect(letters.slice(12).filter(isHeld)).toEqual([])
    expect(letters.slice(0, 12).every(isHeld)).toBe(true)
    const versions = Array.from({ length: 12 }, (_, n) => `${piece} ${prose(200 + n, 30)}`)
    expect(createSameText(versions)(piece)).toBe(true)
  })

  it.each([12, 20, 30, 60, 400])('is told from others of a series by what is common in a library of %i', (count) => {
    const words = (of: string, n: number): string => Array.from({ length: n }, (_, i) => `${of}${i}`).join(' ')
    const letters = Array.from({ length: count }, (_, n) => `${words(`own${n}x`, 120)} ${words('footer', 60)}`)
    const common = commonRuns(letters)
    const [first = '', ...others] = letters
    for (const held of [[first], letters.slice(0, 5)]) {
      const isHeld = createSameText(held, common)
      expect(letters.filter(isHeld)).toEqual(held)
      expect(isHeld(`# A title\n\n${first.split(' ').slice(0, 100).join(' ')}`)).toBe(true)
      expect(isHeld(`${words('own0x', 90)} ${words('new', 40)} ${words('footer', 60)}`)).toBe(true)
    }
    expect(others.some(createSameText([first]))).toBe(true)
    // One text in a dozen versions is in common with itself, and known all the same.
    const versions = Array.from({ length: 12 }, (_, n) => `${first} ${words(`version${n}x`, 20)}`)
    expect(createSameText(versions.slice(0, 1), commonRuns(versions))(versions[5] as string)).toBe(true)
  })

  it('of few words is one that is equal', () => {
    const isShort = createSameText(['Gone fishing', ''])
    expect(isShort('gone, fishing!')).toBe(true)
    expect(isShort('Gone fishing again')).toBe(false)
    expect(isShort('')).toBe(false)
    expect(createSameText([])('anything')).toBe(false)
  })
})
