/**
 * Ghost text: what the assistant offers, shown dimmed where it would stand, and not yet part of the text. Offered at
 * the cursor it is taken by Tab, word by word, or by typing the same letters; under an outline's points, as a whole.
 */
import {
  type ChangeSpec,
  MapMode,
  Prec,
  type StateCommand,
  StateEffect,
  StateField,
  type Transaction,
} from '@codemirror/state'
import { Decoration, EditorView, keymap, WidgetType } from '@codemirror/view'
import { writtenBy } from './authorship.ts'
import type { Mark, Writer } from './spans.ts'

export interface GhostItem {
  pos: number
  text: string
  /** Null: at the cursor, in the line. Otherwise a paragraph of its own under the line, after this indent. */
  indent: string | null
}

export interface Ghost {
  items: readonly GhostItem[]
  writer: Writer
  streaming: boolean
}

export const beginGhost = StateEffect.define<Ghost>()
export const streamGhost = StateEffect.define<{ index: number; text: string }>()
/** It is there whole. */
export const settleGhost = StateEffect.define<null>()
export const clearGhost = StateEffect.define<null>()

/** What is left of an inline item after the change: its rest when the change was its own beginning, else null. */
function typedOver(item: GhostItem, transaction: Transaction): GhostItem | null {
  let rest: GhostItem | null = null
  let changes = 0
  transaction.changes.iterChanges((fromA, toA, _fromB, toB, inserted) => {
    changes += 1
    const text = inserted.sliceString(0, inserted.length, '\n')
    if (fromA === toA && fromA === item.pos && item.text.startsWith(text)) {
      rest = { ...item, pos: toB, text: item.text.slice(text.length) }
    }
  })
  return changes === 1 ? rest : null
}

function follow(ghost: Ghost, transaction: Transaction): Ghost | null {
  if (transaction.docChanged) {
    const items = ghost.items.map((item) => {
      if (item.indent === null) return typedOver(item, transaction)
      const pos = transaction.changes.mapPos(item.pos, 1, MapMode.TrackDel)
      return pos === null ? null : { ...item, pos }
    })
    if (items.some((item) => item === null)) return null
    return { ...ghost, items: items as GhostItem[] }
  }
  const inline = ghost.items.find((item) => item.indent === null)
  const { main } = transaction.newSelection
  return transaction.selection && inline && (!main.empty || main.head !== inline.pos) ? null : ghost
}

export const ghostText = StateField.define<Ghost | null>({
  create: () => null,
  update(before, transaction) {
    let ghost = before && follow(before, transaction)
    for (const effect of transaction.effects) {
      if (effect.is(beginGhost)) ghost = effect.value
      else if (effect.is(clearGhost)) ghost = null
      else if (effect.is(settleGhost)) ghost = ghost && { ...ghost, streaming: false }
      else if (effect.is(streamGhost) && ghost) {
        const { index, text } = effect.value
        const items = ghost.items.map((item, i) => (i === index ? { ...item, text: item.text + text } : item))
        ghost = { ...ghost, items }
      }
    }
    const nothingLeft = ghost && !ghost.streaming && ghost.items.every(({ text }) => text === '')
    return nothingLeft ? null : ghost
  },
  provide: (field) =>
    EditorView.decorations.from(field, (ghost) => {
      if (!ghost) return Decoration.none
      // What streams comes in at the last item that has begun.
      const last = Math.max(
        0,
        ghost.items.findLastIndex(({ text }) => text !== ''),
      )
      const widgets = ghost.items.flatMap(({ pos, text, indent }, i) => {
        if (i > last) return []
        const block = indent !== null
        const widget = new GhostWidget(text, block, ghost.streaming && i === last)
        return [Decoration.widget({ widget, side: 1, block }).range(pos)]
      })
      return Decoration.set(widgets, true)
    }),
})

class GhostWidget extends WidgetType {
  readonly text: string
  readonly block: boolean
  readonly streaming: boolean

  constructor(text: string, block: boolean, streaming: boolean) {
    super()
    this.text = text
    this.block = block
    this.streaming = streaming
  }

  override eq(other: GhostWidget): boolean {
    return this.text === other.text && this.block === other.block && this.streaming === other.streaming
  }

  override toDOM(): HTMLElement {
    const element = document.createElement(this.block ? 'div' : 'span')
    element.dir = this.block ? 'auto' : ''
    this.show(element)
    return element
  }

