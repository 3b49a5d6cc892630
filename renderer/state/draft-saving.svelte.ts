import type { Draft, DraftSaved, DraftSpan } from '../../preload/contract.ts'
import { Autosave, type SaveState } from '../lib/draft/autosave.ts'
import { type KeptText, Unsaved } from '../lib/draft/unsaved.ts'
import { toContractError } from '../lib/errors.ts'
import { LAST_WORDS } from '../lib/http-bridge.ts'
import { newRequest } from '../lib/request.ts'
import { localStore, type Store } from '../lib/storage.ts'
import type { AppStore } from './app.svelte.ts'

/** What the editor holds, as it is saved. */
export interface Written {
  text: string
  spans: DraftSpan[]
  /** Not given: too long to be told with every save. */
  history?: string | null
}

/** The editor on the draft at hand. */
export interface WrittenSource {
  /** `whole`: with the undo history, however long it is. */
  read(whole: boolean): Written
  length(): number
}

/** Milliseconds: after so long without a change a long undo history is saved too. */
const WHOLE_AFTER = 5000
/** Milliseconds between a change that may not be saved and its copy in the window. */
const KEEP_AFTER = 1000

/** `renamed`: its title has been changed again since. */
type Done = (draft: string, saved: DraftSaved, renamed: boolean) => void
type Result = 'saved' | 'failed' | 'refused'

/** The draft at hand on its way to the host. Whatever does not get there is kept by the window, and offered again. */
export class DraftSaving {
  #app: AppStore
  #autosave: Autosave
  #unsaved: Unsaved
  #ondone: Done
  #draft: { id: string; title: string } | null = null
  #revision = 0
  #newTitle: string | null = null
  #source: WrittenSource | null = null
  #whole = false
  /** The last save did not work. */
  #troubled = false
  /** The page goes: only what can still be sent. */
  #last = false
  /** What is shown came from the window's own copy, and has to be saved first of all. */
  #owed = false
  #keeping: ReturnType<typeof setTimeout> | null = null
  #resting: ReturnType<typeof setTimeout> | null = null
  #state = $state<SaveState>('saved')
  #conflict = $state.raw<{ mine: string; theirs: Draft } | null>(null)
  #kept = $state.raw<KeptText[]>([])
  #back = $state(false)

  constructor(app: AppStore, ondone: Done, store: Store | null = localStore()) {
    this.#app = app
    this.#ondone = ondone
    this.#unsaved = new Unsaved(store, newRequest())
    this.#autosave = new Autosave({
      save: () => this.#save(),
      onstate: (state) => (this.#state = state),
      // A long text takes its time to be carried over.
      wait: () => 600 + (this.#source?.length() ?? 0) / 2000,
    })
  }

  get state() {
    return this.#state
  }
  get behind() {
    return this.#autosave.behind
  }
  get revision() {
    return this.#revision
  }
  /** Another window wrote the same draft: both texts. */
  get conflict() {
    return this.#conflict
  }
  /** Texts that only this window holds, newest first. */
  get kept() {
    return this.#kept
  }
  /** What is shown had not been saved when it was left. */
  get back() {
    return this.#back
  }
  noteBack(): void {
    this.#back = false
  }

  look(): void {
    this.#kept = this.#unsaved.all(this.#home)
  }

  /** Begins with a draft as the host has it. @returns what is to be shown: what was not saved goes before */
  begin(draft: Draft): Draft {
    this.end()
    this.#draft = { id: draft.id, title: draft.title }
    this.#revision = draft.revision
    const mine = this.#newest(draft.id)
    if (!mine) return draft
    if (mine.text === draft.text && !mine.named) {
      this.#unsaved.forget(mine.key)
      this.look()
      return draft
    }
    this.#unsaved.adopt(mine)
    this.look()
    // The host decides: it takes what was written on this revision, and refuses it where another window went on.
    this.#revision = mine.revision
    this.#owed = true
    this.#back = true
    if (mine.named) this.#newTitle = mine.title
    const title = mine.named ? mine.title : draft.title
    return { ...draft, title, text: mine.text, spans: mine.spans, history: null, revision: mine.revision }
  }

