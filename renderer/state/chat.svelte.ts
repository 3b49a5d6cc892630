import type { ChatAsk, ChatMessage, Conversation, GenerationOptions } from '../../preload/contract.ts'
import { newRequest } from '../lib/request.ts'
import { branchTo, leafOf, siblingsOf } from '../lib/tree.ts'
import type { AppStore } from './app.svelte.ts'
import { GenerationChoice } from './generation.svelte.ts'

/** What is being written: below which message, to which question, and how far it has come. */
export interface Writing {
  request: string
  /** The last message that stands above it. */
  below: string | null
  /** A question that is on its way, or null where it stands above. */
  question: string | null
  /** One text for each answer that is written; of `goesOn` only what is new. */
  answers: string[]
  /** The answer that is gone on with. */
  goesOn: string | null
}

/** The conversations, the branch that is shown of the one that is open, and the answers that stream in. */
export class ChatStore {
  #app: AppStore
  #conversations = $state.raw<Conversation[]>([])
  #messages = $state.raw<ChatMessage[]>([])
  #current = $state<string | null>(null)
  #head = $state<string | null>(null)
  #writing = $state.raw<Writing | null>(null)
  #unkept = $state(false)
  #compared = $state.raw<string[]>([])
  #found = $state.raw<{ message: string; text: string } | null>(null)
  draft = $state('')
  filter = $state('')
  /** The voice to compare with: an id, null for none at all; undefined: nothing is compared. */
  rival = $state<string | null | undefined>(undefined)
  choice: GenerationChoice

