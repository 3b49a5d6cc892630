/**
 * Markdown to the plain text that a voice learns from: prose, headings and lists, paragraphs separated by a blank
 * line. Code blocks, block quotes (someone else's words), tables, pictures, raw HTML and link targets are dropped.
 */
import { Marked, type Token, type TokenizerAndRendererExtension, type Tokens } from 'marked'
import { decodeEntities, htmlText } from './html.ts'

/** Obsidian's links: `[[Page#Part|shown]]`, and embedded files, `![[image.png]]`, which are none of the text. */
const wikiLink: TokenizerAndRendererExtension = {
  name: 'wikiLink',
  level: 'inline',
  start: (source) => /!?\[\[/.exec(source)?.index,
  tokenizer(source) {
    // With an address behind it, it is a link that is shown in brackets.
    const match = /^(!?)\[\[([^\]\n|]+)(?:\|([^\]\n]*))?\]\](?![([])/.exec(source)
    if (!match) return undefined
    const [raw, embedded, page = '', shown] = match
    const part = page.split('#').filter((name) => name.trim() !== '')
    return { type: 'wikiLink', raw, text: embedded ? '' : (shown ?? part[0] ?? page).trim() }
  },
}

/** Up to the next blank line: asked of what follows each paragraph, a look at all that follows would be quadratic. */
function paragraphOf(source: string): string {
  const end = source.search(/\n[ \t]*\n/)
  return end === -1 ? source : source.slice(0, end)
}

/** Obsidian's remarks, `%%not shown%%`: within a paragraph, or over any number of them. */
const remark = (level: 'block' | 'inline', pattern: RegExp): TokenizerAndRendererExtension => ({
  name: `${level}Remark`,
  level,
  start: (source) => (level === 'block' ? /^%%/m.exec(paragraphOf(source)) : /%%/.exec(source))?.index,
  tokenizer(source) {
    const match = pattern.exec(source)
    return match ? { type: `${level}Remark`, raw: match[0], text: '' } : undefined
  },
})

const marked = new Marked({ gfm: true }).use({
  extensions: [
    wikiLink,
    remark('block', /^%%(?!%)(?:(?!%%)[\s\S])*%%(?!%)[ \t]*(?:\n+|$)/),
    remark('inline', /^%%(?!%)(?:(?!%%|\n[ \t]*\n)[\s\S])+%%(?!%)/),
  ],
})

export interface MarkdownPiece {
  /** The heading that stands before all text, or null; it is not in `text`. */
  heading: string | null
  text: string
}

export function readMarkdown(source: string): MarkdownPiece {
  const blocks: string[] = []
  let heading: string | null = null
  for (const token of marked.lexer(withoutSiteMarks(source))) {
    if (token.type === 'heading' && heading === null && blocks.length === 0) {
      heading = inline((token as Tokens.Heading).tokens) || null
      continue
    }
    blocks.push(...blockTexts(token))
  }
  // A piece that is nothing but a heading says at least that.
  if (blocks.length === 0 && heading !== null) return { heading: null, text: heading }
  return { heading, text: blocks.join('\n\n') }
}

/** What stands between a pair of these marks is code, a quotation, or shown to nobody; between others it is the text. */
const NO_PROSE = 'highlight|code|codeblock|blockquote|quote|pullquote|comment|mermaid|math|katex'
/** Not behind a grave accent: there the mark itself is spoken of. */
const LIQUID_PAIR = new RegExp(
  `(?<!\`)\\{%-?\\s*(${NO_PROSE})\\b(?:(?!%\\})[\\s\\S])*%\\}[\\s\\S]*?\\{%-?\\s*end\\1\\s*-?%\\}`,
  'g',
)
const HUGO_PAIR = new RegExp(
  `(?<!\`)\\{\\{([<%])\\s*(${NO_PROSE})\\b(?:(?!\\}\\})[\\s\\S])*\\}\\}[\\s\\S]*?\\{\\{\\1\\s*/\\s*\\2\\s*[>%]\\}\\}`,
  'g',
)

/** Marks that site builders put into Markdown: Liquid, Hugo shortcodes, kramdown attributes, MDX imports, footnotes. */
function withoutSiteMarks(source: string): string {
  return source
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(LIQUID_PAIR, '')
    .replace(HUGO_PAIR, '')
    .replace(/(?<!`)\{%(?:(?!%\}|\{%|\n[ \t]*\n)[\s\S])*%\}/g, '')
    .replace(/(?<!`)\{\{(?:(?!\}\}|\{\{|\n[ \t]*\n)[\s\S])*\}\}/g, '')
    .replace(/\{:[^}\n]*\}/g, '')
    .replace(/^(?:import|export) .*(?: from |=).*$/gm, (line) =>
      /^import .* from ['"]|^export (?:const|default) /.test(line) ? '' : line,
    )
    .replace(/^\[\^[^\]\n]+\]:[ \t]*/gm, '')
    .replace(/\[\^[^\]\n]+\]/g, '')
}

function blockTexts(token: Token): string[] {
  switch (token.type) {
    case 'paragraph':
    case 'heading':
    case 'text':
      return nonEmpty(inline(token.tokens ?? [token]))
    case 'list':
      return nonEmpty(
        (token as Tokens.List).items
          .map(itemText)
          .filter((text) => text !== '')
          .join('\n'),
      )
    case 'html':
      return nonEmpty(htmlText((token as Tokens.HTML).text))
    default:
      // code, blockquote, table, hr, space, def
      return []
  }
}

function itemText(item: Tokens.ListItem): string {
  const texts = item.tokens.flatMap(blockTexts)
  return texts.length === 0 ? '' : `- ${texts.join('\n')}`
}

function inline(tokens: Token[]): string {
  return decodeEntities(tokens.map(inlineText).join(''))
    .replace(/[ \t\n\u00a0]+/g, ' ')
    .trim()
}

function inlineText(token: Token): string {
  switch (token.type) {
    case 'html':
      return /^<br\b/i.test(token.raw) ? ' ' : ''
    case 'image':
      return ''
    case 'br':
      return ' '
    case 'checkbox':
      return ''
    default:
      if ('tokens' in token && token.tokens) return token.tokens.map(inlineText).join('')
      return 'text' in token ? String(token.text) : ''
  }
}

function nonEmpty(text: string): string[] {
  return text === '' ? [] : [text]
}