  override updateDOM(element: HTMLElement): boolean {
    if ((element.tagName === 'DIV') !== this.block) return false
    this.show(element)
    return true
  }

  private show(element: HTMLElement): void {
    element.className = `cm-ghost${this.block ? ' cm-ghost-block' : ''}${this.streaming ? ' cm-ghost-streaming' : ''}`
    element.dataset.testid = 'ghost'
    element.textContent = this.text
    // Told by an announcement when it is whole, not letter by letter.
    element.setAttribute('aria-hidden', 'true')
  }

  override get estimatedHeight(): number {
    return this.block ? 60 : -1
  }
}

/** The first word of a text with the space before it and the signs right after it, in any script. */
export function firstWord(text: string): string {
  const lead = /^\s*/.exec(text)?.[0] ?? ''
  const rest = text.slice(lead.length, lead.length + 200)
  let taken = ''
  let seen = false
  for (const { segment, isWordLike } of new Intl.Segmenter(undefined, { granularity: 'word' }).segment(rest)) {
    if (seen && (isWordLike || /^\s/.test(segment))) break
    taken += segment
    seen ||= isWordLike === true
    if (!seen && /^\s/.test(segment)) break
  }
  return lead + taken.trimEnd()
}

/** Takes all that is there; what still streams in goes on after it. */
export const takeGhost: StateCommand = ({ state, dispatch }) => {
  const ghost = state.field(ghostText, false)
  if (!ghost) return false
  // While the first words are waited for, Tab must not lead away from the page.
  if (ghost.items.every(({ text }) => text === '')) return ghost.streaming
  const inline = ghost.items.find((item) => item.indent === null)
  if (inline) return take(inline.text)({ state, dispatch })
  if (ghost.streaming) return true
  const changes: ChangeSpec[] = []
  const marks: Mark[] = []
  let grown = 0
  for (const { pos, text, indent } of ghost.items) {
    const paragraph = text.trim()
    if (paragraph === '') continue
    const before = `\n\n${indent}`
    const written = paragraph.replace(/\n(?=[^\n])/g, `\n${indent}`)
    const next = state.doc.lineAt(pos).to + 1
    const blank = next > state.doc.length || state.doc.lineAt(next).text.trim() === ''
    const insert = before + written + (blank ? '' : '\n')
    changes.push({ from: pos, insert })
    const from = pos + grown + before.length
    marks.push({ from, to: from + written.length, ...ghost.writer })
    grown += insert.length
  }
  const effects = [clearGhost.of(null), ...marks.map((mark) => writtenBy.of(mark))]
  dispatch(state.update({ changes, effects, userEvent: 'input.complete', scrollIntoView: true }))
  return true
}

export const takeGhostWord: StateCommand = ({ state, dispatch }) => {
  const inline = state.field(ghostText, false)?.items.find((item) => item.indent === null)
  return inline?.text ? take(firstWord(inline.text))({ state, dispatch }) : false
}

/** Takes the beginning of an inline ghost. */
const take =
  (text: string): StateCommand =>
  ({ state, dispatch }) => {
    const ghost = state.field(ghostText, false)
    const inline = ghost?.items[0]
    if (!ghost || !inline || text === '') return false
    const to = inline.pos + text.length
    dispatch(
      state.update({
        changes: { from: inline.pos, insert: text },
        selection: { anchor: to },
        effects: writtenBy.of({ from: inline.pos, to, ...ghost.writer }),
        userEvent: 'input.complete',
        scrollIntoView: true,
      }),
    )
    return true
  }

export const dropGhost: StateCommand = ({ state, dispatch }) => {
  if (!state.field(ghostText, false)) return false
  dispatch(state.update({ effects: clearGhost.of(null) }))
  return true
}

/** `ongone`: the offer was taken, typed over or refused while it may still have been streaming. */
export function withGhost(ongone: () => void) {
  return [
    ghostText,
    Prec.highest(
      keymap.of([
        { key: 'Tab', run: takeGhost },
        { key: 'Ctrl-ArrowRight', mac: 'Alt-ArrowRight', run: takeGhostWord },
        { key: 'Alt-ArrowRight', run: takeGhostWord },
        { key: 'Escape', run: dropGhost },
      ]),
    ),
    EditorView.updateListener.of((update) => {
      if (update.startState.field(ghostText) && !update.state.field(ghostText)) ongone()
    }),
  ]
}
