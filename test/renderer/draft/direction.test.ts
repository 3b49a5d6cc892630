import { Text } from '@codemirror/state'
import { describe, expect, it } from 'vitest'
import { lineDirection } from '../../../renderer/lib/draft/direction.ts'

describe('the direction of a line', () => {
  const of = (...lines: string[]): string[] => lines.map((_, n) => lineDirection(Text.of(lines), n + 1))

  it('is its own, whatever stands around it', () => {
    expect(of('The first.', '# العنوان', '- 1. فقرة.', 'And the last.')).toEqual(['ltr', 'rtl', 'rtl', 'ltr'])
  })
  it('is that of the line above where it has no letter', () => {
    expect(of('', 'فقرة.', '', '2026', 'A paragraph.', '')).toEqual(['ltr', 'rtl', 'rtl', 'rtl', 'ltr', 'ltr'])
  })
})
