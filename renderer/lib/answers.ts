/** Calls whose answers come later, by the stream of events, so that they hold no connection meanwhile. */

export interface Answer {
  call: string
  status: number
  value: unknown
}

interface Waiting {
  resolve(answer: Answer): void
  reject(error: Error): void
}

export class Answers {
  #waiting = new Map<string, Waiting>()
  /** An answer may come before we have read that it will come so. */
  #early = new Map<string, Answer>()

  /** Rejects with what `giveUp` is given. */
  wait(call: string): Promise<Answer> {
    const early = this.#early.get(call)
    if (early) {
      this.#early.delete(call)
      return Promise.resolve(early)
    }
    return new Promise((resolve, reject) => this.#waiting.set(call, { resolve, reject }))
  }

  take(answer: Answer): void {
    const waiting = this.#waiting.get(answer.call)
    if (waiting) {
      this.#waiting.delete(answer.call)
      waiting.resolve(answer)
    } else this.#early.set(answer.call, answer)
  }

  /** The host that owed them is gone. */
  giveUp(why: () => Error): void {
    for (const { reject } of this.#waiting.values()) reject(why())
    this.#waiting.clear()
    this.#early.clear()
  }
}
