import { SvelteSet } from 'svelte/reactivity'
import type { DocumentSummary, FoundPiece, NoMeaning } from '../../preload/contract.ts'
import {
  type FileTrouble,
  type Filter,
  facetsOf,
  filtered,
  isFiltering,
  NO_FILTER,
  type Sort,
  sorted,
} from '../lib/library/filter.ts'
import type { AppStore } from './app.svelte.ts'
import type { LibraryStore } from './library.svelte.ts'

export interface Row {
  piece: DocumentSummary
  found: FoundPiece | null
}

export type Pane = 'overview' | 'folders' | 'leftOut' | 'recall'

/** Milliseconds without a key after which words are looked for, and then meaning, which may need a model. */
const WORDS_AFTER = 120
const MEANING_AFTER = 500

/** What of the library is looked at: the search box, the filters, the order, the pieces that are picked out. */
export class PieceStore {
  #app: AppStore
  #library: LibraryStore
  #filter = $state.raw<Filter>(NO_FILTER)
  #query = $state('')
  #found = $state.raw<{ query: string; pieces: FoundPiece[] } | null>(null)
  #searching = $state<'no' | 'words' | 'meaning'>('no')
  #note = $state.raw<NoMeaning | null>(null)
  #troubles = $state.raw<ReadonlyMap<string, FileTrouble>>(new Map())
  #order = $state<Sort>('newest')
  #foundOrder = $state<Sort>('best')
  #search = 0
  /** Who waits for what the words in the box find. */
  #waiting: (() => void)[] = []
  #timer: ReturnType<typeof setTimeout> | null = null
  selecting = $state(false)
  selected = new SvelteSet<string>()
  pane = $state<Pane>('overview')

  constructor(app: AppStore, library: LibraryStore) {
    this.#app = app
    this.#library = library
    app.on('import.state', ({ running }) => {
      if (!running) void this.check()
    })
  }

  get query() {
    return this.#query
  }
  set query(query: string) {
    this.#query = query
    this.#searchSoon()
  }
  get filter() {
    return this.#filter
  }
  get searching() {
    return this.#searching
  }
  /** Why meaning took no part in the search, or null. */
  get note() {
    return this.#note
  }
  get troubles() {
    return this.#troubles
  }
  get sort(): Sort {
    return this.isSearch ? this.#foundOrder : this.#order
  }
  set sort(sort: Sort) {
    if (this.isSearch) this.#foundOrder = sort
    else this.#order = sort
  }

  isSearch = $derived(this.#query.trim() !== '')
  isFiltered = $derived(isFiltering(this.#filter))
  #passing = $derived.by(() => filtered(this.#library.documents, this.#filter, this.#troubles))

  rows: Row[] = $derived.by(() => {
    if (!this.isSearch) return sorted(this.#passing, this.#order).map((piece) => ({ piece, found: null }))
    const rows = this.#foundRows()
    if (this.#foundOrder === 'best') return rows
    const byId = new Map(rows.map((row) => [row.piece.id, row]))
    // Newest first is the order of the list itself.
    const pieces = this.#passing.filter(({ id }) => byId.has(id))
    return sorted(pieces, this.#foundOrder).map(({ id }) => byId.get(id) as Row)
  })

  /** Of the pieces at hand: those found, where something is looked for. */
  facets = $derived.by(() => {
    const documents = this.isSearch
      ? this.#library.documents.filter(({ id }) => this.#atHand.has(id))
      : this.#library.documents
    return facetsOf(documents, this.#filter, this.#troubles)
  })
  #atHand = $derived(new Set(this.isSearch ? this.rows.map(({ piece }) => piece.id) : []))

  /** What was found, and before it the pieces whose title or tags have the very letters. */
  #foundRows(): Row[] {
    const letters = this.#query.trim().toLocaleLowerCase()
    const passing = new Map(this.#passing.map((piece) => [piece.id, piece]))
    const found = this.#found?.pieces ?? []
    const rows = new Map<string, Row>()
    const foundById = new Map(found.map((one) => [one.document, one]))
    for (const piece of this.#passing) {
      if ([piece.title, ...piece.tags].some((text) => text.toLocaleLowerCase().includes(letters)))
        rows.set(piece.id, { piece, found: foundById.get(piece.id) ?? null })
    }
    for (const one of found) {
      const piece = passing.get(one.document)
      if (piece && !rows.has(piece.id)) rows.set(piece.id, { piece, found: one })
    }
    return [...rows.values()]
  }

  set(change: Partial<Filter>): void {
    this.#filter = { ...this.#filter, ...change }
    this.#searchSoon()
  }

  clear(): void {
    this.set(NO_FILTER)
  }

  #searchSoon(): void {
    if (this.#timer) clearTimeout(this.#timer)
    const search = ++this.#search
    if (!this.isSearch) {
      this.#found = null
      this.#searching = 'no'
      this.#note = null
      this.#wake()
      return
    }
    this.#searching = 'words'
    this.#timer = setTimeout(() => void this.#find(search), WORDS_AFTER)
  }

  async #find(search: number): Promise<void> {
    const query = this.#query
    const documents = this.isFiltered ? this.#passing.map(({ id }) => id) : undefined
    const input = { query, ...(documents ? { documents } : {}) }
    const byWords = await this.#app.attempt(() => this.#app.call('library.find', input))
    if (search !== this.#search) return
    if (byWords) this.#found = { query, pieces: byWords.pieces }
    this.#searching = 'meaning'
    this.#wake()
    await new Promise((resolve) => {
      this.#timer = setTimeout(resolve, MEANING_AFTER)
    })
    if (search !== this.#search) return
    const byBoth = await this.#app.attempt(() => this.#app.call('library.find', { ...input, meaning: true }))
    if (search !== this.#search) return
    if (byBoth) {
      this.#found = { query, pieces: byBoth.pieces }
      this.#note = byBoth.note
    }
    this.#searching = 'no'
  }

  /** Until the rows are those that the words in the box find; that meaning finds more is not waited for. */
  async settled(): Promise<void> {
    if (this.#searching === 'words') await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Looks at the files again. */
  async check(): Promise<void> {
    const found = await this.#app.attempt(() => this.#app.call('library.check', {}))
    if (!found) return
    const troubles = new Map<string, FileTrouble>()
    for (const id of found.changed) troubles.set(id, 'changed')
    for (const id of found.gone) troubles.set(id, 'gone')
    this.#troubles = troubles
  }

  /** Opens a row's piece, at what was found. */
  async open({ piece, found }: Row): Promise<void> {
    if (found) await this.#library.showPassage(piece.id, found.passage)
    else await this.#library.show(piece.id)
  }

  /** The piece `step` places after the open one, if there is one. */
  neighbour(step: 1 | -1): Row | null {
    const at = this.rows.findIndex(({ piece }) => piece.id === this.#library.open?.id)
    return at < 0 ? null : (this.rows[at + step] ?? null)
  }

  toggle(id: string): void {
    if (!this.selected.delete(id)) this.selected.add(id)
    if (this.selected.size > 0) this.selecting = true
  }

  selectAll(): void {
    for (const { piece } of this.rows) this.selected.add(piece.id)
  }

  endSelection(): void {
    this.selected.clear()
    this.selecting = false
  }

  async exclude(status: 'mine' | 'excluded'): Promise<void> {
    if (await this.#library.setStatuses([...this.selected], status)) this.endSelection()
  }

  async remove(): Promise<void> {
    if (await this.#library.removeMany([...this.selected])) this.endSelection()
  }
}
