import type { ChatMessage, Conversation } from '../../preload/contract.ts'
import { newRequest } from '../lib/request.ts'
import type { AppStore } from './app.svelte.ts'
import { GenerationChoice } from './generation.svelte.ts'

/** The conversations, the one that is open, and the answer that streams in. */
export class ChatStore {
  #app: AppStore
  #conversations = $state.raw<Conversation[]>([])
  #messages = $state.raw<ChatMessage[]>([])
  #current = $state<string | null>(null)
  #request = $state<string | null>(null)
  #asked = $state('')
  #streamed = $state('')
  draft = $state('')
  filter = $state('')
  choice: GenerationChoice

  constructor(app: AppStore) {
    this.#app = app
    this.choice = new GenerationChoice(app)
    app.on('stream', ({ request, text }) => {
      if (request === this.#request) this.#streamed += text
    })
  }

  get conversations() {
    return this.#conversations
  }
  get messages() {
    return this.#messages
  }
  get current() {
    return this.#current
  }
  get running() {
    return this.#request !== null
  }
  /** The question that is being answered. */
  get asked() {
    return this.#asked
  }
  get streamed() {
    return this.#streamed
  }

  async load(): Promise<void> {
    const text = this.filter.trim()
    const conversations = await this.#app.attempt(() => this.#app.call('chat.list', text ? { text } : {}))
    if (conversations) this.#conversations = conversations
  }

  async open(conversation: string): Promise<void> {
    this.#drop()
    this.#current = conversation
    this.#messages = []
    const got = await this.#app.attempt(() => this.#app.call('chat.get', { conversation }))
    if (got && this.#current === conversation) this.#messages = got.messages
  }

  begin(): void {
    this.#drop()
    this.#current = null
    this.#messages = []
  }

  async send(): Promise<void> {
    const text = this.draft.trim()
    if (!text || this.#request) return
    const request = newRequest()
    const conversation = this.#current ?? undefined
    this.#request = request
    this.#asked = text
    this.#streamed = ''
    this.draft = ''
    const sent = await this.#app.attempt(() =>
      this.#app.call('chat.send', { request, conversation, text, ...this.choice.options }),
    )
    // The user may have gone to another conversation meanwhile: the answer is kept by the host.
    if (this.#request === request) {
      this.#request = null
      if (sent) {
        this.#current = sent.answer.conversation
        this.#messages = [...this.#messages, sent.question, sent.answer]
      } else if (!this.draft) this.draft = text
    }
    await this.load()
  }

  stop(): void {
    void this.#app.cancel(this.#request)
  }

  async remove(conversation: string): Promise<void> {
    await this.#app.attempt(() => this.#app.call('chat.remove', { conversation }))
    if (this.#current === conversation) this.begin()
    await this.load()
  }

  #drop(): void {
    this.stop()
    this.#request = null
  }
}
