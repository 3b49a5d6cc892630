/** Markdown to a Word document: headings, emphasis, lists, quotations, links, code, tables, footnotes. */
import {
  AlignmentType,
  Document,
  ExternalHyperlink,
  FootnoteReferenceRun,
  HeadingLevel,
  type ILevelsOptions,
  type IParagraphOptions,
  type IRunOptions,
  LevelFormat,
  Packer,
  Paragraph,
  type ParagraphChild,
  Table,
  TableCell,
  TableRow,
  TextRun,
  WidthType,
} from 'docx'
import type { Token, Tokens } from 'marked'
import { decodeEntities, htmlText } from '../library/html.ts'
import { draftMarked, type FootnoteToken } from './marked.ts'

const HEADINGS = [
  HeadingLevel.HEADING_1,
  HeadingLevel.HEADING_2,
  HeadingLevel.HEADING_3,
  HeadingLevel.HEADING_4,
  HeadingLevel.HEADING_5,
  HeadingLevel.HEADING_6,
]
const LEVELS = 9
/** Twentieths of a point. */
const INDENT = 500
const MONO = 'Courier New'
const RTL = /^[^\p{L}]*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u

interface Context {
  /** Of lists around, from 0; -1 outside of any. */
  level: number
  /** Name and instance of the numbering in use. */
  list: { reference: string; instance: number } | null
  quote: boolean
}

interface Build {
  starts: Set<number>
  lists: number
  /** A note's place in the document, by its name in the Markdown. */
  notes: Map<string, number>
}

export async function toDocx(markdown: string, title: string): Promise<Uint8Array> {
  const tokens = draftMarked.lexer(printable(markdown))
  const texts = tokens.filter((token): token is FootnoteToken => token.type === 'footnoteText')
  const build: Build = { starts: new Set(), lists: 0, notes: new Map(texts.map(({ id }, index) => [id, index + 1])) }
  const children = blocks(tokens, { level: -1, list: null, quote: false }, build)
  const footnotes = Object.fromEntries(
    texts.map(({ tokens: words }, index) => [
      index + 1,
      { children: [new Paragraph({ children: runs(words, {}, build) })] },
    ]),
  )
  const document = new Document({
    ...(title === '' ? {} : { title: printable(title) }),
    creator: '',
    footnotes,
    styles: {
      default: { document: { run: { font: 'Georgia', size: 23 }, paragraph: { spacing: { after: 160, line: 300 } } } },
      paragraphStyles: [
        {
          id: 'Quote',
          name: 'Quote',
          basedOn: 'Normal',
          quickFormat: true,
          run: { italics: false, color: '444444' },
          paragraph: { indent: { left: INDENT, right: INDENT } },
        },
        {
          id: 'SourceCode',
          name: 'Source Code',
          basedOn: 'Normal',
          run: { font: MONO, size: 19 },
          paragraph: { spacing: { after: 0 } },
        },
      ],
      characterStyles: [
        { id: 'VerbatimChar', name: 'Verbatim Char', basedOn: 'DefaultParagraphFont', run: { font: MONO } },
      ],
    },
    numbering: {
      config: [
        { reference: 'bullets', levels: levels(LevelFormat.BULLET, 1) },
        ...[...build.starts].map((start) => ({
          reference: `numbers-${start}`,
          levels: levels(LevelFormat.DECIMAL, start),
        })),
      ],
    },
    sections: [{ children }],
  })
  return new Uint8Array(await Packer.toBuffer(document))
}

function levels(format: (typeof LevelFormat)[keyof typeof LevelFormat], start: number): ILevelsOptions[] {
  return Array.from({ length: LEVELS }, (_, level) => ({
    level,
    format,
    start: level === 0 ? start : 1,
    text: format === LevelFormat.BULLET ? ['•', '◦', '▪'][level % 3] : `%${level + 1}.`,
    alignment: AlignmentType.LEFT,
    style: { paragraph: { indent: { left: INDENT * (level + 1), hanging: 300 } } },
  }))
}

function blocks(tokens: readonly Token[], context: Context, build: Build): (Paragraph | Table)[] {
  return tokens.flatMap((token) => block(token, context, build))
}

function block(token: Token, context: Context, build: Build): (Paragraph | Table)[] {
  switch (token.type) {
    case 'heading':
      return [paragraph(token, context, build, { heading: HEADINGS[(token as Tokens.Heading).depth - 1] })]
    case 'paragraph':
    case 'text':
      return [paragraph(token, context, build)]
    case 'blockquote':
      return blocks((token as Tokens.Blockquote).tokens, { ...context, quote: true }, build)
    case 'list':
      return listOf(token as Tokens.List, context, build)
    case 'code':
      return (token as Tokens.Code).text
        .split('\n')
        .map((line) => new Paragraph({ style: 'SourceCode', children: [new TextRun({ text: line })] }))
    case 'hr':
      return [new Paragraph({ alignment: AlignmentType.CENTER, children: [new TextRun('* * *')] })]
    case 'table':
      return [tableOf(token as Tokens.Table, build)]
    case 'html':
      return htmlText((token as Tokens.HTML).text)
        .split('\n\n')
        .filter((text) => text !== '')
        .map((text) => new Paragraph({ children: [new TextRun(text)] }))
    default:
      // space, def, footnoteText
      return []
  }
}