  /** What is not saved of the draft at hand is kept, and the draft let go. */
  end(): void {
    this.#keep()
    if (this.#keeping) clearTimeout(this.#keeping)
    this.#stopResting()
    this.#autosave.reset()
    this.#draft = null
    this.#source = null
    this.#newTitle = null
    this.#conflict = null
    this.#owed = false
    this.#back = false
    this.#troubled = false
  }

  /** The editor tells where its text is read. @returns takes it back; what it held last stays to be saved */
  attach(source: WrittenSource): () => Written {
    this.#source = source
    if (this.#owed) this.#autosave.touch()
    this.#owed = false
    return () => {
      const written = source.read(true)
      // A save that goes on may still ask for what it held.
      if (this.#source === source) this.#source = { read: () => written, length: () => written.text.length }
      return written
    }
  }

  touch(): void {
    this.#autosave.touch()
    this.#stopResting()
    if (this.#state !== 'refused') return
    if (this.#keeping) clearTimeout(this.#keeping)
    this.#keeping = setTimeout(() => this.#keep(), KEEP_AFTER)
  }

  rename(title: string): void {
    if (!this.#draft) return
    this.#draft = { ...this.#draft, title }
    this.#newTitle = title
    this.touch()
  }

  /** Saves now, with all steps of undo; what cannot be saved is kept. */
  async flush(): Promise<void> {
    if (this.#resting) this.#autosave.touch()
    this.#stopResting()
    this.#whole = this.behind
    await this.#autosave.flush()
    this.#keep()
  }

  /** The page goes, and waits for no answer. */
  leave(): void {
    this.#keep()
    this.#whole = false
    this.#last = true
    void this.#autosave.flush().finally(() => (this.#last = false))
  }

  /** Would something be lost, or stay unsaved, if the page went now? */
  mustStay(): boolean {
    this.#keep()
    return this.#unsaved.fleeting || (this.behind && this.#troubled)
  }

  /** The choice between both texts was put off, and is made now. */
  async choose(): Promise<void> {
    await this.#autosave.again()
  }

  /** The text of this window goes over the other's. */
  async keepMine(): Promise<void> {
    const theirs = this.#conflict?.theirs
    if (!theirs) return
    this.#revision = theirs.revision
    this.#conflict = null
    this.#autosave.reset()
    this.#autosave.touch()
    await this.flush()
  }

  /**
   * Gives this window's text up for the other's, once the host has kept it as a version.
   * @returns the other's as it is now; null where the host could not be asked
   */
  async giveUp(): Promise<Draft | null> {
    const draft = this.#draft?.id
    if (!draft || !this.#conflict) return null
    // What was typed since it was refused is to stand among the versions too.
    if (this.#source?.read(false).text !== this.#conflict.mine) await this.#autosave.again()
    if (this.#state !== 'refused') return null
    const theirs = await this.#app.attempt(() => this.#app.call('draft.get', { draft }))
    if (!theirs) return null
    this.#autosave.reset()
    this.forget(draft)
    return theirs
  }

  /** Nothing of this draft is wanted any more, in this window or any other. */
  forget(draft: string): void {
    for (const { key, draft: of } of this.#unsaved.all(this.#home)) if (of === draft) this.#unsaved.forget(key)
    this.look()
  }

  get #home(): string {
    return this.#app.info?.dataFolder ?? ''
  }

  #newest(draft: string): KeptText | undefined {
    return this.#unsaved.all(this.#home).find((text) => text.draft === draft)
  }

  #keep(): void {
    if (!this.#draft || !this.#source || !this.behind) return
    const { text, spans } = this.#source.read(false)
    const { id: draft, title } = this.#draft
    const named = this.#newTitle !== null
    const at = new Date().toISOString()
    this.#unsaved.keep({ draft, home: this.#home, title, named, text, spans, revision: this.#revision, at })
    this.look()
  }

  async #save(): Promise<Result> {
    const draft = this.#draft?.id
    if (!draft) return 'saved'
    // The page is still being made.
    if (!this.#source) return 'failed'
    const written = this.#source.read(this.#whole)
    const title = this.#newTitle
    this.#whole = false
    this.#newTitle = null
    // Its text counts more than its steps, where both are too much for a page that goes.
    if (this.#last && JSON.stringify(written).length > LAST_WORDS / 2) delete written.history
    try {
      const given = { draft, revision: this.#revision, ...written, ...(title === null ? {} : { title }) }
      const saved = await this.#app.call('draft.save', given)
      // More may have been typed since it was read, and kept when the draft was left.
      if (this.#draft?.id === draft) this.#unsaved.drop(draft)
      else this.#unsaved.dropSame(draft, written.text)
      this.look()
      if (this.#draft?.id !== draft) return 'saved'
      this.#troubled = false
      this.#revision = saved.revision
      this.#ondone(draft, saved, this.#newTitle !== null)
      if (written.history === undefined) this.#rest()
      return 'saved'
    } catch (error) {
      // It was kept when the draft was left.
      if (this.#draft?.id !== draft) return 'saved'
      this.#newTitle ??= title
      this.#troubled = true
      return this.#refused(draft, written.text, error)
    }
  }

  async #refused(draft: string, mine: string, error: unknown): Promise<Result> {
    const known = toContractError(error)
    if (known.name !== 'DraftChanged') {
      // It is tried again by itself; a lost connection is told by the window.
      if (known.name !== 'NoConnection') this.#app.report(known)
      this.#keep()
      return 'failed'
    }
    try {
      const theirs = await this.#app.call('draft.get', { draft })
      if (this.#draft?.id !== draft) return 'saved'
      this.#conflict = { mine, theirs }
      this.#keep()
      return 'refused'
    } catch {
      return 'failed'
    }
  }

  /** When the writer rests, a history that was too long for every save is saved with all the rest. */
  #rest(): void {
    this.#stopResting()
    this.#resting = setTimeout(() => void this.flush(), WHOLE_AFTER)
  }

  #stopResting(): void {
    if (this.#resting) clearTimeout(this.#resting)
    this.#resting = null
  }
}
