/** Plain text files: hard-wrapped lines become paragraphs, a short first line a title. */

export interface PlainPiece {
  heading: string | null
  text: string
}

/** A line that reaches this far was broken by a margin, not by the author. */
const MARGIN = 50

export function readPlainText(source: string): PlainPiece {
  const blocks = source
    .split(/\n[ \t\f]*\n+/)
    .map((block) => block.replace(/^\n+|\s+$/g, ''))
    .filter((block) => block.trim() !== '')
  const first = blocks[0]?.trim() ?? ''
  const isTitle = blocks.length > 1 && !first.includes('\n') && first.length <= 80 && !/[.,;:]$/.test(first)
  const heading = isTitle ? first.replace(/\s+/g, ' ') : null
  const texts = (isTitle ? blocks.slice(1) : blocks).flatMap(paragraphs)
  return { heading, text: texts.join('\n\n') }
}

function paragraphs(block: string): string[] {
  const lines = block.split('\n').map((line) => line.replace(/\s+/g, ' ').trim())
  // Lines longer than any margin are paragraphs of their own: an editor that wraps on the screen.
  const longest = Math.max(...lines.map((line) => line.length))
  if (longest > 160) return lines.filter((line) => line !== '')
  let text = ''
  let previous = ''
  for (const line of lines) {
    if (text === '') text = line
    else text += (previous.length >= MARGIN ? ' ' : '\n') + line
    previous = line
  }
  return [text]
}
