import type { ChatAsk, ChatMessage, GenerationOptions } from '../../preload/contract.ts'
import { newRequest } from '../lib/request.ts'
import { branchTo, leafOf, siblingsOf, turnsOf } from '../lib/tree.ts'
import type { AppStore } from './app.svelte.ts'
import { ChatList } from './chat-list.svelte.ts'
import { ChatWritings, type Writing } from './chat-writings.svelte.ts'
import { GenerationChoice, type SwitchedOn } from './generation.svelte.ts'

/** The conversations, the branch that is shown of the one that is open, and the answers that stream in. */
export class ChatStore {
  #app: AppStore
  #list: ChatList
  #messages = $state.raw<ChatMessage[]>([])
  #current = $state<string | null>(null)
  #head = $state<string | null>(null)
  #writings: ChatWritings
  /** Which view is shown: another one for each conversation that is opened or begun. */
  #view = $state(0)
  #views = 0
  #unkept = $state(false)
  #compared = $state.raw<string[]>([])
  #found = $state.raw<{ message: string; text: string } | null>(null)
  #reading = $state(false)
  draft = $state('')
  /** The voice to compare with: an id, null for none at all; undefined: nothing is compared. */
  rival = $state<string | null | undefined>(undefined)
  /** The voice on the other side of a comparison: undefined: the one that answers anyway. */
  side = $state<string | null | undefined>(undefined)
  /** What is to be done once the owner has agreed to lose what is kept nowhere; the space asks. */
  leaving = $state.raw<(() => void) | null>(null)
  /** A question's other words that nothing answered: they stand in its form again. */
  reworded = $state.raw<{ message: string; text: string } | null>(null)
  choice: GenerationChoice

  constructor(app: AppStore, voices: SwitchedOn) {
    this.#app = app
    this.#list = new ChatList(app)
    this.choice = new GenerationChoice(app, voices, 'prose')
    this.#writings = new ChatWritings(app)
    app.on('chat.asked', ({ request, question }) => {
      // A conversation that is begun has its place in the list while its first answer is written.
      if (this.writing?.request === request) this.#current = question.conversation
      void this.load()
    })
  }