  constructor(app: AppStore) {
    this.#app = app
    this.choice = new GenerationChoice(app)
    app.on('stream', ({ request, index, text }) => {
      if (request !== this.#writing?.request) return
      const answers = [...this.#writing.answers]
      while (answers.length <= index) answers.push('')
      answers[index] += text
      this.#writing = { ...this.#writing, answers }
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
  get writing() {
    return this.#writing
  }
  get running() {
    return this.#writing !== null
  }
  /** Nothing of what is said is written to disk. */
  get unkept() {
    return this.#unkept
  }
  /** Answers that stand side by side until one is chosen. */
  get compared() {
    return this.#compared
  }
  /** The message that was jumped to, and the text that was looked for. */
  get found() {
    return this.#found
  }

  about = $derived(this.#conversations.find(({ id }) => id === this.#current) ?? null)
  path = $derived(branchTo(this.#messages, this.#writing ? this.#writing.below : this.#head))
  siblings = $derived(siblingsOf(this.#messages))
  /** Of the newest answer that could not see everything: where its sight began. */
  seen = $derived(this.path.findLast((message) => message.role === 'assistant')?.seen ?? null)

  async load(): Promise<void> {
    const text = this.filter.trim()
    const conversations = await this.#app.attempt(() => this.#app.call('chat.list', text ? { text } : {}))
    if (conversations && text === this.filter.trim()) this.#conversations = conversations
  }

  /** @param message to jump to, with the text that was looked for */
  async open(conversation: string, message: string | null = null): Promise<void> {
    this.#drop()
    this.#unkept = false
    this.#current = conversation
    this.#messages = []
    const got = await this.#app.attempt(() => this.#app.call('chat.get', { conversation }))
    if (!got || this.#current !== conversation) return
    this.#messages = got.messages
    this.#head = got.conversation.head ?? got.messages.at(-1)?.id ?? null
    if (message === null) return
    if (!branchTo(got.messages, this.#head).some(({ id }) => id === message)) await this.show(message)
    this.#found = { message, text: this.filter.trim() }
  }

  begin(unkept = false): void {
    this.#drop()
    this.#current = null
    this.#messages = []
    this.#head = null
    this.#unkept = unkept
  }

  /** Shows the branch of this message. */
  async show(message: string): Promise<void> {
    this.#head = leafOf(this.#messages, message)
    this.#found = null
    const conversation = this.#current
    if (conversation === null || this.#unkept) return
    await this.#app.attempt(() => this.#app.call('chat.head', { conversation, message: this.#head ?? message }))
  }

  /** The next or the previous of a message's siblings. */
  async turn(message: ChatMessage, by: 1 | -1): Promise<void> {
    const siblings = this.siblings.get(message.parent) ?? []
    const next = siblings[siblings.findIndex(({ id }) => id === message.id) + by]
    if (next) await this.show(next.id)
  }

  /** One of the answers that stand side by side: the conversation goes on from it. */
  async choose(message: string): Promise<void> {
    this.#compared = []
    await this.show(message)
  }

  async send(): Promise<void> {
    const text = this.draft.trim()
    if (!text || this.running) return
    this.draft = ''
    if (!(await this.#ask(text, this.#head)) && !this.draft) this.draft = text
  }

  /** The question in other words, beside the one there is. */
  async edit(message: ChatMessage, text: string): Promise<void> {
    if (text.trim() && !this.running) await this.#ask(text.trim(), message.parent)
  }

  async #ask(text: string, parent: string | null): Promise<boolean> {
    const sides = this.rival === undefined ? [this.choice.options] : this.#sides()
    const asked = await this.#write({ below: parent, question: text, goesOn: null, count: sides.length }, (request) => {
      const ask: ChatAsk = { request, text, ...this.#place(parent) }
      const [first = {}] = sides
      if (sides.length > 1) return this.#app.call('chat.compare', { ...ask, sides })
      return this.#app.call('chat.send', { ...ask, ...first }).then((sent) => ({ ...sent, answers: [sent.answer] }))
    })
    if (!asked) return false
    const { question, answers } = asked
    if (!this.#unkept) this.#current = question.conversation
    this.#add(question, ...answers)
    this.#compared = answers.length > 1 ? answers.map(({ id }) => id) : []
    this.#head = answers[0]?.id ?? question.id
    await this.load()
    return true
  }

  /** Another answer beside this one. */
  async regenerate(message: ChatMessage): Promise<void> {
    if (this.running) return
    const question = this.#messages.find(({ id }) => id === (message.role === 'user' ? message.id : message.parent))
    if (!question) return
    const answer = await this.#write(
      { below: question.id, question: null, goesOn: null, count: 1 },
      async (request) => {
        if (!this.#unkept)
          return this.#app.call('chat.regenerate', { request, message: question.id, ...this.choice.options })
        const { options } = this.choice
        const place = this.#place(question.parent)
        const sent = await this.#app.call('chat.send', { request, text: question.text, ...place, ...options })
        return { ...sent.answer, parent: question.id }
      },
    )
    if (!answer) return
    this.#add(answer)
    this.#head = answer.id
  }

  /** Goes on with an answer that broke off. */
  async goOn(message: ChatMessage): Promise<void> {
    if (this.running) return
    const answer = await this.#write({ below: message.id, question: null, goesOn: message.id, count: 1 }, (request) => {
      const { scale, profile } = this.choice.options
      const unkept = { keep: false, turns: turnsOf(branchTo(this.#messages, message.id)) }
      return this.#app.call('chat.continue', {
        request,
        message: message.id,
        scale,
        profile,
        ...(this.#unkept ? unkept : {}),
      })
    })
    if (!answer) return
    // An unkept answer comes back without what the host never knew.
    const whole = this.#unkept ? { ...message, text: answer.text, stopped: answer.stopped, cut: answer.cut } : answer
    this.#messages = this.#messages.map((known) => (known.id === message.id ? whole : known))
    this.#head = message.id
  }

  stop(): void {
    void this.#app.cancel(this.#writing?.request ?? null)
  }

  async rename(conversation: string, title: string): Promise<void> {
    const renamed = await this.#app.attempt(() => this.#app.call('chat.rename', { conversation, title }))
    if (renamed) await this.load()
  }

  async remove(conversation: string): Promise<void> {
    await this.#app.attempt(() => this.#app.call('chat.remove', { conversation }))
    if (this.#current === conversation) this.begin()
    await this.load()
  }

  async #write<T>(
    { below, question, goesOn, count }: Omit<Writing, 'request' | 'answers'> & { count: number },
    call: (request: string) => Promise<T>,
  ): Promise<T | null> {
    const request = newRequest()
    this.#found = null
    this.#compared = []
    this.#writing = { request, below, question, answers: Array.from({ length: count }, () => ''), goesOn }
    const done = await this.#app.attempt(() => call(request))
    // Somebody may have gone to another conversation meanwhile: the host keeps the answer.
    if (this.#writing?.request !== request) {
      await this.load()
      return null
    }
    this.#writing = null
    return done
  }

  #sides(): GenerationOptions[] {
    const { options } = this.choice
    return [options, { ...options, voice: this.rival }]
  }

  #place(parent: string | null): Pick<ChatAsk, 'conversation' | 'parent' | 'keep' | 'turns'> {
    if (this.#unkept) return { keep: false, turns: turnsOf(branchTo(this.#messages, parent)) }
    return this.#current === null ? {} : { conversation: this.#current, parent }
  }

  #add(...messages: ChatMessage[]): void {
    this.#messages = [...this.#messages, ...messages]
  }

  #drop(): void {
    this.stop()
    this.#writing = null
    this.#compared = []
    this.#found = null
  }
}

function turnsOf(branch: readonly ChatMessage[]): { id: string; role: 'user' | 'assistant'; text: string }[] {
  return branch.map(({ id, role, text }) => ({ id, role, text }))
}
