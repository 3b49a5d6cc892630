import { describe, expect, it } from 'vitest'
import { formOf, inForm } from '../../main/drafts/text-form.ts'
import { decodeText } from '../../main/library/decode.ts'

const FILES: [string, Uint8Array][] = [
  ['nothing', Buffer.from('')],
  ['plain', Buffer.from('Grüße.\nTwo.\n')],
  ['CRLF', Buffer.from('Grüße.\r\nTwo.')],
  ['lone carriage returns', Buffer.from('Grüße.\rTwo.\r')],
  ['a mark', Buffer.from('\ufeffGrüße.\nTwo.\n')],
  ['UTF-16', Buffer.from('\ufeffGrüße 👩‍👩‍👧.\r\nTwo.\r\n', 'utf16le')],
  ['UTF-16, the great byte first', Buffer.from('\ufeffGrüße 👩‍👩‍👧.\nTwo.\n', 'utf16le').swap16()],
]

describe("a text file's form", () => {
  it.each(FILES)('gives the very bytes back: %s', (_, bytes) => {
    const read = decodeText(bytes, 'text')
    if ('reason' in read) throw new Error(read.reason)
    expect(inForm(read.text, formOf(bytes)).equals(bytes)).toBe(true)
  })

  it('has the line ends of most lines', () => {
    expect(formOf(Buffer.from('a\r\nb\nc\r\n')).lineEnd).toBe('\r\n')
    expect(formOf(Buffer.from('a\r\nb\nc\n')).lineEnd).toBe('\n')
  })
})
