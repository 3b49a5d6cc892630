/** The editor put together: a page for prose in Markdown, with its writers, ghost text and what hovers over it. */
import { defaultKeymap, history, historyField, historyKeymap, indentLess, indentMore } from '@codemirror/commands'
import { markdown, markdownKeymap, markdownLanguage } from '@codemirror/lang-markdown'
import { bidiIsolates, indentUnit } from '@codemirror/language'
import { search, searchKeymap } from '@codemirror/search'
import {
  Compartment,
  EditorSelection,
  EditorState,
  type Extension,
  Prec,
  type StateCommand,
  type Text,
} from '@codemirror/state'
import { drawSelection, dropCursor, EditorView, keymap, placeholder, type ViewUpdate } from '@codemirror/view'
import type { Draft } from '../../../preload/contract.ts'
import { words } from '../../words/words.ts'
import { authorship, withAuthorship } from './authorship.ts'
import { isFromElsewhere, rememberCopied } from './clipboard.ts'
import { directions } from './direction.ts'
import { withGhost } from './ghost.ts'
import { historyFrom } from './history.ts'
import { type Fill, hovering } from './hover.ts'
import { markdownLook } from './look.ts'
import { paragraphAlone, shownWriters } from './shown.ts'
import { type Mark, marksOf, sliceMarks, withPlainEnds } from './spans.ts'

export interface EditorEars {
  update(update: ViewUpdate): void
  /** A text from elsewhere came in; it stands as quoted until it is known whose it is. */
  pasted(from: number, to: number, text: string): void
  ghostGone(): void
  files(files: File[]): void
}

export const writersShown = new Compartment()
export const focused = new Compartment()

/** These keys are the window's, or the browser's, or would change prose in ways no writer means. */
const NOT_OURS = new Set(['Mod-Enter', 'Mod-i', 'Mod-Alt-\\', 'Mod-/', 'Alt-A', 'Mod-Alt-g', 'Mod-k', 'Mod-Shift-k'])

/** Puts the selection between marks, or takes them away. */
function between(mark: string): StateCommand {
  return ({ state, dispatch }) => {
    const change = state.changeByRange(({ from, to }) => {
      const n = mark.length
      const inside = state.sliceDoc(from - n, from) === mark && state.sliceDoc(to, to + n) === mark
      const changes = inside
        ? [
            { from: from - n, to: from },
            { from: to, to: to + n },
          ]
        : [
            { from, insert: mark },
            { from: to, insert: mark },
          ]
      const shift = inside ? -n : n
      return { changes, range: EditorSelection.range(from + shift, to + shift) }
    })
    dispatch(state.update(change, { userEvent: 'input', scrollIntoView: true }))
    return true
  }
}

/** In a list only: elsewhere Tab leaves the editor, as it does everywhere (within a list after Escape). */
const inList =
  (command: StateCommand): StateCommand =>
  (target) => {
    const { from, to } = target.state.selection.main
    const first = target.state.doc.lineAt(from)
    const listed = /^\s*([-*+]|\d+[.)])\s/.test(first.text) && to <= target.state.doc.lineAt(to).to
    return listed ? command(target) : false
  }

const copying = EditorView.domEventHandlers({
  copy: (_, view) => remember(view),
  cut: (_, view) => remember(view),
})

function remember(view: EditorView): boolean {
  const { state } = view
  const parts: string[] = []
  const marks: Mark[] = []
  let at = 0
  // As the editor itself puts it on the clipboard: each selected range on lines of its own; none: the whole line.
  const ranges = state.selection.ranges.filter(({ empty }) => !empty)
  const line = state.doc.lineAt(state.selection.main.head)
  for (const { from, to } of ranges.length > 0 ? ranges : [line]) {
    marks.push(...sliceMarks(state.field(authorship), from, to, at))
    parts.push(state.sliceDoc(from, to))
    at += to - from + 1
  }
  rememberCopied(parts.join('\n') + (ranges.length > 0 ? '' : '\n'), marks)
  return false
}

/** Tells of texts that were pasted or dropped in. */
const pasting = (ears: EditorEars): Extension =>
  EditorView.updateListener.of(({ transactions }) => {
    for (const transaction of transactions) {
      if (!transaction.isUserEvent('input.paste') && !transaction.isUserEvent('input.drop')) continue
      transaction.changes.iterChanges((_fromA, _toA, fromB, toB, inserted) => {
        const text = inserted.sliceString(0, inserted.length, '\n')
        if (isFromElsewhere(text)) ears.pasted(fromB, toB, text)
      })
    }
  })

const dropping = (ears: EditorEars): Extension =>
  EditorView.domEventHandlers({
    drop(event) {
      const files = [...(event.dataTransfer?.files ?? [])]
      if (files.length === 0) return false
      event.preventDefault()
      ears.files(files)
      return true
    },
  })

function steps(kept: string | null, doc: Text): Extension {
  const value = historyFrom(kept, doc)
  return value ? [historyField.init(() => value), history()] : history()
}

export interface StateOptions {
  ears: EditorEars
  bar: Fill
  card: Fill
  writers: boolean
  focus: boolean
}

export function stateOf(draft: Draft, { ears, bar, card, writers, focus }: StateOptions): EditorState {
  const { text, marks } = withPlainEnds(draft.text, marksOf(draft.spans))
  const doc = EditorState.create({ doc: text }).doc
  return EditorState.create({
    doc,
    selection: { anchor: doc.length },
    extensions: [
      steps(draft.history, doc),
      withAuthorship(marks),
      withGhost(() => ears.ghostGone()),
      hovering(bar, card),
      markdown({ base: markdownLanguage, addKeymap: false, completeHTMLTags: false, pasteURLAsLink: false }),
      indentUnit.of('  '),
      markdownLook,
      EditorView.lineWrapping,
      EditorView.perLineTextDirection.of(true),
      directions,
      bidiIsolates(),
      drawSelection(),
      dropCursor(),
      search({ top: true }),
      EditorState.phrases.of({ ...words.draft.searching }),
      placeholder(words.draft.placeholder),
      EditorView.contentAttributes.of({
        'aria-label': words.draft.text,
        'aria-multiline': 'true',
        tabindex: '0',
        spellcheck: 'true',
        autocorrect: 'on',
        autocapitalize: 'sentences',
      }),
      writersShown.of(writers ? shownWriters : []),
      focused.of(focus ? paragraphAlone : []),
      copying,
      EditorView.updateListener.of((update) => ears.update(update)),
      // After it: what was just pasted stands where it stands, and needs no mapping by the same update.
      pasting(ears),
      dropping(ears),
      keymap.of([
        { key: 'Tab', run: inList(indentMore), shift: inList(indentLess) },
        { key: 'Mod-b', run: between('**') },
        { key: 'Mod-i', run: between('*') },
      ]),
      Prec.low(keymap.of([...markdownKeymap, ...historyKeymap, ...own(searchKeymap), ...own(defaultKeymap)])),
    ],
  })
}

const own = <T extends { key?: string }>(bindings: readonly T[]): T[] =>
  bindings.filter(({ key }) => key === undefined || !NOT_OURS.has(key))
