import { expect, test } from 'vitest'
import { firstTokens, lastTokens } from '../../main/assistant/cut.ts'
import { firstOf, lastOf } from '../../main/examples/cut.ts'
import type { Tokenizer } from '../../main/inference/types.ts'

/** A token a byte. */
const bytes: Tokenizer = {
  tokenize: (text) => Int32Array.from(Buffer.from(text)),
  detokenize: (tokens) => Buffer.from(tokens).toString(),
  endToken: 0,
}
const first = (text: string, count: number) => firstOf(bytes, text, bytes.tokenize(text), count)
const last = (text: string, count: number) => lastOf(bytes, text, bytes.tokenize(text), count)

test('no cut ends or begins with half a character', () => {
  const text = 'a港🦊ب'
  const whole = (part: string): boolean => text.includes(part) && !part.includes('\ufffd')
  for (let count = 1; count <= 10; count++) {
    expect(whole(first(text, count))).toBe(true)
    expect(whole(last(text, count))).toBe(true)
  }
  expect([first(text, 4), first(text, 7), first(text, 8)]).toEqual(['a港', 'a港', 'a港🦊'])
  expect([last(text, 1), last(text, 5), last(text, 6)]).toEqual(['', 'ب', '🦊ب'])
})

test('a sign of a broken character that stands in the text stays', () => {
  const text = 'a\ufffd港\ufffdb'
  expect([first(text, 4), first(text, 5), first(text, 7), first(text, 10)]).toEqual([
    'a\ufffd',
    'a\ufffd',
    'a\ufffd港',
    'a\ufffd港\ufffd',
  ])
  expect([last(text, 4), last(text, 6), last(text, 7)]).toEqual(['\ufffdb', '\ufffdb', '港\ufffdb'])
})

test('what a rewrite shows of a text is cut between characters too', () => {
  expect(firstTokens(bytes, '港の朝', 4)).toBe('港…')
  expect(lastTokens(bytes, '港の朝', 4)).toBe('…朝')
  expect(firstTokens(bytes, `${'x'.repeat(11)}🦊 and more`, 1)).not.toMatch(/\p{Cs}/u)
  // As if a token were a whole text.
  const wide: Tokenizer = { ...bytes, tokenize: () => Int32Array.of(1) }
  expect(firstTokens(wide, `${'x'.repeat(11)}🦊 and more`, 1)).toBe(`${'x'.repeat(11)}…`)
  expect(lastTokens(wide, `more 🦊${'x'.repeat(11)}`, 1)).toBe(`…${'x'.repeat(11)}`)
})
