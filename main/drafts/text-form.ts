/** How a text file is written, apart from what it says: encoding, mark and line ends, so that a draft goes back as it came. */

export interface TextForm {
  encoding: 'utf-8' | 'utf-16le' | 'utf-16be'
  /** Does it begin with a byte order mark. */
  mark: boolean
  lineEnd: '\n' | '\r\n' | '\r'
}

const MARKS: [TextForm['encoding'], number[]][] = [
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
  ['utf-8', [0xef, 0xbb, 0xbf]],
]

/** Of a text that can be read (main/library/decode.ts); its line ends are those of most of its lines. */
export function formOf(bytes: Uint8Array): TextForm {
  const marked = MARKS.find(([, mark]) => mark.every((byte, at) => bytes[at] === byte))
  const encoding = marked?.[0] ?? 'utf-8'
  const counts = { '\n': 0, '\r\n': 0, '\r': 0 }
  const ends = new TextDecoder(encoding).decode(bytes).matchAll(/\r\n?|\n/g)
  for (const [end] of ends) counts[end as TextForm['lineEnd']]++
  const lineEnd = (['\n', '\r\n', '\r'] as const).reduce((most, end) => (counts[end] > counts[most] ? end : most))
  return { encoding, mark: marked !== undefined, lineEnd }
}

export function inForm(text: string, { encoding, mark, lineEnd }: TextForm): Buffer {
  const lines = lineEnd === '\n' ? text : text.replace(/\r\n?|\n/g, lineEnd)
  const whole = mark ? `\ufeff${lines}` : lines
  if (encoding === 'utf-8') return Buffer.from(whole)
  const little = Buffer.from(whole, 'utf16le')
  return encoding === 'utf-16le' ? little : little.swap16()
}
