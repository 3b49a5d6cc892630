import { describe, expect, it } from 'vitest'
import { createSameText } from '../../main/retrieval/same-text.ts'
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

  it('of few words is one that is equal', () => {
    const isShort = createSameText(['Gone fishing', ''])
    expect(isShort('gone, fishing!')).toBe(true)
    expect(isShort('Gone fishing again')).toBe(false)
    expect(isShort('')).toBe(false)
    expect(createSameText([])('anything')).toBe(false)
  })
})