function paragraph(
  token: Token,
  { level, list, quote }: Context,
  build: Build,
  more: IParagraphOptions = {},
): Paragraph {
  const children = runs('tokens' in token && token.tokens ? token.tokens : [token], {}, build)
  const rtl = 'text' in token && RTL.test(String(token.text).slice(0, 200))
  return new Paragraph({
    ...more,
    children,
    ...(rtl ? { bidirectional: true } : {}),
    ...(quote && !more.heading ? { style: 'Quote' } : {}),
    ...(list ? { numbering: { ...list, level } } : level >= 0 ? { indent: { left: INDENT * (level + 1) } } : {}),
  })
}

function listOf(list: Tokens.List, context: Context, build: Build): (Paragraph | Table)[] {
  const level = Math.min(context.level + 1, LEVELS - 1)
  const start = list.ordered && typeof list.start === 'number' ? list.start : 1
  if (list.ordered) build.starts.add(start)
  const numbering = { reference: list.ordered ? `numbers-${start}` : 'bullets', instance: build.lists++ }
  return list.items.flatMap((item) => {
    const box = item.task ? (item.checked ? '☑ ' : '☐ ') : ''
    let first = true
    return item.tokens.flatMap((token) => {
      if (token.type === 'checkbox' || token.type === 'space') return []
      if (token.type === 'list') return listOf(token as Tokens.List, { ...context, level }, build)
      const shown = first && box !== '' ? withBox(token, box) : token
      const at = { ...context, level, list: first ? numbering : null }
      first = false
      return block(shown, at, build)
    })
  })
}

function withBox(token: Token, box: string): Token {
  const words = 'tokens' in token && token.tokens ? token.tokens : []
  return { ...token, tokens: [{ type: 'text', raw: box, text: box }, ...words] } as Token
}

function tableOf(table: Tokens.Table, build: Build): Table {
  const row = (cells: Tokens.TableCell[], head: boolean): TableRow =>
    new TableRow({
      tableHeader: head,
      children: cells.map(
        ({ tokens }) =>
          new TableCell({ children: [new Paragraph({ children: runs(tokens, head ? { bold: true } : {}, build) })] }),
      ),
    })
  return new Table({
    width: { size: 100, type: WidthType.PERCENTAGE },
    rows: [row(table.header, true), ...table.rows.map((cells) => row(cells, false))],
  })
}

function runs(tokens: readonly Token[] | undefined, look: IRunOptions, build: Build): ParagraphChild[] {
  return (tokens ?? []).flatMap((token): ParagraphChild[] => {
    switch (token.type) {
      case 'strong':
        return runs(token.tokens, { ...look, bold: true }, build)
      case 'em':
        return runs(token.tokens, { ...look, italics: true }, build)
      case 'del':
        return runs(token.tokens, { ...look, strike: true }, build)
      case 'codespan':
        return [new TextRun({ ...look, style: 'VerbatimChar', text: decodeEntities(String(token.text)) })]
      case 'link':
        return [
          new ExternalHyperlink({
            link: String(token.href),
            children: runs(token.tokens, { ...look, style: 'Hyperlink' }, build),
          }),
        ]
      case 'image':
        return [new TextRun({ ...look, text: String(token.text) })]
      case 'br':
        return [new TextRun({ ...look, break: 1 })]
      case 'html':
        return /^<br\b/i.test(token.raw) ? [new TextRun({ ...look, break: 1 })] : []
      case 'footnote': {
        const place = build.notes.get((token as FootnoteToken).id)
        return place === undefined ? [new TextRun({ ...look, text: token.raw })] : [new FootnoteReferenceRun(place)]
      }
      default: {
        if ('tokens' in token && token.tokens) return runs(token.tokens, look, build)
        const text = 'text' in token ? decodeEntities(String(token.text)).replace(/\n/g, ' ') : ''
        return [new TextRun({ ...look, text, ...(RTL.test(text) ? { rightToLeft: true } : {}) })]
      }
    }
  })
}

/** Without the characters that XML may not hold: controls, halves of pairs. */
function printable(text: string): string {
  return text.replace(/\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu, (character) => (/[\n\r\t]/.test(character) ? character : ''))
}
