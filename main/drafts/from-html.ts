/** HTML to Markdown: of pages, and of what Word documents become. Scripts, styles and a page's furniture go. */
import TurndownService from 'turndown'

type Node = TurndownService.Node

const REMOVED = [
  'script',
  'style',
  'noscript',
  'template',
  'iframe',
  'object',
  'form',
  'button',
  'select',
  'nav',
  'footer',
] as const

/** A link to a note, as Word documents (by way of mammoth) and our own pages have it. */
const NOTE = /^#(?:footnote|endnote|fn)-(.+)$/

export function fromHtml(html: string): string {
  const service = new TurndownService({
    headingStyle: 'atx',
    hr: '* * *',
    // In drafts a line ends where it ends.
    br: '',
    bulletListMarker: '-',
    codeBlockStyle: 'fenced',
    emDelimiter: '*',
    strongDelimiter: '**',
  })
  service.remove([...REMOVED, 'title', 'svg' as 'script'])
  service.addRule('strikethrough', {
    filter: ['del', 's'],
    replacement: (content) => (content.trim() === '' ? '' : `~~${content}~~`),
  })
  service.addRule('item', {
    filter: 'li',
    replacement(content, node) {
      const id = noteId(node)
      if (id !== null) return `[^${id}]: ${oneLine(content.replace(/\[?↑\]?(?:\([^)]*\))?/g, ''))}\n\n`
      const mark = markOf(node)
      const text = content
        .replace(/^\n+/, '')
        .replace(/\n+$/, '')
        .replace(/\n/g, `\n${' '.repeat(mark.length)}`)
      return `${mark}${text}${node.nextSibling ? '\n' : ''}`
    },
  })
  service.addRule('note', {
    filter: (node) => node.nodeName === 'SUP' && NOTE.test(linkOf(node)),
    replacement: (_, node) => `[^${NOTE.exec(linkOf(node))?.[1] ?? ''}]`,
  })
  service.addRule('noteText', {
    filter: (node) => node.nodeName === 'P' && /^fn-/.test(attributeOf(node, 'id')),
    replacement: (content, node) =>
      `\n\n[^${attributeOf(node, 'id').slice(3)}]: ${oneLine(content.replace(/^\s*\\?\[[^\]]*\]\s*/, ''))}\n\n`,
  })
  service.addRule('table', { filter: 'table', replacement: (_, node) => `\n\n${tableOf(service, node)}\n\n` })
  // A data picture would be megabytes of letters.
  service.addRule('picture', {
    filter: (node) => node.nodeName === 'IMG' && !/^(?:https?:)?[^:]+$|^https?:/.test(attributeOf(node, 'src')),
    replacement: () => '',
  })
  return service
    .turndown(html)
    .replace(/^\\\* \\\* \\\*$/gm, '* * *')
    .replace(/^((?:> ?)*>) $/gm, '$1')
    .trim()
}

function markOf(node: Node): string {
  const list = node.parentNode
  if (list?.nodeName !== 'OL') return '- '
  const start = Number(attributeOf(list, 'start') || 1)
  const items = [...list.childNodes].filter((child) => child.nodeName === 'LI')
  return `${(Number.isInteger(start) ? start : 1) + items.indexOf(node as ChildNode)}. `
}

function noteId(node: Node): string | null {
  return /^(?:footnote|endnote)-(.+)$/.exec(attributeOf(node, 'id'))?.[1] ?? null
}

function linkOf(node: Node): string {
  const link = [...node.childNodes].find((child) => child.nodeName === 'A')
  return link ? attributeOf(link, 'href') : ''
}

function attributeOf(node: Node | ChildNode | ParentNode, name: string): string {
  return (node as Element).getAttribute?.(name) ?? ''
}

function tableOf(service: TurndownService, table: Node): string {
  const rows: string[][] = []
  const visit = (node: Node | ChildNode): void => {
    for (const child of node.childNodes) {
      if (child.nodeName === 'TR') {
        const cells = [...child.childNodes].filter(({ nodeName }) => nodeName === 'TD' || nodeName === 'TH')
        rows.push(cells.map((cell) => oneLine(service.turndown((cell as Element).innerHTML)).replaceAll('|', '\\|')))
      } else visit(child)
    }
  }
  visit(table)
  const columns = Math.max(0, ...rows.map((row) => row.length))
  if (columns === 0) return ''
  // A table of one cell is a frame around a text.
  if (columns === 1 && rows.length === 1) return rows[0]?.[0] ?? ''
  const line = (cells: string[]): string =>
    `| ${Array.from({ length: columns }, (_, at) => cells[at] ?? '').join(' | ')} |`
  const [first = [], ...rest] = rows
  const head = first.map((cell) => cell.replace(/^\*\*([^*]*)\*\*$/, '$1'))
  return [line(head), `|${' --- |'.repeat(columns)}`, ...rest.map(line)].join('\n')
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
