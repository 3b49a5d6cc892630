/**
 * The undo history as text, to be kept with the draft. The editor's own form leaves out the effects that give undone
 * words back to their writer, so they are kept beside it; a history that does not fit the text is dropped, never guessed.
 */
import { historyField } from '@codemirror/commands'
import { EditorState, type StateEffect, type Text } from '@codemirror/state'
import { writtenBy } from './authorship.ts'
import type { Mark } from './spans.ts'

/** What is kept of one step, in the editor's form and beside it. */
interface Step {
  changes?: unknown
  effects: readonly StateEffect<unknown>[]
}
interface Steps {
  done: Step[]
  undone: Step[]
}
interface Kept {
  print: string
  history: { done: unknown[]; undone: unknown[] }
  marks: { done: Mark[][]; undone: Mark[][] }
}

/** JSON of at most `limit` units; the oldest steps are left out where there are more. Null: nothing to undo. */
export function historyOf(state: EditorState, limit = 1_500_000): string | null {
  const steps = state.field(historyField, false) as Steps | undefined
  if (!steps || steps.done.length + steps.undone.length === 0) return null
  const { history } = state.toJSON({ history: historyField }) as { history: Kept['history'] }
  const parts = (['done', 'undone'] as const).map((branch) =>
    steps[branch].map((step, i) => ({
      event: JSON.stringify(history[branch][i]),
      marks: JSON.stringify(step.effects.flatMap((effect) => (effect.is(writtenBy) ? [effect.value] : []))),
    })),
  )
  let units = 0
  const [done, undone] = parts.map((branch) => {
    // The newest steps stand at the end.
    let first = branch.length
    while (first > 0) {
      const step = branch[first - 1]
      units += step ? step.event.length + step.marks.length + 2 : 0
      if (units > limit) break
      first -= 1
    }
    return branch.slice(first)
  }) as [(typeof parts)[0], (typeof parts)[0]]
  const list = (branch: (typeof parts)[0], what: 'event' | 'marks'): string =>
    branch.map((step) => step[what]).join(',')
  return (
    `{"print":"${printOf(state.doc)}",` +
    `"history":{"done":[${list(done, 'event')}],"undone":[${list(undone, 'event')}]},` +
    `"marks":{"done":[${list(done, 'marks')}],"undone":[${list(undone, 'marks')}]}}`
  )
}

/** The field's value as it was kept for this very text, or null. For `historyField.init`. */
export function historyFrom(kept: string | null, doc: Text): unknown {
  if (!kept) return null
  try {
    const { print, history, marks } = JSON.parse(kept) as Kept
    if (print !== printOf(doc)) return null
    const json = { doc: '', selection: { ranges: [{ anchor: 0, head: 0 }], main: 0 }, history }
    const steps = EditorState.fromJSON(json, {}, { history: historyField }).field(historyField) as Steps
    for (const branch of ['done', 'undone'] as const) {
      if (steps[branch].length !== marks[branch].length) return null
      for (const [i, step] of steps[branch].entries()) {
        step.effects = (marks[branch][i] ?? []).map((mark) => writtenBy.of(mark) as StateEffect<unknown>)
      }
    }
    return steps
  } catch {
    return null
  }
}

/** Tells texts apart (FNV-1a over UTF-16 units, and the length): steps of another text would wreck this one. */
function printOf(doc: Text): string {
  let print = 2166136261
  for (const part of doc.iter()) {
    for (let i = 0; i < part.length; i++) print = Math.imul(print ^ part.charCodeAt(i), 16777619)
  }
  return `${doc.length}-${(print >>> 0).toString(16)}`
}