  get conversations() {
    return this.#list.conversations
  }
  get messages() {
    return this.#messages
  }
  /** Whether the conversations were ever read. */
  get loaded() {
    return this.#list.loaded
  }
  /** The conversations that say it; empty: all of them. */
  get filter() {
    return this.#list.filter
  }
  set filter(text: string) {
    this.#list.filter = text
  }
  get current() {
    return this.#current
  }
  /** What stands in the conversation that is shown is still to come. */
  get reading() {
    return this.#reading
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

  /** What is being written in the conversation that is shown. */
  writing: Writing | null = $derived.by(() => this.#writings.at(this.#view))
  running = $derived(this.writing !== null)
  /** Another conversation's answer is written first: one model writes them one after the other. */
  waits = $derived.by(() => this.writing !== null && this.#writings.all[0] !== this.writing)
  /** The conversation that is shown, listed or not. */
  about = $derived.by(() => this.#list.about(this.#current))
  path = $derived(branchTo(this.#messages, this.writing ? this.writing.below : this.#head))
  siblings = $derived(siblingsOf(this.#messages))
  /** Of the newest answer that could not see everything: where its sight began. */
  seen = $derived(this.path.findLast((message) => message.role === 'assistant')?.seen ?? null)

  load(): Promise<void> {
    return this.#list.load(this.#current)
  }

  /** @param message to jump to, with the text that was looked for */
  async open(conversation: string, message: string | null = null): Promise<void> {
    this.#drop()
    this.#unkept = false
    this.#current = conversation
    this.#messages = []
    this.#head = null
    this.#view = this.#writings.of(conversation)?.view ?? this.#newView()
    this.#giveBack(conversation)
    const view = this.#view
    this.#reading = true
    const got = await this.#app.attempt(() => this.#app.call('chat.get', { conversation }))
    if (this.#view !== view) return
    this.#reading = false
    if (!got) return
    this.#list.note(got.conversation)
    // What was written to its end meanwhile is newer than what was read.
    const newer = this.#messages
    if (newer.length === 0) this.#head = got.conversation.head ?? got.messages.at(-1)?.id ?? null
    this.#messages = got.messages
    this.#add(...newer)
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
    this.#view = this.#newView()
    if (!unkept) this.#giveBack(null)
  }

  /** Is somebody writing in it, shown or not. */
  isWriting(conversation: string): boolean {
    return this.#writings.of(conversation) !== null
  }

  /** Goes elsewhere. What is kept nowhere is not left by accident: it is asked for first. */
  leave(then: () => void): void {
    if (this.#unkept && (this.#messages.length > 0 || this.running)) this.leaving = then
    else then()
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
    if (!text || this.running || this.#reading) return
    this.draft = ''
    await this.#ask(text, this.#head, () => {
      this.draft ||= text
    })
  }

  /** The question in other words, beside the one there is. */
  async edit(message: ChatMessage, text: string): Promise<void> {
    if (!text.trim() || this.running) return
    this.reworded = null
    await this.#ask(text.trim(), message.parent, () => {
      this.reworded = { message: message.id, text }
    })
  }

  /** @param failed called when nothing answered it, while it is still on show */
  async #ask(text: string, parent: string | null, failed: () => void): Promise<void> {
    const sides = this.rival === undefined ? [this.choice.options] : this.#sides()
    const call = (request: string): Promise<{ question: ChatMessage; answers: ChatMessage[] }> => {
      const ask: ChatAsk = { request, text, ...this.#place(parent) }
      const [first = {}] = sides
      if (sides.length > 1) return this.#app.call('chat.compare', { ...ask, sides })
      return this.#app.call('chat.send', { ...ask, ...first }).then((sent) => ({ ...sent, answers: [sent.answer] }))
    }
    const asked = await this.#write({ below: parent, question: text, goesOn: null, sides }, call, failed)
    if (!asked) return
    const { question, answers } = asked
    if (!this.#unkept) this.#current = question.conversation
    this.#add(question, ...answers)
    this.#compared = answers.length > 1 ? answers.map(({ id }) => id) : []
    this.#head = answers[0]?.id ?? question.id
    await this.load()
  }

  /** Another answer beside this one. */
  async regenerate(message: ChatMessage): Promise<void> {
    if (this.running) return
    const question = this.#messages.find(({ id }) => id === (message.role === 'user' ? message.id : message.parent))
    if (!question) return
    const answer = await this.#write(
      { below: question.id, question: null, goesOn: null, sides: [this.choice.options] },
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
    const goesOn = { message: message.id, text: message.text }
    const sides = [{ voice: message.voice }]
    const answer = await this.#write({ below: message.id, question: null, goesOn, sides }, (request) => {
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
    if (this.writing) this.#writings.stop(this.writing)
  }

  async rename(conversation: string, title: string): Promise<void> {
    const renamed = await this.#app.attempt(() => this.#app.call('chat.rename', { conversation, title }))
    if (!renamed) return
    this.#list.note(renamed)
    await this.load()
  }

  async remove(conversation: string): Promise<void> {
    if (this.#current === conversation) this.begin()
    // What is being written in it ends with it, and nobody waits for that any more.
    const writing = this.#writings.of(conversation)
    if (writing) this.#writings.end(writing.request)
    await this.#app.attempt(() => this.#app.call('chat.remove', { conversation }))
    await this.load()
  }

  async #write<T>(
    { below, question, goesOn, sides }: Pick<Writing, 'below' | 'question' | 'goesOn'> & { sides: GenerationOptions[] },
    call: (request: string) => Promise<T>,
    failed: () => void = () => {},
  ): Promise<T | null> {
    const request = newRequest()
    const view = this.#view
    const voices = sides.map(({ voice }) => (voice === undefined ? (this.#app.state?.voice ?? null) : voice))
    const conversation = this.#current
    const unkept = this.#unkept
    this.#found = null
    this.#compared = []
    this.#writings.begin({
      request,
      view,
      conversation,
      below,
      question,
      answers: voices.map(() => ''),
      voices,
      goesOn,
    })
    const done = await this.#app.attempt(() => call(request))
    const awaited = this.#writings.end(request)
    if (this.#view === view) {
      if (done !== null) return done
      failed()
      if (this.#current !== null) await this.#reread(this.#current)
      return null
    }
    // Another conversation is shown by now: the host has kept the answer in its own.
    if (done === null && awaited && !unkept) this.#writings.setAside(conversation, question)
    await this.load()
    return null
  }

  /** After a failure: the host has taken back a question that nothing answered, and with it a conversation of its own. */
  async #reread(conversation: string): Promise<void> {
    const got = await this.#app.call('chat.get', { conversation }).catch(() => null)
    if (this.#current === conversation) {
      this.#messages = got?.messages ?? []
      this.#head = got?.conversation.head ?? null
      if (!got) this.#current = null
    }
    await this.load()
  }

  #sides(): GenerationOptions[] {
    const { options } = this.choice
    const first = this.side === undefined ? options : { ...options, voice: this.side }
    return [first, { ...options, voice: this.rival }]
  }

  /** The question that nothing answered while something else was shown. */
  #giveBack(conversation: string | null): void {
    if (!this.draft) this.draft = this.#writings.takeBack(conversation)
  }

  #newView(): number {
    this.#views += 1
    return this.#views
  }

  #place(parent: string | null): Pick<ChatAsk, 'conversation' | 'parent' | 'keep' | 'turns'> {
    if (this.#unkept) return { keep: false, turns: turnsOf(branchTo(this.#messages, parent)) }
    return this.#current === null ? {} : { conversation: this.#current, parent }
  }

  #add(...messages: ChatMessage[]): void {
    const known = this.#messages.filter(({ id }) => !messages.some((message) => message.id === id))
    this.#messages = [...known, ...messages]
  }

  #drop(): void {
    // What is kept nowhere would be written for nobody.
    if (this.#unkept) this.stop()
    this.#compared = []
    this.#found = null
    this.reworded = null
    this.#reading = false
  }
}
