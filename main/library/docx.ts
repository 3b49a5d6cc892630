/**
 * Word documents to plain text, with the facts that they tell. As of Markdown: prose, headings and lists stay; quotations,
 * code, tables, pictures, footnotes and deleted text go.
 */
import { because, type Reason } from '../said.ts'
import { dom } from './dom.ts'
import { type Facts, factsOf } from './facts.ts'
import { openZip, type Zip } from './zip.ts'

export interface DocxPiece {
  facts: Facts
  /** The heading or title that stands before all text, or null. */
  heading: string | null
  text: string
}

/** Bytes of one part, unpacked. The text of a long novel has five million. */
export const MOST_PART = 80_000_000
const TEXT_PART = 'word/document.xml'
/** Whose these are nobody knows: programs write them. */
const NO_AUTHOR =
  /^(?:un-?named|unknown|user|admin(?:istrator)?|author|owner|microsoft office user|python-docx|.*@.*)$/i
const DROPPED = new Set(
  'w:pPr w:rPr w:tbl w:del w:moveFrom w:instrText w:delText w:pict w:drawing w:object mc:Fallback w:txbxContent w:footnoteReference w:endnoteReference w:annotationRef m:oMath m:oMathPara'.split(
    ' ',
  ),
)

interface XmlNode {
  nodeType: number
  nodeName: string
  textContent: string | null
  childNodes: Iterable<XmlNode>
  getAttribute(name: string): string | null
}

type Role = 'heading' | 'list' | 'dropped' | 'text'

/** The archive, or why it is no Word document that can be read. */
export function openDocx(bytes: Uint8Array): Zip | Reason {
  if (bytes[0] === 0xd0 && bytes[1] === 0xcf) return because('skip.password')
  try {
    const zip = openZip(bytes, MOST_PART)
    if (!zip.names.includes(TEXT_PART)) return because('skip.noWord')
    return zip
  } catch (error) {
    return because('skip.brokenWord', (error as Error).message)
  }
}

export function readDocx(bytes: Uint8Array): DocxPiece | Reason {
  const zip = openDocx(bytes)
  if ('reason' in zip) return zip
  try {
    const part = (name: string): XmlNode | null => {
      const content = zip.read(name)
      return content && parsed(new TextDecoder().decode(content))
    }
    const root = part(TEXT_PART)
    const body = root && first(root, 'w:body')
    if (!body) return because('skip.damagedWord')
    const { heading, blocks } = blocksOf(body, rolesOf(part('word/styles.xml')))
    return { facts: docxFacts(part('docProps/core.xml')), heading, text: blocks.join('\n\n') }
  } catch (error) {
    return because('skip.brokenWord', (error as Error).message)
  }
}

function parsed(xml: string): XmlNode {
  const { DOMParser } = dom()
  return new DOMParser().parseFromString(xml, 'text/xml') as unknown as XmlNode
}

function blocksOf(body: XmlNode, roles: Map<string, Role>): { heading: string | null; blocks: string[] } {
  const blocks: string[] = []
  let heading: string | null = null
  let list: string[] = []
  const flush = (): void => {
    if (list.length > 0) blocks.push(list.join('\n'))
    list = []
  }
  const visit = (node: XmlNode): void => {
    for (const child of node.childNodes) {
      if (child.nodeType !== 1 || DROPPED.has(child.nodeName)) continue
      if (child.nodeName !== 'w:p') {
        visit(child)
        continue
      }
      const role = roleOf(child, roles)
      const text =
        role === 'dropped'
          ? ''
          : textOf(child)
              .replace(/[\s\u00a0]+/g, ' ')
              .trim()
      if (text === '') continue
      if (role === 'list') {
        list.push(`- ${text}`)
        continue
      }
      flush()
      if (role === 'heading' && heading === null && blocks.length === 0) heading = text
      else blocks.push(text)
    }
  }
  visit(body)
  flush()
  // A document that is nothing but a heading says at least that.
  return blocks.length === 0 && heading !== null ? { heading: null, blocks: [heading] } : { heading, blocks }
}

function textOf(node: XmlNode): string {
  let text = ''
  for (const child of node.childNodes) {
    if (child.nodeType !== 1 || DROPPED.has(child.nodeName)) continue
    if (child.nodeName === 'w:t') text += child.textContent ?? ''
    else if (child.nodeName === 'w:tab' || child.nodeName === 'w:br' || child.nodeName === 'w:cr') text += ' '
    else if (child.nodeName === 'w:noBreakHyphen') text += '-'
    else text += textOf(child)
  }
  return text
}

function roleOf(paragraph: XmlNode, roles: Map<string, Role>): Role {
  const properties = child(paragraph, 'w:pPr')
  if (!properties) return 'text'
  const style = child(properties, 'w:pStyle')?.getAttribute('w:val')
  const role = (style ? roles.get(style) : undefined) ?? 'text'
  return role === 'text' && child(properties, 'w:numPr') ? 'list' : role
}

/** Style ids differ by language, their names do not. */
function rolesOf(styles: XmlNode | null): Map<string, Role> {
  const roles = new Map<string, Role>()
  const root = styles && first(styles, 'w:styles')
  for (const style of root?.childNodes ?? []) {
    if (style.nodeType !== 1 || style.nodeName !== 'w:style') continue
    const name = child(style, 'w:name')?.getAttribute('w:val')?.toLowerCase() ?? ''
    const id = style.getAttribute('w:styleId')
    if (id === null || name === '') continue
    if (/^(?:heading \d|title)$/.test(name)) roles.set(id, 'heading')
    else if (/\bquote\b|quotation|\bblock text\b|preformatted|source code|\bcode\b|^toc|caption|footnote/.test(name))
      roles.set(id, 'dropped')
    else if (/^list (?:bullet|number)/.test(name)) roles.set(id, 'list')
  }
  return roles
}

function docxFacts(core: XmlNode | null): Facts {
  const root = core && first(core, 'cp:coreProperties')
  const value = (name: string): string | null => (root && child(root, name)?.textContent?.trim()) || null
  const author = value('dc:creator')
  return factsOf({
    title: value('dc:title'),
    date: value('dcterms:created'),
    tags: value('cp:keywords')?.replaceAll(';', ',') ?? null,
    ...(author === null || NO_AUTHOR.test(author) ? {} : { author }),
  })
}

function child(node: XmlNode, name: string): XmlNode | null {
  for (const one of node.childNodes) if (one.nodeName === name) return one
  return null
}

function first(node: XmlNode, name: string): XmlNode | null {
  for (const one of node.childNodes) {
    if (one.nodeName === name) return one
    if (one.nodeType === 1) {
      const found = first(one, name)
      if (found) return found
    }
  }
  return null
}
