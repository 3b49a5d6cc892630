import { openSearchPanel } from '@codemirror/search'
import { EditorSelection, type EditorState, Transaction } from '@codemirror/state'
import { EditorView, type ViewUpdate } from '@codemirror/view'
import type { Draft, DraftSpan } from '../../preload/contract.ts'
import { authorship, writtenBy } from '../lib/draft/authorship.ts'
import { isAsked } from '../lib/draft/clipboard.ts'
import { type Counts, countInSteps, countWords } from '../lib/draft/count.ts'
import { type EditorEars, focused, stateOf, writersShown } from '../lib/draft/editor.ts'
import { ghostText } from '../lib/draft/ghost.ts'
import { historyOf } from '../lib/draft/history.ts'
import type { Fill } from '../lib/draft/hover.ts'
import { outlineAt } from '../lib/draft/outline.ts'
import { paragraphAlone, shownWriters } from '../lib/draft/shown.ts'
import { marksOf, spansOf, type Writer, withPlainEnds } from '../lib/draft/spans.ts'
import type { DraftStore } from './draft.svelte.ts'
import type { Written } from './draft-saving.svelte.ts'

interface Pasted {
  from: number
  to: number
}

const NOTHING: Counts = { words: 0, owner: 0, assistant: 0, quoted: 0 }
const COUNT_AFTER_MS = 250
/** Told with every save up to here; a longer one when the writer rests, or the editor is left. */
const SHORT_HISTORY = 200_000

function mapped({ from, to }: Pasted, { changes }: ViewUpdate): Pasted | null {
  const now = { from: changes.mapPos(from, 1), to: changes.mapPos(to, -1) }
  return now.from < now.to ? now : null
}

/** The editor on the draft at hand, as the page around it sees it. Made anew with each opening of the space. */
export class DraftEditor {
  #drafts: DraftStore
  #view: EditorView | null = null
  #state: EditorState | null = null
  #ears: Pick<EditorEars, 'ghostGone' | 'files'>
  #onchange: (update: ViewUpdate) => void
  #counts = $state.raw<Counts>(NOTHING)
  #selected = $state(0)
  #pasted = $state.raw<Pasted | null>(null)
  /** What was pasted, until the host has said whether the assistant wrote it. */
  #unsure = new Set<Pasted>()
  #inOutline = $state(false)
  #ghost = $state.raw<{ streaming: boolean; outline: boolean; empty: boolean } | null>(null)
  #historyLength = 0
  #counting: ReturnType<typeof setTimeout> | null = null

  constructor(
    drafts: DraftStore,
    ears: Pick<EditorEars, 'ghostGone' | 'files'> & { changed(update: ViewUpdate): void },
  ) {
    this.#drafts = drafts
    this.#ears = ears
    this.#onchange = (update) => ears.changed(update)
  }

  get view() {
    return this.#view
  }
  get counts() {
    return this.#counts
  }
  /** Words in the selection, 0 where there is none. */
  get selected() {
    return this.#selected
  }
  /** A long text that came from elsewhere and whose writer is asked about. */
  get pasted() {
    return this.#pasted
  }
  get inOutline() {
    return this.#inOutline
  }
  get ghost() {
    return this.#ghost
  }

