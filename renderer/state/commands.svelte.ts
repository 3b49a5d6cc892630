/** What the user can do by name or by keys. Knows commands and their keys, and nothing of what they do. */
import { untrack } from 'svelte'
import { isTyping, type KeyMachine, pressed, sameKeys, worksWhileTyping } from '../lib/keys.ts'
import { words } from '../words/words.ts'
import type { AppStore } from './app.svelte.ts'

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

/** What is known of a command whose space may be closed. */
export type CommandEntry = Pick<Command, 'id' | 'title' | 'group' | 'keys'>

/** The commands at hand, in the order of their registration. A later command of the same id stands for the earlier. */
export class CommandStore {
  #app: AppStore
  #known: () => CommandEntry[]
  #commands = $state.raw<Command[]>([])
  #seen = $state.raw<ReadonlyMap<string, CommandEntry>>(new Map())
  /** What lies over the window: the palette, or the list of all shortcuts. */
  open = $state<'palette' | 'shortcuts' | null>(null)
  /** Keys are being recorded: none of them does anything. */
  recording = $state(false)

  /** @param known the commands of spaces that may never have been open */
  constructor(app: AppStore, known: () => CommandEntry[] = () => []) {
    this.#app = app
    this.#known = known
  }

  get all() {
    return this.#commands
  }
  /** Every command that is known, open or not, after the window's own. */
  get seen() {
    const known = this.#known()
    const ids = new Set(known.map(({ id }) => id))
    const others = [...this.#seen.values()].filter(({ id }) => !ids.has(id))
    return [...others, ...known]
  }
  get machine(): KeyMachine {
    const { info } = this.#app
    return { mac: info?.platform.startsWith('darwin') ?? false, browser: info?.host === 'browser' }
  }

  /** The result takes it back: `$effect(() => commands.register({ … }))` while a space is open. */
  register(command: Command): () => void {
    // An effect that registers must not follow what others register.
    untrack(() => {
      this.#commands = [...this.#commands.filter(({ id }) => id !== command.id), command]
      const { id, title, group, keys } = command
      this.#seen = new Map(this.#seen).set(id, { id, title, group, keys })
    })
    return () => {
      this.#commands = untrack(() => this.#commands).filter((other) => other !== command)
    }
  }

  /** Several at once. */
  registerAll(commands: Command[]): () => void {
    const ends = commands.map((command) => this.register(command))
    return () => {
      for (const end of ends) end()
    }
  }

  /** The keys that the owner chose, else the command's own; null: none. */
  keysOf({ id, keys }: CommandEntry): string | null {
    return (this.#app.settings.shortcuts[id] ?? keys) || null
  }

  /** The keys of a command that its space may hear by itself. */
  keysById(id: string): string | null {
    const command = this.#known().find((other) => other.id === id)
    return command ? this.keysOf(command) : null
  }

  /** Which of these commands the keys stand for, for a part of a page that hears its own keys. */
  heard<I extends string>(event: KeyboardEvent, ids: readonly I[]): I | null {
    return (
      ids.find((id) => {
        const keys = this.keysById(id)
        return keys !== null && pressed(event, keys)
      }) ?? null
    )
  }

  isChanged(id: string): boolean {
    return id in this.#app.settings.shortcuts
  }

  /** Those that the same keys would run as well. */
  conflictsOf(command: CommandEntry, keys: string | null = this.keysOf(command)): CommandEntry[] {
    if (!keys) return []
    return this.seen.filter((other) => {
      const theirs = other.id === command.id ? null : this.keysOf(other)
      return theirs !== null && sameKeys(theirs, keys)
    })
  }

  /** @param keys '' for none, null for the command's own */
  bind(id: string, keys: string | null): Promise<void> {
    const { [id]: _, ...others } = this.#app.settings.shortcuts
    return this.#app.set({ shortcuts: keys === null ? others : { ...others, [id]: keys } })
  }

  reset(): Promise<void> {
    return this.#app.set({ shortcuts: {} })
  }

  /** Runs it if it is there and can be run; whether it did. */
  run(id: string): boolean {
    const command = this.#commands.find((other) => other.id === id)
    if (!command || command.enabled?.() === false) return false
    command.run()
    return true
  }

  /** Runs what the keys stand for, the latest registered first; whether there was something. */
  handle(event: KeyboardEvent): boolean {
    if (event.defaultPrevented || event.isComposing || this.recording) return false
    const typing = isTyping(event.target)
    for (const command of [...this.#commands].reverse()) {
      const keys = this.keysOf(command)
      if (!keys || (typing && !worksWhileTyping(keys)) || !pressed(event, keys)) continue
      if (command.enabled?.() === false) continue
      event.preventDefault()
      command.run()
      return true
    }
    return false
  }
}

/** In the order of their first commands; what is in no group belongs to the space at hand. */
export function byGroup<C extends CommandEntry>(commands: readonly C[]): { name: string; list: C[] }[] {
  const groups: { name: string; list: C[] }[] = []
  for (const command of commands) {
    const name = command.group ?? words.palette.groups.here
    const group = groups.find((other) => other.name === name)
    if (group) group.list.push(command)
    else groups.push({ name, list: [command] })
  }
  return groups
}
