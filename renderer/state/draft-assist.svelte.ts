import type { ViewUpdate } from '@codemirror/view'
import { EditorView } from '@codemirror/view'
import type { DraftResult, RewriteHow, Source } from '../../preload/contract.ts'
import { writtenBy } from '../lib/draft/authorship.ts'
import {
  beginGhost,
  clearGhost,
  type GhostItem,
  ghostText,
  settleGhost,
  takeGhost,
  takeGhostWord,
} from '../lib/draft/ghost.ts'
import { setStretch, stretch } from '../lib/draft/marked.ts'
import { offerWhole, plainEnds, streamInto } from '../lib/draft/offering.ts'
import { outlineAt } from '../lib/draft/outline.ts'
import { WritingPause } from '../lib/draft/pause.ts'
import { changesBetween } from '../lib/draft/rewriting.ts'
import type { Writer } from '../lib/draft/spans.ts'
import { newRequest } from '../lib/request.ts'
import { words } from '../words/words.ts'
import type { AppStore } from './app.svelte.ts'
import type { DraftStore } from './draft.svelte.ts'
import type { DraftEditor } from './draft-editor.svelte.ts'

/** So much of the text before and after is told; the service cuts it to what the model can read. */
const AROUND = 12_000
/** Tokens that are offered at a time. */
const OFFERED = 60

export interface Rewrite {
  how: RewriteHow
  ask: string
  before: string
  after: string
  running: boolean
  /** There was no room for more: what came breaks off, and does not stand for the whole. */
  cut: boolean
  writer: Writer
}

