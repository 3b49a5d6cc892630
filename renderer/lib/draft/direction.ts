/** Which way each line runs: a paragraph in Arabic begins at the right, whatever language its neighbours are in. */
import { type Extension, RangeSetBuilder, type Text } from '@codemirror/state'
import { Decoration, type DecorationSet, type EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view'
import { directionOf } from '../direction.ts'

const rightToLeft = Decoration.line({ attributes: { dir: 'rtl' } })
/** So many lines up is looked for a letter by a line that has none itself. */
const FARTHEST = 4
const LOOKED_AT = 2000

/** By its own first letter; without one, as what stands above it: the next paragraph begins where the last one did. */
export function lineDirection(doc: Text, n: number): 'ltr' | 'rtl' {
  for (let at = n; at >= 1 && at >= n - FARTHEST; at--) {
    const { from, to } = doc.line(at)
    const text = doc.sliceString(from, Math.min(to, from + LOOKED_AT))
    if (/\p{L}/u.test(text)) return directionOf(text)
  }
  return 'ltr'
}

function directionsOf(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>()
  const { doc } = view.state
  let done = 0
  for (const { from, to } of view.visibleRanges) {
    const last = doc.lineAt(to).number
    for (let n = Math.max(doc.lineAt(from).number, done + 1); n <= last; n++) {
      if (lineDirection(doc, n) === 'rtl') builder.add(doc.line(n).from, doc.line(n).from, rightToLeft)
      done = n
    }
  }
  return builder.finish()
}

export const directions: Extension = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet
    constructor(view: EditorView) {
      this.decorations = directionsOf(view)
    }
    update(update: ViewUpdate): void {
      if (update.docChanged || update.viewportChanged) this.decorations = directionsOf(update.view)
    }
  },
  { decorations: (plugin) => plugin.decorations },
)
