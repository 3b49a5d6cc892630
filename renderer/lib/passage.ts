import type { Range } from './blocks.ts'

const OPENING_WORDS = 8

/**
 * Where a passage stands in its piece's text, or null. White space is compared loosely, because a passage may have
 * been joined over line ends; where the whole passage is not found, its opening words are.
 */
export function findPassage(text: string, passage: string): Range | null {
  const wanted = passage.trim().split(/\s+/).filter(Boolean)
  if (wanted.length === 0) return null
  return findWords(text, wanted) ?? findWords(text, wanted.slice(0, OPENING_WORDS))
}

function findWords(text: string, wanted: string[]): Range | null {
  const pattern = wanted.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('\\s+')
  const match = new RegExp(pattern, 'u').exec(text)
  return match ? { start: match.index, end: match.index + match[0].length } : null
}
