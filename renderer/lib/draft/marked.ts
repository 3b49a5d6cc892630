/** The stretch of text that a rewrite is asked for: it follows edits around it, and is given up by one within it. */
import { StateEffect, StateField } from '@codemirror/state'
import { Decoration, EditorView } from '@codemirror/view'

export interface Stretch {
  from: number
  to: number
}

export const setStretch = StateEffect.define<Stretch | null>()

const shown = Decoration.mark({ class: 'cm-stretch' })

export const stretch = StateField.define<Stretch | null>({
  create: () => null,
  update(before, transaction) {
    let now = before
    if (now && transaction.docChanged) {
      const { from, to } = now
      let touched = false
      transaction.changes.iterChangedRanges((fromA, toA) => {
        touched ||= fromA < to && toA > from
      })
      now = touched ? null : { from: transaction.changes.mapPos(from, 1), to: transaction.changes.mapPos(to, -1) }
    }
    for (const effect of transaction.effects) if (effect.is(setStretch)) now = effect.value
    return now
  },
  provide: (field) =>
    EditorView.decorations.from(field, (value) =>
      value && value.from < value.to ? Decoration.set(shown.range(value.from, value.to)) : Decoration.none,
    ),
})
