/** What stands over or under the text: the bar over a selection, the card under a rewrite. Its inside is given. */
import { type EditorState, type Extension, StateEffect, StateField } from '@codemirror/state'
import { EditorView, showTooltip, type Tooltip, type TooltipView, tooltips } from '@codemirror/view'
import { stretch } from './marked.ts'

/** Puts something into an element; the result takes it out. */
export type Fill = (element: HTMLElement) => () => void

/** The pointer went down or up: a bar that comes while the mouse still selects is in the way. */
const pointer = StateEffect.define<boolean>()

const selecting = StateField.define<boolean>({
  create: () => false,
  update(before, transaction) {
    for (const effect of transaction.effects) if (effect.is(pointer)) return effect.value
    return before
  },
})

function viewOf(fill: Fill, name: string): (view: EditorView) => TooltipView {
  return () => {
    const dom = document.createElement('div')
    dom.className = `cm-hovering ${name}`
    let empty = (): void => {}
    return {
      dom,
      offset: { x: 0, y: 6 },
      mount: () => {
        empty = fill(dom)
      },
      destroy: () => empty(),
    }
  }
}

export function hovering(bar: Fill, card: Fill): Extension {
  const barView = viewOf(bar, 'cm-hovering-bar')
  const cardView = viewOf(card, 'cm-hovering-card')
  const shown = (state: EditorState): Tooltip | null => {
    const asked = state.field(stretch)
    if (asked) return { pos: state.doc.lineAt(asked.to).from, end: asked.to, above: false, create: cardView }
    const { main } = state.selection
    if (main.empty || state.field(selecting) || state.sliceDoc(main.from, main.to).trim() === '') return null
    return { pos: main.from, end: main.to, above: true, create: barView }
  }
  const field = StateField.define<Tooltip | null>({
    create: shown,
    update(before, { state, docChanged, selection, effects }) {
      return docChanged || selection || effects.length > 0 ? shown(state) : before
    },
    provide: (own) => showTooltip.from(own),
  })
  return [
    selecting,
    stretch,
    field,
    tooltips({ position: 'absolute' }),
    EditorView.domEventHandlers({
      mousedown(event, view) {
        if (event.button !== 0) return
        view.dispatch({ effects: pointer.of(true) })
        window.addEventListener('mouseup', () => view.dispatch({ effects: pointer.of(false) }), { once: true })
      },
    }),
  ]
}
