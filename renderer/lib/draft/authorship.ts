/**
 * Authorship in the editor: a field of marks that follows every change. What is typed is the owner's, also within
 * another's words; what others wrote is marked by `writtenBy`, and comes back marked when it is undone or moved.
 */
import { invertedEffects } from '@codemirror/commands'
import { EditorState, type Extension, StateEffect, StateField, type Transaction } from '@codemirror/state'
import { whoseIsPasted } from './clipboard.ts'
import { type Mark, mapMarks, OWNER, type Replacement, sliceMarks, writeOver } from './spans.ts'

/** Gives a range (of the text after the change) to a writer. */
export const writtenBy = StateEffect.define<Mark>({
  map({ from, to, ...writer }, changes) {
    const mapped = { from: changes.mapPos(from, 1), to: changes.mapPos(to, -1), ...writer }
    return mapped.from < mapped.to ? mapped : undefined
  },
})

function replacementsOf(transaction: Transaction): Replacement[] {
  const replacements: Replacement[] = []
  transaction.changes.iterChanges(
    (fromA, toA, fromB, toB) => replacements.push({ fromA, toA, fromB, toB }),
    // One by one, so that a text that stands between two changes keeps its writer.
    true,
  )
  return replacements
}

export const authorship = StateField.define<readonly Mark[]>({
  create: () => [],
  update(marks, transaction) {
    let next = marks
    if (transaction.docChanged) next = mapMarks(marks, replacementsOf(transaction))
    for (const effect of transaction.effects) if (effect.is(writtenBy)) next = writeOver(next, effect.value)
    return next
  },
})

/** What an undo needs besides the text: whose the deleted words were, and whose the marked ones had been. */
const remembered = invertedEffects.of((transaction) => {
  const marks = transaction.startState.field(authorship)
  const back: StateEffect<Mark>[] = []
  const restore = (from: number, to: number): void => {
    // The owner's too: undone together with other changes around them, they would else come back as another's.
    if (from < to) back.push(writtenBy.of({ from, to, ...OWNER }))
    back.push(...sliceMarks(marks, from, to, from).map((mark) => writtenBy.of(mark)))
  }
  const inserted: Replacement[] = replacementsOf(transaction)
  for (const { fromA, toA } of inserted) restore(fromA, toA)
  const undone = transaction.changes.invertedDesc
  for (const effect of transaction.effects) {
    if (!effect.is(writtenBy)) continue
    const { from, to } = effect.value
    // A mark on words that this same change brought goes with them.
    if (inserted.some(({ fromB, toB }) => fromB <= from && to <= toB)) continue
    const [start, end] = [undone.mapPos(from, 1), undone.mapPos(to, -1)]
    if (start >= end) continue
    back.push(writtenBy.of({ from: start, to: end, ...OWNER }))
    restore(start, end)
  }
  return back
})

/** Where the words that a move or a copy of lines brings may have stood before. */
function sourcesOf(transaction: Transaction): { from: number; text: string }[] {
  const { startState } = transaction
  const ranges: { from: number; to: number }[] = []
  for (const { fromA, toA } of replacementsOf(transaction)) ranges.push({ from: fromA, to: toA })
  for (const { from, to } of startState.selection.ranges) {
    ranges.push({ from, to })
    ranges.push({ from: startState.doc.lineAt(from).from, to: startState.doc.lineAt(to).to })
  }
  return ranges
    .filter(({ from, to }) => from < to)
    .map(({ from, to }) => ({ from, text: startState.sliceDoc(from, to) }))
}

/** Marks what is moved, copied or pasted as its writer's: the one it had here, or the one the clipboard tells. */
const carried = EditorState.transactionExtender.of((transaction) => {
  const moved = transaction.isUserEvent('move') || transaction.isUserEvent('input.copyline')
  const dropped = transaction.isUserEvent('input.drop')
  const pasted = transaction.isUserEvent('input.paste')
  if (!transaction.docChanged || !(moved || dropped || pasted)) return null
  const marks = transaction.startState.field(authorship)
  const sources = moved || dropped ? sourcesOf(transaction) : []
  const effects: StateEffect<Mark>[] = []
  transaction.changes.iterChanges((_fromA, _toA, fromB, _toB, inserted) => {
    const text = inserted.sliceString(0, inserted.length, '\n')
    const core = text.replace(/^\n|\n$/g, '')
    if (core === '') return
    const start = fromB + text.indexOf(core)
    const source = sources.find((candidate) => candidate.text.includes(core))
    if (source) {
      const at = source.from + source.text.indexOf(core)
      effects.push(...sliceMarks(marks, at, at + core.length, start).map((mark) => writtenBy.of(mark)))
    } else if (pasted || dropped) {
      effects.push(...whoseIsPasted(text, fromB).map((mark) => writtenBy.of(mark)))
    }
  }, true)
  return effects.length > 0 ? { effects } : null
})

/** Authorship from the given marks on. */
export function withAuthorship(marks: readonly Mark[]): Extension {
  return [authorship.init(() => marks), remembered, carried]
}
