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
/** Names in `id` and `class` of what others wrote on a page, or wrote elsewhere. Whole names: `commentary` is none. */
const OF_OTHERS = namesOf(
  'comment comments comment-list commentlist comments-area comments-section comment-section comment-body ' +
    'comment-content comment-respond respond comment-form comments-title comments-wrapper wp-block-comments ' +
    'wp-block-comments-query-loop wp-block-post-comments wp-block-post-comments-form wp-block-comment-template ' +
    'disqus_thread isso-thread giscus utterances related related-posts relatedposts jp-relatedposts yarpp yarpp-related ' +
    'yarpp-related-website webmentions',
)
/** Names of what a site puts around a text. */
const FURNITURE = namesOf(
  'sharedaddy sd-sharing share-buttons sharing-buttons social-share social-sharing addtoany_share_save_container ' +
    'jp-post-flair byline entry-meta entry-footer post-meta posted-on cat-links tags-links subscription-widget ' +
    'subscription-widget-wrap subscription-widget-wrap-editor subscription-form-wrapper wp-block-jetpack-subscriptions ' +
    'button-wrapper post-navigation nav-links screen-reader-text',
)
/** Names of a post, and of what is its text. */
const POST = '.hentry, .h-entry, [itemtype*="BlogPosting"]'
const CONTENT = '[itemprop~="articleBody"], .e-content, .entry-content'
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
  parentElement: DomNode | null
  getAttribute(name: string): string | null
}

/** A page's own elements, as far as they are asked for here. */
interface Page extends DomNode {
  querySelector(selector: string): Page | null
  querySelectorAll(selector: string): ArrayLike<Page> & Iterable<Page>
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
  const page = document as unknown as Page
  const body = postOf(page) ?? page.querySelector('main') ?? (document.body as unknown as Page | null)
  const heading = clean(body?.querySelector('h1, h2')?.textContent ?? '') || null
  const named = clean(document.querySelector('title')?.textContent ?? '')
  // A page's title often has the site's name behind it.
  const short = heading !== null && named.startsWith(heading) ? heading : named
  const title = meta('og:title', 'dc.title', 'DC.title') ?? (short || null)
  const time = own(page.querySelectorAll('time[datetime]'))[0]?.getAttribute('datetime') ?? null
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
  return { facts, heading, text: blockTexts(body, isFurniture).join('\n\n') }
}

/** The element that holds the page's one post: what else stands on a page is for a look, or others wrote it. */
function postOf(page: Page): Page | null {
  const articles = own(page.querySelectorAll('article'))
  return (
    only(articles) ??
    only(articles.filter((article) => article.querySelector(CONTENT) !== null)) ??
    only(articles.length === 0 ? own(page.querySelectorAll(POST)) : []) ??
    only(own(page.querySelectorAll(CONTENT)))
  )
}

function only<T>(found: readonly T[]): T | null {
  return found.length === 1 ? (found[0] ?? null) : null
}

/** Those that stand in nothing that others wrote. */
function own(found: Iterable<Page>): Page[] {
  return [...found].filter((element) => {
    for (let at: DomNode | null = element; at !== null; at = at.parentElement) if (isOfOthers(at)) return false
    return true
  })
}

function isOfOthers(element: DomNode): boolean {
  // A post may be of a class that tells of its comments.
  if (element.nodeName.toUpperCase() === 'BODY') return false
  return isNamed(element, OF_OTHERS) || /\/(?:User)?Comments?\/?$/.test(element.getAttribute('itemtype') ?? '')
}

function isFurniture(element: DomNode): boolean {
  return isOfOthers(element) || isNamed(element, FURNITURE)
}

function isNamed(element: DomNode, names: ReadonlySet<string>): boolean {
  const given = `${element.getAttribute('id') ?? ''} ${element.getAttribute('class') ?? ''}`
  return given.split(/\s+/).some((name) => names.has(name.toLowerCase()))
}

function namesOf(list: string): ReadonlySet<string> {
  return new Set(list.split(' '))
}

/** The text of a fragment of HTML, paragraphs separated by a blank line. */
export function htmlText(fragment: string): string {
  return blockTexts(
    dom().parseHTML(`<!doctype html><html><body>${fragment}</body></html>`).document.body as unknown as DomNode,
  ).join('\n\n')
}

function blockTexts(root: DomNode | null, leftOut: (element: DomNode) => boolean = () => false): string[] {
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
      if (DROPPED.has(name) || leftOut(child)) continue
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
