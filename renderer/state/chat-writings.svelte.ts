import type { AppStore } from './app.svelte.ts'

/** What is being written: below which message, to which question, and how far it has come. */
export interface Writing {
  request: string
  /** The view of a conversation that it was asked in, which may have been left and may come back. */
  view: number
  /** Null until the host has made the conversation, and where nothing is kept. */
  conversation: string | null
  /** The last message that stands above it. */
  below: string | null
  /** A question that is on its way, or null where it stands above. */
  question: string | null
  /** One text for each answer that is written; of `goesOn` only what is new. */
  answers: string[]
  /** Who writes each of them: a voice's id, or null for the base model alone. */
  voices: (string | null)[]
  /** The answer that is gone on with, and what stood there before. */
  goesOn: { message: string; text: string } | null
}

/** The answers that are being written, the first begun first: they go on while another conversation is shown. */
export class ChatWritings {
  #app: AppStore
  #all = $state.raw<Writing[]>([])
  /** Questions that nothing answered, by their conversation; null: each was to begin one. */
  #unanswered = new Map<string | null, string>()

  constructor(app: AppStore) {
    this.#app = app
    app.on('stream', ({ request, index, text }) => {
      this.#change(request, (writing) => {
        const answers = [...writing.answers]
        while (answers.length <= index) answers.push('')
        answers[index] += text
        return { ...writing, answers }
      })
    })
    app.on('chat.asked', ({ request, question }) =>
      this.#change(request, (writing) => ({ ...writing, conversation: question.conversation })),
    )
  }

  get all() {
    return this.#all
  }

  at(view: number): Writing | null {
    return this.#all.find((writing) => writing.view === view) ?? null
  }

  of(conversation: string): Writing | null {
    return this.#all.find((writing) => writing.conversation === conversation) ?? null
  }

  begin(writing: Writing): void {
    this.#all = [...this.#all, writing]
  }

  /** To be told when its call has ended. False where it was ended before: its conversation was removed. */
  end(request: string): boolean {
    const others = this.#all.filter((writing) => writing.request !== request)
    const ended = others.length < this.#all.length
    this.#all = others
    return ended
  }

  /** A question that failed where nobody looked: it waits until its conversation is opened, or a new one begun. */
  setAside(conversation: string | null, question: string | null): void {
    if (question !== null) this.#unanswered.set(conversation, question)
  }

  /** The question that was set aside, once; empty where there is none. */
  takeBack(conversation: string | null): string {
    const question = this.#unanswered.get(conversation) ?? ''
    this.#unanswered.delete(conversation)
    return question
  }

  stop({ request }: Writing): void {
    void this.#app.cancel(request)
  }

  #change(request: string, to: (writing: Writing) => Writing): void {
    if (!this.#all.some((writing) => writing.request === request)) return
    this.#all = this.#all.map((writing) => (writing.request === request ? to(writing) : writing))
  }
}