  /** Shows the draft in the element; the result takes the editor away. */
  mount(parent: HTMLElement, draft: Draft, bar: Fill, card: Fill): () => void {
    const ears: EditorEars = {
      ...this.#ears,
      ghostGone: () => this.#ears.ghostGone(),
      files: (files) => this.#ears.files(files),
      update: (update) => this.#update(update),
      pasted: (from, to, text) => void this.#askWhose(from, to, text),
    }
    const { writers, focus } = this.#drafts.sight
    const state = stateOf(draft, { ears, bar, card, writers, focus })
    const view = new EditorView({ state, parent })
    this.#view = view
    this.#state = state
    this.#pasted = null
    this.#unsure.clear()
    this.#ghost = null
    this.#historyLength = draft.history?.length ?? 0
    this.#count(0)
    const detach = this.#drafts.attach({
      read: (whole) => this.#read(whole),
      length: () => this.#state?.doc.length ?? 0,
    })
    view.dispatch({ effects: EditorView.scrollIntoView(state.selection.main.head, { y: 'center' }) })
    return () => {
      if (this.#counting) clearTimeout(this.#counting)
      detach()
      view.destroy()
      if (this.#view === view) this.#view = null
    }
  }

  focus(): void {
    this.#view?.focus()
  }

  find(): void {
    if (this.#view) openSearchPanel(this.#view)
  }

  text(): string {
    return this.#state?.doc.toString() ?? ''
  }

  /** The whole text replaced, as one step of undo. */
  replace(given: string, spans: readonly DraftSpan[]): void {
    const view = this.#view
    if (!view) return
    const { text, marks } = withPlainEnds(given, marksOf(spans))
    view.dispatch({
      changes: { from: 0, to: view.state.doc.length, insert: text },
      effects: marks.map((mark) => writtenBy.of(mark)),
      selection: EditorSelection.cursor(0),
      scrollIntoView: true,
    })
    view.focus()
  }

  /** Answers whose the pasted words are. */
  sayWhose(author: Writer['author']): void {
    if (this.#pasted && this.#view) {
      this.#view.dispatch({ effects: writtenBy.of({ ...this.#pasted, author, voice: null }) })
      this.#view.focus()
    }
    this.#pasted = null
  }

  /** Gives what is selected to a writer. */
  giveSelection(author: Writer['author']): void {
    const view = this.#view
    if (!view) return
    const ranges = view.state.selection.ranges.filter(({ empty }) => !empty)
    view.dispatch({ effects: ranges.map(({ from, to }) => writtenBy.of({ from, to, author, voice: null })) })
  }

  showWriters(shown: boolean): void {
    this.#view?.dispatch({ effects: writersShown.reconfigure(shown ? shownWriters : []) })
  }

  showFocus(shown: boolean): void {
    this.#view?.dispatch({ effects: focused.reconfigure(shown ? paragraphAlone : []) })
    this.#view?.focus()
  }

  /** The host knows what the assistant wrote before this window was opened. Without its word a text stays quoted. */
  async #askWhose(from: number, to: number, text: string): Promise<void> {
    const unsure: Pasted = { from, to }
    this.#unsure.add(unsure)
    const asked = isAsked(text)
    if (asked) this.#pasted = { from, to }
    const assistants = await this.#drafts.isAssistants(text)
    const view = this.#view
    if (!view || !this.#unsure.delete(unsure) || unsure.from >= unsure.to) return
    const whole = view.state.sliceDoc(unsure.from, unsure.to) === text
    const author = assistants ? 'assistant' : !asked && assistants === false && whole ? 'owner' : null
    // Of a few words too the owner is asked, when nobody else can tell.
    if (!asked && !author) this.#pasted = { ...unsure }
    if (assistants) this.#pasted = null
    if (!author) return
    const annotations = Transaction.addToHistory.of(false)
    view.dispatch({ effects: writtenBy.of({ ...unsure, author, voice: null }), annotations })
  }

  #read(whole: boolean): Written {
    const state = this.#state
    if (!state) return { text: '', spans: [] }
    const text = state.doc.toString()
    const spans = spansOf(state.field(authorship), state.doc.length)
    if (!whole && this.#historyLength > SHORT_HISTORY) return { text, spans }
    const history = historyOf(state)
    this.#historyLength = history?.length ?? 0
    return { text, spans, history }
  }

  #update(update: ViewUpdate): void {
    const { state, startState, docChanged, selectionSet } = update
    this.#state = state
    const marked = state.field(authorship) !== startState.field(authorship)
    if (docChanged || marked) {
      this.#drafts.touch()
      this.#count(COUNT_AFTER_MS)
      if (this.#pasted && docChanged) this.#pasted = mapped(this.#pasted, update)
      for (const unsure of docChanged ? this.#unsure : [])
        Object.assign(unsure, mapped(unsure, update) ?? { to: unsure.from })
    }
    if (selectionSet || docChanged) {
      const { main } = state.selection
      this.#selected =
        main.empty || main.to - main.from > 500_000 ? 0 : countWords(state.sliceDoc(main.from, main.to)).words
      const line = state.doc.lineAt(main.head).text
      this.#inOutline = /^\s*([-*+]|\d+[.)])\s/.test(line) && outlineAt(state, main.head) !== null
    }
    const ghost = state.field(ghostText)
    if (ghost !== startState.field(ghostText)) {
      this.#ghost = ghost && {
        streaming: ghost.streaming,
        outline: ghost.items.some(({ indent }) => indent !== null),
        empty: ghost.items.every(({ text }) => text === ''),
      }
    }
    this.#onchange(update)
  }

  /** In the window's spare time: a long text is counted in steps. */
  #count(after: number): void {
    if (this.#counting) clearTimeout(this.#counting)
    this.#counting = setTimeout(() => {
      const state = this.#state
      if (!state) return
      const steps = countInSteps(state.doc.toString(), state.field(authorship))
      const step = (): void => {
        const { done, value } = steps.next()
        if (done) this.#counts = value
        else this.#counting = setTimeout(step)
      }
      step()
    }, after)
  }
}
