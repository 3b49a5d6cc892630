import { asPart } from './page-part.ts'

export interface MarkdownOptions {
  /** A line's end is shown as one, as chats do; the default. */
  breaks?: boolean
  /** HTML in the text is HTML, as in a post; else it is shown as it was written, as in an answer about HTML. */
  tags?: boolean
}

/** Markdown as clean HTML, to stand below a heading of the second level. */
export async function renderMarkdown(text: string, options: MarkdownOptions = {}): Promise<string> {
  return asPart(await markdownPage(text, options))
}

/**
 * Markdown as a clean page of its own. Both libraries are loaded on first use, so that the window opens without them.
 * Pictures, forms and styles are dropped: an answer must not make the window fetch anything.
 */
export async function markdownPage(text: string, options: MarkdownOptions): Promise<HTMLElement> {
  const { breaks = true, tags = true } = options
  const [{ Marked }, { default: purify }] = await Promise.all([import('marked'), import('dompurify')])
  const marked = new Marked({ gfm: true, breaks })
  if (!tags) marked.use({ tokenizer: { html: () => undefined, tag: () => undefined } })
  const html = await marked.parse(text)
  return purify.sanitize(html, {
    ALLOWED_TAGS: [
      'p',
      'br',
      'em',
      'strong',
      'del',
      'code',
      'pre',
      'blockquote',
      'ul',
      'ol',
      'li',
      'h1',
      'h2',
      'h3',
      'h4',
      'h5',
      'h6',
      'hr',
      'table',
      'thead',
      'tbody',
      'tr',
      'th',
      'td',
    ],
    ALLOWED_ATTR: ['start', 'align'],
    RETURN_DOM: true,
  }) as HTMLElement
}
