import { describe, expect, it } from 'vitest'
import { METHODS_TABLE, parseMethod, parseMethods, promptName, withVoice } from '../../main/lamp/methods.ts'

describe("a method's name", () => {
  it.each([
    ['base', { name: 'base', task: false, voice: 'none', retrieved: 0, profile: false, baseline: null }],
    ['voice+retrieval', { name: 'retrieval+voice', asked: 'voice+retrieval', voice: 'own', retrieved: 1 }],
    ['retrieval-1', { name: 'retrieval', retrieved: 1, how: 'bm25' }],
    ['hybrid-2+task', { name: 'task+hybrid-2', task: true, retrieved: 2, how: 'hybrid' }],
    ['cope+retrieval-4+profile+task', { name: 'task+profile+retrieval-4+cope', voice: 'cope', profile: true }],
    ['other', { name: 'other', voice: 'other' }],
    ['majority', { name: 'majority', baseline: 'majority', voice: 'none' }],
  ])('%s says what is done', (name, method) => {
    expect(parseMethod(name)).toMatchObject(method)
  })

  it.each([
    ['magic', 'There is no method "magic"'],
    ['task+magic', 'it has the part "magic"'],
    ['voice+other', 'more than one'],
    ['retrieval+hybrid', 'more than one'],
    ['retrieval-99', 'retrieves 99 pieces, 1 to 16'],
    ['retrieval-0', 'retrieves 0 pieces'],
    ['', 'There is no method ""'],
    ['base+voice', 'it has the part "base"'],
  ])('%s is refused, with the parts there are', (name, words) => {
    expect(() => parseMethod(name)).toThrowError(
      expect.objectContaining({
        name: 'UnknownMethod',
        message: expect.stringContaining(words),
        next: expect.stringContaining('profile'),
      }),
    )
  })

  it('is canonical all through the table, which has each method once', () => {
    expect(METHODS_TABLE.map((name) => parseMethod(name).name)).toEqual(METHODS_TABLE)
    expect(new Set(METHODS_TABLE).size).toBe(22)
    expect(parseMethods(['voice', 'table', 'base'], 'headline').map(({ name }) => name)).toEqual([
      'voice',
      ...METHODS_TABLE.filter((name) => name !== 'voice'),
    ])
    expect(parseMethods(['table'], 'rate').map(({ name }) => name)).toContain('tfidf')
  })

  it('gives its prompt and its controls', () => {
    const method = parseMethod('task+profile+retrieval-2+voice')
    expect(promptName(method)).toBe('profile+retrieval-2')
    expect(withVoice(method, 'other')).toBe('task+profile+retrieval-2+other')
    expect(withVoice(method, 'none')).toBe('task+profile+retrieval-2')
    expect(withVoice(parseMethod('voice'), 'none')).toBe('base')
  })
})
