/**
 * Texts that the host does not hold yet, kept by the window so that they outlive it: written when a save fails, is refused
 * or has no time left, and let go when the host has the text. What the storage has no room for stays in memory.
 */
import type { DraftSpan } from '../../../preload/contract.ts'
import { readStored, type Store, writeStored } from '../storage.ts'

export interface UnsavedText {
  draft: string
  /** The data folder that the draft is of: another one on the same port has drafts of its own. */
  home: string
  title: string
  /** Is the title one that the owner gave and that is not saved either. */
  named: boolean
  text: string
  spans: DraftSpan[]
  /** The revision that it was written on. */
  revision: number
  /** ISO. */
  at: string
}

export interface KeptText extends UnsavedText {
  key: string
}

const PREFIX = 'idiolect-unsaved '

export class Unsaved {
  #store: Store | null
  /** Of this page: two windows may hold different texts of one draft. */
  #page: string
  /** What the storage had no room for. */
  #memory = new Map<string, UnsavedText>()

  constructor(store: Store | null, page: string) {
    this.#store = store
    this.#page = page
  }

  /** In place of what this page kept of the draft before. */
  keep(text: UnsavedText): void {
    const key = this.#keyOf(text.draft)
    if (writeStored(this.#store, key, text)) this.#memory.delete(key)
    else this.#memory.set(key, text)
  }

  /** The host holds what this page kept of the draft. */
  drop(draft: string): void {
    this.forget(this.#keyOf(draft))
  }

  /** As `drop`, where this very text was kept. */
  dropSame(draft: string, text: string): void {
    const key = this.#keyOf(draft)
    const kept = this.#memory.get(key) ?? readStored(this.#store, key)
    if (isText(kept) && kept.text === text) this.forget(key)
  }

  forget(key: string): void {
    this.#memory.delete(key)
    try {
      this.#store?.removeItem(key)
    } catch {
      // Whoever may not write may not remove either.
    }
  }

  /** Another page's text becomes this one's to save. */
  adopt({ key, ...text }: KeptText): void {
    this.keep(text)
    if (key !== this.#keyOf(text.draft)) this.forget(key)
  }

  /** Of the drafts in this data folder, newest first. */
  all(home: string): KeptText[] {
    const found = new Map<string, UnsavedText>()
    for (let i = 0; i < (this.#store?.length ?? 0); i++) {
      const key = this.#store?.key(i) ?? ''
      const value = key.startsWith(PREFIX) ? readStored(this.#store, key) : null
      if (isText(value)) found.set(key, value)
    }
    for (const [key, text] of this.#memory) found.set(key, text)
    return [...found]
      .map(([key, text]) => ({ ...text, key }))
      .filter((text) => text.home === home)
      .sort((a, b) => b.at.localeCompare(a.at))
  }

  /** Would something be lost if the page ended now? */
  get fleeting(): boolean {
    return this.#memory.size > 0
  }

  #keyOf(draft: string): string {
    return `${PREFIX}${draft} ${this.#page}`
  }
}

function isText(value: unknown): value is UnsavedText {
  if (typeof value !== 'object' || value === null) return false
  const { draft, home, text, spans, revision, at } = value as Partial<UnsavedText>
  return (
    [draft, home, text, at].every((part) => typeof part === 'string') &&
    Array.isArray(spans) &&
    typeof revision === 'number'
  )
}
