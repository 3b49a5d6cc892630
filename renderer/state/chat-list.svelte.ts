import type { Conversation } from '../../preload/contract.ts'
import type { AppStore } from './app.svelte.ts'

/** The conversations as they are listed, narrowed or not, and the one at hand, which the list may not hold. */
export class ChatList {
  #app: AppStore
  #conversations = $state.raw<Conversation[]>([])
  #loaded = $state(false)
  /** As it was read last by itself: the palette opens one while the list is narrowed to others. */
  #known = $state.raw<Conversation | null>(null)
  filter = $state('')

  constructor(app: AppStore) {
    this.#app = app
  }

  get conversations() {
    return this.#conversations
  }
  /** Whether the conversations were ever read. */
  get loaded() {
    return this.#loaded
  }

  about(conversation: string | null): Conversation | null {
    const listed = this.#conversations.find(({ id }) => id === conversation)
    return listed ?? (this.#known?.id === conversation ? this.#known : null)
  }

  /** @param shown the conversation at hand, which is still known where the narrowed list loses it */
  async load(shown: string | null): Promise<void> {
    const text = this.filter.trim()
    const conversations = await this.#app.attempt(() => this.#app.call('chat.list', text ? { text } : {}))
    if (!conversations || text !== this.filter.trim()) return
    const before = this.about(shown)
    this.#conversations = conversations
    this.#loaded = true
    if (before && this.#known?.id !== shown) this.#known = before
    // One that was just begun may never have been listed.
    if (text && shown !== null && !this.about(shown)) await this.#know(shown)
  }

  /** The host has told what it is called by now. */
  note(conversation: Conversation): void {
    this.#known = conversation
  }

  async #know(conversation: string): Promise<void> {
    const got = await this.#app.call('chat.get', { conversation }).catch(() => null)
    if (got) this.note(got.conversation)
  }
}