/** What the assistant offers in the draft at hand: to go on, a rewrite, an outline filled. One thing at a time. */
export class DraftAssist {
  #app: AppStore
  #drafts: DraftStore
  #editor: DraftEditor
  #request: string | null = null
  /** The try that a rewrite streams in: a later one begins anew. */
  #try = 0
  #unfollow: () => void
  #pause = new WritingPause((state) => {
    if (this.#free && !state.field(ghostText) && state === this.#editor.view?.state) void this.continue()
  })
  #running = $state<'continue' | 'outline' | 'rewrite' | null>(null)
  #rewrite = $state.raw<Rewrite | null>(null)
  #sources = $state.raw<Source[]>([])
  /** The line of instruction is open over the selection. */
  asking = $state(false)

  constructor(app: AppStore, drafts: DraftStore, editor: DraftEditor) {
    this.#app = app
    this.#drafts = drafts
    this.#editor = editor
    this.#unfollow = app.on('stream', ({ request, index, text }) => {
      if (request === this.#request) this.#streamed(index, text)
    })
  }

  get running() {
    return this.#running
  }
  get rewrite() {
    return this.#rewrite
  }
  /** What the last offer leaned on. */
  get sources() {
    return this.#sources
  }
  get ready() {
    return this.#app.state?.base != null
  }

  /** Without a voice, two passages alone are followed in the wrong: what came said other things than the text. */
  may(how: RewriteHow): boolean {
    return this.ready && (how !== 'mine' || this.#drafts.choice.voice !== null)
  }

  /** Goes on at the cursor. */
  async continue(): Promise<void> {
    const view = this.#editor.view
    if (!view || !this.ready) return
    const { head } = view.state.selection.main
    const before = view.state.sliceDoc(Math.max(0, head - AROUND), head)
    if (before.trim() === '') {
      this.#app.report({ name: 'EmptyText', message: words.draft.nothingBefore, next: null })
      return
    }
    if (!view.state.selection.main.empty) view.dispatch({ selection: { anchor: head } })
    const items = [{ pos: head, text: '', indent: null }]
    await this.#offer('continue', items, (request) =>
      this.#app.call('draft.write', { request, text: before, from: 'opening', ...this.#options, maxTokens: OFFERED }),
    )
  }

  /** Writes a paragraph under each point of the list that the cursor stands in. */
  async fill(): Promise<void> {
    const view = this.#editor.view
    const outline = view && outlineAt(view.state, view.state.selection.main.head)
    if (!view || !outline || !this.ready) return
    const before = view.state.sliceDoc(Math.max(0, outline.from - AROUND), outline.from)
    const items = outline.points.map(({ end, indent }) => ({ pos: end, text: '', indent }))
    // With their depth, by which the service tells a heading from a point.
    const lines = outline.points.map(({ text, indent }) => `${indent.slice(2)}- ${text}`).join('\n')
    await this.#offer('outline', items, async (request) => {
      const result = await this.#app.call('draft.outline', { request, outline: lines, before, ...this.#options })
      if (this.#request === request) {
        offerWhole(
          view,
          result.points.map(({ written }) => written),
        )
      }
      return result
    })
  }

  /** Offers another wording of what is selected, or of what the card shows. */
  async rewriteAs(how: RewriteHow, ask = ''): Promise<void> {
    const view = this.#editor.view
    const range = view && (view.state.field(stretch) ?? view.state.selection.main)
    if (!view || !range || range.from === range.to || !this.ready) return
    this.#cease()
    const { from, to } = range
    const { doc } = view.state
    const before = doc.sliceString(from, to)
    this.asking = false
    this.#rewrite = { how, ask, before, after: '', running: true, cut: false, writer: this.#writer }
    const request = this.#begin('rewrite')
    view.dispatch({ effects: [setStretch.of({ from, to }), clearGhost.of(null)], selection: { anchor: to } })
    const result = await this.#app.attempt(() =>
      this.#app.call('draft.rewrite', {
        request,
        text: before,
        before: doc.sliceString(Math.max(0, from - AROUND), from),
        after: doc.sliceString(to, to + AROUND / 4),
        how,
        ...(how === 'ask' ? { ask } : {}),
        ...this.#options,
      }),
    )
    if (this.#request !== request) return
    this.#end(result)
    const offered = plainEnds(result?.text ?? this.#rewrite?.after ?? '')
    if (offered.trim() === '') this.discard()
    else if (this.#rewrite) {
      this.#rewrite = { ...this.#rewrite, after: offered, running: false, cut: result?.cut ?? false }
      if (view.hasFocus) view.dispatch({ effects: EditorView.announce.of(words.draft.offered(offered)) })
    }
  }

  again(): void {
    if (this.#rewrite) void this.rewriteAs(this.#rewrite.how, this.#rewrite.ask)
  }

  /** Puts the rewrite in its place; `edit`: selected, to be changed at once. */
  take(edit = false): void {
    const view = this.#editor.view
    const range = view?.state.field(stretch)
    const rewrite = this.#rewrite
    if (!view || !range || !rewrite || rewrite.running) return
    const { changes, marks, to } = changesBetween(rewrite.before, rewrite.after, range.from, rewrite.writer)
    this.#rewrite = null
    view.dispatch({
      changes,
      effects: [setStretch.of(null), ...marks.map((mark) => writtenBy.of(mark))],
      selection: edit ? { anchor: range.from, head: to } : { anchor: to },
      userEvent: 'input.complete',
      scrollIntoView: true,
    })
    view.focus()
  }

  discard(): void {
    const view = this.#editor.view
    const range = view?.state.field(stretch)
    if (this.#running === 'rewrite') this.#cease()
    this.#rewrite = null
    this.asking = false
    if (!view || !range) return
    // Whoever is back in the text writes on where the cursor stands.
    const selection = view.hasFocus ? {} : { selection: { anchor: range.from, head: range.to } }
    view.dispatch({ effects: setStretch.of(null), ...selection })
    view.focus()
  }

  /** Sets aside what is offered or still comes. @returns whether there was anything */
  refuse(): boolean {
    if (this.#rewrite) this.discard()
    else if (this.#running) this.drop()
    else return false
    return true
  }

  takeAll(): void {
    const view = this.#editor.view
    if (view) takeGhost(view)
    view?.focus()
  }

  takeWord(): void {
    const view = this.#editor.view
    if (view) takeGhostWord(view)
    view?.focus()
  }

  /** Ends what streams; what has come so far stays offered. */
  stop(): void {
    // A rewrite without a word offers nothing: taken, it would delete what was selected.
    if (this.#rewrite?.running && this.#rewrite.after.trim() === '') this.discard()
    else this.#cease()
  }

  #cease(): void {
    const request = this.#request
    this.#request = null
    this.#running = null
    void this.#app.cancel(request)
    const view = this.#editor.view
    if (view?.state.field(ghostText)?.streaming) view.dispatch({ effects: settleGhost.of(null) })
    if (this.#rewrite?.running) this.#rewrite = { ...this.#rewrite, running: false }
  }

  /** Ends what streams, and takes the offer away. */
  drop(): void {
    this.#cease()
    const view = this.#editor.view
    if (view?.state.field(ghostText)) view.dispatch({ effects: clearGhost.of(null) })
  }

  /** To be told when the offered words are gone from the text. */
  gone(): void {
    if (this.#running === 'continue' || this.#running === 'outline') this.#cease()
  }

  /** To be told of every change: an edit within a rewrite's words ends it; a pause may be one to go on from. */
  changed(update: ViewUpdate): void {
    const { state, startState, docChanged, selectionSet } = update
    if (startState.field(stretch) && !state.field(stretch) && this.#rewrite) {
      if (this.#running === 'rewrite') this.#cease()
      this.#rewrite = null
    }
    if (selectionSet && !docChanged) this.asking = false
    if (!docChanged && !selectionSet) return
    this.#pause.follow(update, this.#drafts.sight.byItself && this.#free)
  }

  /** Nothing comes, and no rewrite waits for its answer: it is not to be swept away. */
  get #free(): boolean {
    return this.#running === null && this.#rewrite === null
  }

  close(): void {
    this.#pause.end()
    void this.#app.cancel(this.#request)
    this.#request = null
    this.#unfollow()
  }

  get #options() {
    return this.#drafts.choice.options
  }

  get #writer(): Writer {
    const { voice } = this.#options
    return { author: 'assistant', voice: voice === undefined ? (this.#app.state?.voice ?? null) : voice }
  }

  #begin(what: 'continue' | 'outline' | 'rewrite'): string {
    const request = newRequest()
    this.#request = request
    this.#running = what
    this.#try = 0
    this.#sources = []
    return request
  }

  #end(result: DraftResult | null): void {
    this.#request = null
    this.#running = null
    if (result) this.#sources = result.sources
  }

  async #offer(
    what: 'continue' | 'outline',
    items: GhostItem[],
    call: (request: string) => Promise<DraftResult>,
  ): Promise<void> {
    const view = this.#editor.view
    if (!view) return
    this.drop()
    this.#rewrite = null
    const request = this.#begin(what)
    view.dispatch({
      effects: [setStretch.of(null), beginGhost.of({ items, writer: this.#writer, streaming: true })],
    })
    view.focus()
    const result = await this.#app.attempt(() => call(request))
    if (this.#request !== request) return
    this.#end(result)
    const offered = view.state.field(ghostText)
    const text = offered?.items.map((item) => item.text.trim()).join('\n') ?? ''
    const said = text ? [EditorView.announce.of(words.draft.offered(text))] : []
    view.dispatch({ effects: [settleGhost.of(null), ...said] })
  }

  #streamed(index: number, chunk: string): void {
    if (this.#running === 'rewrite') {
      const before = index > this.#try ? '' : (this.#rewrite?.after ?? '')
      this.#try = Math.max(this.#try, index)
      if (this.#rewrite && index === this.#try) this.#rewrite = { ...this.#rewrite, after: before + chunk }
      return
    }
    if (this.#editor.view) streamInto(this.#editor.view, index, chunk)
  }
}
