/** Saving by itself: some time after the last change, one save at a time, again and again until it has worked. */

/** `waiting`: changed since; `refused`: another window was faster, and the owner must choose. */
export type SaveState = 'saved' | 'waiting' | 'saving' | 'failed' | 'refused'

export interface AutosaveOptions {
  /** Reads what is to be saved at its start, and saves it. Must not throw. */
  save: () => Promise<'saved' | 'failed' | 'refused'>
  onstate: (state: SaveState) => void
  /** Milliseconds between the last change and its save. */
  wait: () => number
  /** Milliseconds until a save that has failed is tried again. */
  retry?: number
}

/** Saves at most in one flush: whoever never stops typing does not hold it up for ever. */
const ROUNDS = 5

export class Autosave {
  #options: AutosaveOptions
  #state: SaveState = 'saved'
  #timer: ReturnType<typeof setTimeout> | null = null
  #running: Promise<void> | null = null
  #changed = false

  constructor(options: AutosaveOptions) {
    this.#options = options
  }

  get state(): SaveState {
    return this.#state
  }
  /** Is there anything that the store does not hold yet? */
  get behind(): boolean {
    return this.#changed || this.#running !== null
  }

  touch(): void {
    this.#changed = true
    if (this.#state === 'refused') return
    if (!this.#running) this.#show('waiting')
    this.#schedule(this.#options.wait())
  }

  /** Saves now what is not saved yet, and what is typed meanwhile. Where it could not, `behind` says so afterwards. */
  async flush(): Promise<void> {
    this.#clear()
    if (this.#running) await this.#running
    for (let round = 0; round < ROUNDS && this.#changed && this.#state !== 'refused'; round++) {
      await this.#run()
      if (this.#state === 'failed') return
    }
  }

  /** Asks once more where it was refused: the owner wants to choose now. */
  async again(): Promise<void> {
    if (this.#state === 'refused') await this.#run()
  }

  /** Forgets what was changed: another text is at hand, or the choice has been made. */
  reset(): void {
    this.#clear()
    this.#changed = false
    this.#show('saved')
  }

  #run(): Promise<void> {
    this.#running ??= this.#save().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #save(): Promise<void> {
    this.#clear()
    this.#changed = false
    this.#show('saving')
    const result = await this.#options.save()
    if (result !== 'saved') this.#changed = true
    if (result === 'failed') this.#schedule(this.#options.retry ?? 4000)
    this.#show(result === 'saved' && this.#changed ? 'waiting' : result)
  }

  #schedule(ms: number): void {
    this.#clear()
    this.#timer = setTimeout(() => {
      this.#timer = null
      // A save that goes on takes what came meanwhile on its next round.
      if (this.#running) this.#schedule(this.#options.wait())
      else if (this.#changed) void this.#run()
    }, ms)
  }

  #clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #show(state: SaveState): void {
    if (state === this.#state) return
    this.#state = state
    this.#options.onstate(state)
  }
}
