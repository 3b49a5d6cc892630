/**
 * A piece's plain text as blocks for reading. Offsets are UTF-16 units into the text, so that a passage found in
 * the text can be marked in the blocks.
 */
export interface Block {
  kind: 'paragraph' | 'heading' | 'list' | 'code' | 'quote'
  start: number
  end: number
}

export interface Range {
  start: number
  end: number
}

/** Cuts the text at blank lines; a fence (``` or ~~~) keeps its blank lines. */
export function toBlocks(text: string): Block[] {
  const blocks: Block[] = []
  const pattern = /(```|~~~)[\s\S]*?(?:\n\1[^\n]*|$)|[^\n]+(?:\n(?!\s*\n|```|~~~)[^\n]+)*/g
  for (const match of text.matchAll(pattern)) {
    if (match[0].trim() === '') continue
    blocks.push({ kind: kindOf(match[0]), start: match.index, end: match.index + match[0].length })
  }
  return blocks
}

function kindOf(block: string): Block['kind'] {
  if (/^(```|~~~)/.test(block)) return 'code'
  const lines = block.split('\n')
  if (lines.every((line) => /^( {4}|\t)/.test(line))) return 'code'
  if (lines.length === 1 && /^#{1,6} /.test(block)) return 'heading'
  if (lines.every((line) => /^>/.test(line))) return 'quote'
  if (/^\s*([-*•]|\d+[.)]) /.test(block)) return 'list'
  return 'paragraph'
}

/** A block's text in up to three parts; `marked` ones lie in the range. */
export function partsOf(text: string, block: Block, range: Range | null): { text: string; marked: boolean }[] {
  const from = range ? Math.max(block.start, Math.min(block.end, range.start)) : block.end
  const to = range ? Math.max(from, Math.min(block.end, range.end)) : block.end
  return [
    { text: text.slice(block.start, from), marked: false },
    { text: text.slice(from, to), marked: true },
    { text: text.slice(to, block.end), marked: false },
  ].filter((part) => part.text !== '')
}
