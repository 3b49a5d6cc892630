/** What may be shown over the text: who wrote it, and the paragraph at hand apart from the others. */
import { type EditorState, type Extension, RangeSetBuilder } from '@codemirror/state'
import { Decoration, type DecorationSet, EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view'
import { authorship } from './authorship.ts'

const BY = {
  assistant: Decoration.mark({ class: 'cm-by-assistant' }),
  quoted: Decoration.mark({ class: 'cm-by-quoted' }),
  owner: null,
}

function writersIn(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>()
  const marks = view.state.field(authorship)
  for (const visible of view.visibleRanges) {
    for (const { from, to, author } of marks) {
      const decoration = BY[author]
      if (!decoration || to <= visible.from || from >= visible.to) continue
      builder.add(Math.max(from, visible.from), Math.min(to, visible.to), decoration)
    }
  }
  return builder.finish()
}

export const shownWriters: Extension = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet
    constructor(view: EditorView) {
      this.decorations = writersIn(view)
    }
    update(update: ViewUpdate): void {
      const changed = update.startState.field(authorship) !== update.state.field(authorship)
      if (changed || update.docChanged || update.viewportChanged) this.decorations = writersIn(update.view)
    }
  },
  { decorations: (plugin) => plugin.decorations },
)

const FARTHEST = 400

/** From the first to the last line of the paragraph that the cursor stands in. */
export function paragraphAt(state: EditorState, at: number): { from: number; to: number } {
  const { doc } = state
  const blank = (n: number): boolean => doc.line(n).text.trim() === ''
  let first = doc.lineAt(at).number
  let last = first
  if (blank(first)) return { from: doc.line(first).from, to: doc.line(first).to }
  for (let n = 0; n < FARTHEST && first > 1 && !blank(first - 1); n++) first -= 1
  for (let n = 0; n < FARTHEST && last < doc.lines && !blank(last + 1); n++) last += 1
  return { from: doc.line(first).from, to: doc.line(last).to }
}

const far = Decoration.line({ class: 'cm-far' })

function farLines(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>()
  const { from, to } = view.state.selection.main
  const near = { from: paragraphAt(view.state, from).from, to: paragraphAt(view.state, to).to }
  for (const visible of view.visibleRanges) {
    for (let at = visible.from; at <= visible.to; ) {
      const line = view.state.doc.lineAt(at)
      if (line.to < near.from || line.from > near.to) builder.add(line.from, line.from, far)
      at = line.to + 1
    }
  }
  return builder.finish()
}

/** The other paragraphs step back, and the line at hand stays in the middle. */
export const paragraphAlone: Extension = [
  ViewPlugin.fromClass(
    class {
      decorations: DecorationSet
      constructor(view: EditorView) {
        this.decorations = farLines(view)
      }
      update(update: ViewUpdate): void {
        if (update.docChanged || update.selectionSet || update.viewportChanged) this.decorations = farLines(update.view)
      }
    },
    { decorations: (plugin) => plugin.decorations },
  ),
  EditorView.updateListener.of(({ view, docChanged, selectionSet, transactions }) => {
    const byPointer = transactions.some((transaction) => transaction.isUserEvent('select.pointer'))
    if ((!docChanged && !selectionSet) || byPointer) return
    view.requestMeasure({
      read: () => view.coordsAtPos(view.state.selection.main.head),
      write(coords) {
        if (!coords) return
        const { top, height } = view.scrollDOM.getBoundingClientRect()
        view.scrollDOM.scrollTop += coords.top - top - height * 0.45
      },
    })
  }),
]
