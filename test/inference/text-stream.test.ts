import { expect, test } from 'vitest'
import { createTextStream } from '../../main/inference/text-stream.ts'

/** One token a byte: every character beyond ASCII is in pieces. */
const bytes = (tokens: Int32Array) => Buffer.from(Uint8Array.from(tokens)).toString('utf8')

function run(text: string, stop: string[] = []) {
  const chunks: string[] = []
  const stream = createTextStream(bytes, stop, (chunk) => chunks.push(chunk))
  let stopped = false
  for (const byte of Buffer.from(text)) {
    stopped = stream.push(byte)
    if (stopped) break
  }
  return { chunks, stopped, text: stream.finish() }
}

test('characters of several bytes come whole', () => {
  const { chunks, text } = run('Grüße – 🦊!')
  expect(text).toBe('Grüße – 🦊!')
  expect(chunks.join('')).toBe(text)
  expect(chunks).toContain('🦊')
  expect(chunks.join('')).not.toContain('\uFFFD')
})

test('a character that never ends is left out', () => {
  const chunks: string[] = []
  const stream = createTextStream(bytes, [], (chunk) => chunks.push(chunk))
  for (const byte of [...Buffer.from('ok'), 0xf0, 0x9f]) stream.push(byte)
  expect(stream.finish()).toBe('ok')
  expect(chunks.join('')).toBe('ok')
})

test('control characters are left out; tabs and line feeds stay', () => {
  const { chunks, text } = run('\u0000a\u0007\tb\u007f\nc\u001b\r')
  expect(text).toBe('a\tb\nc')
  expect(chunks.join('')).toBe(text)
})

test('a stop text ends the text, and no part of it is shown', () => {
  const { chunks, stopped, text } = run('First line\nUser: next', ['\nUser:'])
  expect(stopped).toBe(true)
  expect(text).toBe('First line')
  expect(chunks.join('')).toBe('First line')
})

test('what only looked like a stop text is shown after all', () => {
  expect(run('one\nUs two', ['\nUser:']).chunks.join('')).toBe('one\nUs two')
  expect(run('one\nUs', ['\nUser:'])).toMatchObject({ text: 'one\nUs', stopped: false })
})

test('of several stop texts the first to appear ends the text', () => {
  expect(run('a.b;c', [';', '.']).text).toBe('a')
})
