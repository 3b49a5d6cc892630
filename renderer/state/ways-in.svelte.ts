import type { ImportStore } from './import.svelte.ts'

/** What is typed or pasted to be read in. Its fields go while it is read, so it stands here until it is in. */
export class WaysInStore {
  #imports: ImportStore
  #adding = $state(false)
  way = $state<'folder' | 'files' | 'paste' | null>(null)
  path = $state('')
  title = $state('')
  /** The day it was written; empty: not said. */
  date = $state('')
  text = $state('')

  constructor(imports: ImportStore) {
    this.#imports = imports
  }

  get adding() {
    return this.#adding
  }

  /** @param read resolves whether it ended well */
  async readPath(read: (paths: string[]) => Promise<boolean>): Promise<void> {
    const path = this.path.trim()
    if (path === '' || !(await read([path]))) return
    this.path = ''
    this.way = null
  }

  /** Adds the pasted text; resolves true when it is in. */
  async paste(): Promise<boolean> {
    this.#adding = true
    const done = await this.#imports.paste({ title: this.title, date: this.date, text: this.text })
    this.#adding = false
    if (!done) return false
    this.title = ''
    this.date = ''
    this.text = ''
    this.way = null
    return true
  }
}
