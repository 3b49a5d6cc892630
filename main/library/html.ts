/** HTML to plain text, with the facts that its head tells. */
import { dom } from './dom.ts'
import type { Facts } from './facts.ts'
import { factsOf } from './facts.ts'

/** What is no prose of the author's: code, quotations, tables, pictures, and a page's furniture. */
const DROPPED = new Set(
  'TITLE SCRIPT STYLE NOSCRIPT TEMPLATE SVG MATH IFRAME OBJECT VIDEO AUDIO CANVAS PICTURE IMG FIGURE FORM BUTTON SELECT TEXTAREA NAV FOOTER ASIDE PRE BLOCKQUOTE TABLE HEAD'.split(
    ' ',
  ),
)
const BLOCKS = new Set(
  'P DIV SECTION ARTICLE MAIN HEADER H1 H2 H3 H4 H5 H6 UL OL DL DT DD LI DETAILS SUMMARY ADDRESS HR BODY HTML HGROUP CENTER'.split(
    ' ',
  ),
)

interface DomNode {
  nodeType: number
  nodeName: string
  textContent: string | null
  childNodes: Iterable<DomNode>
}

export interface HtmlPiece {
  facts: Facts
  /** The first heading, or null. */
  heading: string | null
  text: string
}

export function readHtml(source: string): HtmlPiece {
  const { document } = dom().parseHTML(
    /<html[\s>]/i.test(source) ? source : `<!doctype html><html><body>${source}</body></html>`,
  )
  const meta = (...names: string[]): string | null => {
    for (const name of names) {
      for (const attribute of ['name', 'property', 'itemprop']) {
        const content = document.querySelector(`meta[${attribute}="${name}"]`)?.getAttribute('content')?.trim()
        if (content) return content
      }
    }
    return null
  }
  const articles = document.querySelectorAll('article')
  const body = (articles.length === 1 ? articles[0] : null) ?? document.querySelector('main') ?? document.body
  const heading = clean(body?.querySelector('h1, h2')?.textContent ?? '') || null
  const named = clean(document.querySelector('title')?.textContent ?? '')
  // A page's title often has the site's name behind it.
  const own = heading !== null && named.startsWith(heading) ? heading : named
  const title = meta('og:title', 'dc.title', 'DC.title') ?? (own || null)
  const time = document.querySelector('time[datetime]')?.getAttribute('datetime') ?? null
  const facts = factsOf({
    title,
    date:
      meta('article:published_time', 'date', 'dc.date', 'DC.date', 'dcterms.created', 'datePublished', 'pubdate') ??
      time,
    tags: meta('keywords', 'article:tag'),
    author: meta('author', 'dc.creator', 'DC.creator', 'article:author'),
    rating: meta('rating', 'ratingValue'),
    status: meta('status'),
  })
  return { facts, heading, text: blockTexts(body as unknown as DomNode).join('\n\n') }
}

/** The text of a fragment of HTML, paragraphs separated by a blank line. */
export function htmlText(fragment: string): string {
  return blockTexts(
    dom().parseHTML(`<!doctype html><html><body>${fragment}</body></html>`).document.body as unknown as DomNode,
  ).join('\n\n')
}

function blockTexts(root: DomNode | null): string[] {
  const blocks: string[] = []
  let line = ''
  const flush = (prefix = '') => {
    const text = clean(line)
    if (text !== '') blocks.push(prefix + text)
    line = ''
  }
  const visit = (node: DomNode) => {
    for (const child of node.childNodes) {
      if (child.nodeType === 3) line += child.textContent ?? ''
      if (child.nodeType !== 1) continue
      const name = child.nodeName.toUpperCase()
      if (DROPPED.has(name)) continue
      if (name === 'BR') line += ' '
      else if (BLOCKS.has(name)) {
        flush()
        visit(child)
        flush(name === 'LI' ? '- ' : '')
      } else visit(child)
    }
  }
  if (root) visit(root)
  flush()
  return blocks
}

function clean(text: string): string {
  return text.replace(/[\s\u00a0]+/g, ' ').trim()
}

const entities = new Map<string, string>()

/** `&mdash;` and its kind as characters. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#\d+|#x[\da-f]+|[a-z][a-z\d]*);/gi, (entity) => {
    let character = entities.get(entity)
    if (character === undefined) {
      character =
        dom().parseHTML(`<!doctype html><html><body><p>${entity}</p></body></html>`).document.querySelector('p')
          ?.textContent ?? entity
      entities.set(entity, character)
    }
    return character
  })
}
