import { describe, expect, it } from 'vitest'
import { partsOfMarked } from '../../../renderer/lib/library/marks.ts'

describe('partsOfMarked', () => {
  const shown = (text: string, marks: [number, number][]): string =>
    partsOfMarked({ text, marks })
      .map((part) => (part.marked ? `[${part.text}]` : part.text))
      .join('')

  it.each([
    ['the sea is early', [], 'the sea is early'],
    ['the sea is early', [[4, 7]], 'the [sea] is early'],
    ['the sea', [[0, 7]], '[the sea]'],
    // Marks may come in any order, touch and overlap: no letter is shown twice.
    [
      'the sea is early',
      [
        [11, 16],
        [0, 3],
      ],
      '[the] sea is [early]',
    ],
    [
      'abcdef',
      [
        [0, 4],
        [2, 5],
        [1, 2],
      ],
      '[abcd][e]f',
    ],
    [
      'abcd',
      [
        [1, 2],
        [2, 3],
      ],
      'a[b][c]d',
    ],
    ['abc', [[1, 1]], 'abc'],
    ['', [], ''],
    ['🦀 day 🦀', [[0, 2]], '[🦀] day 🦀'],
  ] as [string, [number, number][], string][])('%j with %j', (text, marks, expected) => {
    expect(shown(text, marks)).toBe(expected)
    expect(
      partsOfMarked({ text, marks })
        .map((part) => part.text)
        .join(''),
    ).toBe(text)
  })
})
