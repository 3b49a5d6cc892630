/** A piece's Markdown as a clean page: its own headings below the reader's, nothing fetched, no title twice. */
import { renderMarkdown } from '../markdown.ts'

/** What site builders put into Markdown, as Markdown or not at all. */
export function withoutSiteMarks(source: string): string {
  return source
    .replace(/\{%-?\s*highlight\s+(\w*)[^%]*%\}\n?([\s\S]*?)\{%-?\s*endhighlight\s*-?%\}/g, '```$1\n$2```')
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/\{%[^\n]*?%\}|\{\{[^\n]*?\}\}|\{:[^}\n]*\}/g, '')
}

export async function renderPiece(source: string, title: string): Promise<string> {
  const html = await renderMarkdown(withoutSiteMarks(source), { breaks: false })
  const page = new DOMParser().parseFromString(html, 'text/html')
  const headings = [...page.querySelectorAll('h1, h2, h3, h4, h5, h6')]
  const first = headings[0]
  if (first && first === page.body.firstElementChild && sameTitle(first.textContent ?? '', title)) {
    first.remove()
    headings.shift()
  }
  // The reader's own heading is the second level; none is passed over on the way down.
  let above = 2
  const levels = [...new Set(headings.map(({ tagName }) => tagName))].sort()
  for (const heading of headings) {
    const level = Math.min(3 + levels.indexOf(heading.tagName), above + 1, 6)
    const renamed = page.createElement(`h${level}`)
    renamed.append(...heading.childNodes)
    heading.replaceWith(renamed)
    above = level
  }
  return page.body.innerHTML
}

function sameTitle(a: string, b: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
  return plain(a) === plain(b)
}
