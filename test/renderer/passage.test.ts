import { describe, expect, test } from 'vitest'
import { partsOf, toBlocks } from '../../renderer/lib/blocks.ts'
import { findPassage } from '../../renderer/lib/passage.ts'

const text = 'The harbour was empty.\n\nTwo gulls own it (they say).\nI never asked.\n\nThe bridge hums.'

describe('findPassage', () => {
  test('finds a passage over line ends and paragraphs, white space aside', () => {
    const range = findPassage(text, 'own it (they say). I never asked. The bridge')
    expect(range && text.slice(range.start, range.end)).toBe('own it (they say).\nI never asked.\n\nThe bridge')
  })

  test('falls back to the opening words when the end differs', () => {
    const range = findPassage(text, 'Two gulls own it (they say). I never went back to see whether')
    expect(range && text.slice(range.start, range.end)).toBe('Two gulls own it (they say).\nI never')
  })

  test('is null for what is not there and for nothing', () => {
    expect(findPassage(text, 'a different piece altogether')).toBeNull()
    expect(findPassage(text, '  \n ')).toBeNull()
  })
})

describe('toBlocks', () => {
  const kinds = (source: string) => toBlocks(source).map((block) => [block.kind, source.slice(block.start, block.end)])

  test('tells paragraphs, headings, lists, quotations and code apart', () => {
    expect(kinds('## Tides\n\nA line.\n\n- one\n- two\n\n> said\n\n    x = 1')).toEqual([
      ['heading', '## Tides'],
      ['paragraph', 'A line.'],
      ['list', '- one\n- two'],
      ['quote', '> said'],
      ['code', '    x = 1'],
    ])
  })

  test('a fence keeps its blank lines', () => {
    expect(kinds('Before.\n\n```\na\n\nb\n```\n\nAfter.')).toEqual([
      ['paragraph', 'Before.'],
      ['code', '```\na\n\nb\n```'],
      ['paragraph', 'After.'],
    ])
  })

  test('every character but white space stands in exactly one block', () => {
    const source = `\n\n${text}\n\n# T\ntext under it\n\n* a\n`
    const joined = toBlocks(source).map((block) => source.slice(block.start, block.end))
    expect(joined.join('').replace(/\s/g, '')).toBe(source.replace(/\s/g, ''))
  })

  test('a range over two blocks is marked in both, and the parts give the text back', () => {
    const range = findPassage(text, 'asked. The bridge')
    const parts = toBlocks(text).map((block) => partsOf(text, block, range))
    expect(parts.flat().filter(({ marked }) => marked)).toEqual([
      { text: 'asked.', marked: true },
      { text: 'The bridge', marked: true },
    ])
    expect(parts[1]?.map((part) => part.text).join('')).toBe('Two gulls own it (they say).\nI never asked.')
  })
})
