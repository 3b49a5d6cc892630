/** The outline around the cursor: a list's points, to each of which a paragraph may be written. */
import { ensureSyntaxTree } from '@codemirror/language'
import type { EditorState } from '@codemirror/state'

export interface OutlinePoint {
  /** The point's words without its mark. */
  text: string
  /** End of its own line or lines, where a paragraph would follow. */
  end: number
  /** What a paragraph within this point begins with. */
  indent: string
}

export interface Outline {
  from: number
  points: OutlinePoint[]
}

/** The outermost list that the position stands in, or null. Points that hold points are headings of theirs. */
export function outlineAt(state: EditorState, at: number): Outline | null {
  const tree = ensureSyntaxTree(state, Math.min(state.doc.length, at + 20_000), 50)
  if (!tree) return null
  let list = null
  for (const side of [-1, 1] as const) {
    for (let node = tree.resolveInner(at, side); ; ) {
      if (node.name === 'BulletList' || node.name === 'OrderedList') list = node
      if (!node.parent) break
      node = node.parent
    }
    if (list) break
  }
  if (!list) return null
  const points: OutlinePoint[] = []
  list.cursor().iterate((node) => {
    if (node.name !== 'ListItem') return
    const line = state.doc.lineAt(node.from)
    const mark = /^\s*(?:[-*+]|\d+[.)])\s+/.exec(line.text)?.[0]
    if (mark === undefined) return
    const own = node.node.getChild('Paragraph') ?? node.node.getChild('Task')
    const text = own
      ? state
          .sliceDoc(own.from, own.to)
          .replace(/^\[[ xX]\]\s*/, '')
          .replace(/\s+/g, ' ')
          .trim()
      : ''
    if (!own || text === '') return
    points.push({ text, end: own.to, indent: mark.replace(/\S/g, ' ') })
  })
  return points.length > 0 ? { from: list.from, points } : null
}
