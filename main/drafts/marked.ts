/** Markdown as drafts have it: GitHub's, and footnotes. */
import { Marked, type TokenizerAndRendererExtension, type Tokens } from 'marked'

/** `[^1]` in a text, and `[^1]: …` on a line of its own. */
export interface FootnoteToken extends Tokens.Generic {
  type: 'footnote' | 'footnoteText'
  raw: string
  id: string
}

const reference: TokenizerAndRendererExtension = {
  name: 'footnote',
  level: 'inline',
  start: (source) => source.indexOf('[^'),
  tokenizer(source): FootnoteToken | undefined {
    const found = /^\[\^([^\]\s]+)\](?!:)/.exec(source)
    return found ? { type: 'footnote', raw: found[0], id: found[1] ?? '' } : undefined
  },
  renderer: ({ id }) => `<sup id="fnref-${attribute(id)}"><a href="#fn-${attribute(id)}">[${attribute(id)}]</a></sup>`,
}

const text: TokenizerAndRendererExtension = {
  name: 'footnoteText',
  level: 'block',
  start: (source) => /^\[\^[^\]\s]+\]:/m.exec(source)?.index,
  tokenizer(source): FootnoteToken | undefined {
    const found = /^\[\^([^\]\s]+)\]:[ \t]*(.*(?:\n[ \t]+\S.*)*)(?:\n+|$)/.exec(source)
    if (!found) return undefined
    const token: FootnoteToken = { type: 'footnoteText', raw: found[0], id: found[1] ?? '', tokens: [] }
    this.lexer.inline((found[2] ?? '').replace(/\n[ \t]+/g, ' '), token.tokens)
    return token
  },
  renderer({ id, tokens }) {
    return `<p id="fn-${attribute(id)}" role="doc-footnote">[${attribute(id)}] ${this.parser.parseInline(tokens ?? [])}</p>\n`
  },
}

/** As the editor shows it: a line that the owner ended ends. */
export const draftMarked = new Marked({ gfm: true, breaks: true, extensions: undefined }).use({
  extensions: [reference, text],
})

function attribute(value: string): string {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
