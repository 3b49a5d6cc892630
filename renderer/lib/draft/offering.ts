/** What the assistant offers at the cursor or under an outline's points, as it comes in. */
import type { EditorView } from '@codemirror/view'
import { beginGhost, ghostText, streamGhost } from './ghost.ts'

/** Line ends as the editor has them, so that what is offered is what is taken. */
export const plainEnds = (text: string): string => text.replace(/\r\n?/g, '\n')

/** A chunk of the offer with this index. */
export function streamInto(view: EditorView, index: number, chunk: string): void {
  const item = view.state.field(ghostText)?.items[index]
  if (!item) return
  let text = plainEnds(chunk)
  const before = view.state.sliceDoc(Math.max(0, item.pos - 1), item.pos)
  // One space between what stands there and what comes.
  if (item.text === '' && item.indent === null && /^\s?$/.test(before)) text = text.trimStart()
  if (text) view.dispatch({ effects: streamGhost.of({ index, text }) })
}

/** All of it anew, as it was cleaned up at its end. */
export function offerWhole(view: EditorView, written: readonly string[]): void {
  const ghost = view.state.field(ghostText)
  if (!ghost || ghost.items.length !== written.length) return
  const items = ghost.items.map((item, i) => ({ ...item, text: plainEnds(written[i] ?? item.text) }))
  view.dispatch({ effects: beginGhost.of({ ...ghost, items }) })
}
