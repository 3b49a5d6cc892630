import type { ContractError, DraftFileChanged, DraftFormat } from '../../preload/contract.ts'
import { toBase64 } from '../lib/draft/base64.ts'
import { toContractError } from '../lib/errors.ts'
import { words } from '../words/words.ts'
import type { AppStore } from './app.svelte.ts'
import type { DraftStore } from './draft.svelte.ts'

export interface Exported {
  file: string
  bytes: number
}

/** A file that was not written over, since nobody had seen what stands in it. */
export interface Refused {
  draft: string
  file: string
  format: DraftFormat
  why: ContractError
  /** It is the one that the draft is linked to, and the draft was to be written there. */
  linked: boolean
}

/** The drafts' files: brought in, written, linked, and changed by other programs. */
export class DraftFiles {
  #app: AppStore
  #drafts: DraftStore
  #changes = $state.raw<Record<string, DraftFileChanged>>({})
  #refused = $state.raw<Refused | null>(null)

  constructor(app: AppStore, drafts: DraftStore) {
    this.#app = app
    this.#drafts = drafts
    app.on('draft.file', (change) => (this.#changes = { ...this.#changes, [change.draft]: change }))
  }

  /** The draft at hand's linked file is no longer as it was written or read. */
  change: DraftFileChanged | null = $derived.by(() => {
    const current = this.#drafts.current
    const change = current ? this.#changes[current.id] : undefined
    return change && change.file === current?.file ? change : null
  })

  /** A file that is there and was not written by this draft: the owner must say that it may be written over. */
  get refused(): Refused | null {
    return this.#refused?.draft === this.#drafts.current?.id ? this.#refused : null
  }
  doNotReplace(): void {
    this.#refused = null
  }

  /** Each file becomes a draft; the last one is shown. */
  async bringIn(files: readonly File[]): Promise<void> {
    await this.#drafts.flush()
    for (const file of files) {
      const data = await this.#app.attempt(async () => toBase64(new Uint8Array(await file.arrayBuffer())))
      if (data === null) continue
      const draft = await this.#app.attempt(() => this.#app.call('draft.import', { name: file.name, data }))
      if (draft) await this.#drafts.show(draft)
    }
  }

  export(file: string, format: DraftFormat): Promise<Exported | null> {
    return this.#write(file, format, false, false)
  }

  /** Over the file that was refused: the owner has said so. */
  async replace(): Promise<Exported | null> {
    const { refused } = this
    return refused && this.#write(refused.file, refused.format, true, refused.linked)
  }

  async #write(file: string, format: DraftFormat, replace: boolean, linked: boolean): Promise<Exported | null> {
    const draft = this.#drafts.current?.id
    if (!draft || !(await this.#allSaved())) return null
    this.#refused = null
    try {
      const written = await this.#app.call('draft.export', { draft, file, format, replace })
      this.#forget(draft)
      return written
    } catch (error) {
      const known = toContractError(error)
      if (known.name === 'FileChanged') this.#refused = { draft, file, format, why: known, linked }
      else this.#app.report(known)
      return null
    }
  }

  /** The host writes what it holds, and takes a file in place of it: neither, while words stand only in this window. */
  async #allSaved(): Promise<boolean> {
    await this.#drafts.flush()
    if (!this.#drafts.saving.behind) return true
    this.#app.report({ name: 'NotSaved', message: words.draft.behind, next: words.draft.behindNext })
    return false
  }

  async link(file: string | null): Promise<void> {
    const draft = this.#drafts.current?.id
    if (!draft) return
    const linked = await this.#app.attempt(() => this.#app.call('draft.link', { draft, file }))
    if (linked) this.#drafts.note(linked)
    this.#forget(draft)
  }

  /** What stands in the linked file now, as a draft would hold it. */
  async textOfFile(): Promise<string | null> {
    const file = this.change?.file
    if (!file) return null
    const read = await this.#app.attempt(() => this.#app.call('draft.import', { file }))
    if (read) await this.#app.attempt(() => this.#app.call('draft.remove', { draft: read.id, forever: true }))
    return read?.text ?? null
  }

  /** The file's text becomes the draft's; how the draft stood is kept as a version. */
  async takeFile(): Promise<void> {
    const draft = this.#drafts.current?.id
    if (!draft || !(await this.#allSaved())) return
    const read = await this.#app.attempt(() => this.#app.call('draft.read', { draft }))
    if (!read) return
    this.#forget(draft)
    await this.#drafts.show(read)
  }

  /** The draft stays as it is; the file too, until it is written to. */
  keepDraft(): void {
    if (this.change) this.#forget(this.change.draft)
  }

  /** Writes to the linked file. */
  async toFile(): Promise<boolean> {
    const file = this.#drafts.current?.file
    if (!file) return false
    return (await this.#write(file, 'md', false, true)) !== null
  }

  #forget(draft: string): void {
    const { [draft]: _, ...others } = this.#changes
    this.#changes = others
  }

  /** A file's name for the draft at hand. */
  get name(): string {
    return this.#drafts.current?.title || words.draft.untitled
  }
}
