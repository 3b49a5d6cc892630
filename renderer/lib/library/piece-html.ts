/** A piece's Markdown as a clean page: its own headings below the reader's, nothing fetched, no title twice. */
import { markdownPage } from '../markdown.ts'
import { asPart } from '../page-part.ts'

/** What site builders put into Markdown, as Markdown or not at all. */
export function withoutSiteMarks(source: string): string {
  return source
    .replace(/\{%-?\s*highlight\s+(\w*)[^%]*%\}\n?([\s\S]*?)\{%-?\s*endhighlight\s*-?%\}/g, '```$1\n$2```')
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/\{%[^\n]*?%\}|\{\{[^\n]*?\}\}|\{:[^}\n]*\}/g, '')
}

export async function renderPiece(source: string, title: string): Promise<string> {
  const page = await markdownPage(withoutSiteMarks(source), { breaks: false })
  const first = page.firstElementChild
  if (first && /^h[1-6]$/i.test(first.tagName) && sameTitle(first.textContent ?? '', title)) first.remove()
  return asPart(page)
}

function sameTitle(a: string, b: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
  return plain(a) === plain(b)
}
