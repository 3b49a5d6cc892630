/** What the user can do by name or by keys. Knows commands, and nothing of what they do. */
import { untrack } from 'svelte'

export interface Command {
  /** `space.action`, e.g. `draft.focus`. Bindings are kept by it. */
  id: string
  title: string
  /** The heading that it stands under in the palette. */
  group?: string
  /** Default shortcut in tinykeys' form: `$mod+Shift+d`. */
  keys?: string
  enabled?: () => boolean
  run: () => void
}

/** The commands at hand, in the order of their registration. A later command of the same id stands for the earlier. */
export class CommandStore {
  #commands = $state.raw<Command[]>([])

  get all() {
    return this.#commands
  }

  /** The result takes it back: `$effect(() => commands.register({ … }))` while a space is open. */
  register(command: Command): () => void {
    // An effect that registers must not follow what others register.
    this.#commands = [...untrack(() => this.#commands).filter(({ id }) => id !== command.id), command]
    return () => {
      this.#commands = untrack(() => this.#commands).filter((other) => other !== command)
    }
  }

  /** Runs it if it is there and can be run; whether it did. */
  run(id: string): boolean {
    const command = this.#commands.find((other) => other.id === id)
    if (!command || command.enabled?.() === false) return false
    command.run()
    return true
  }
}
