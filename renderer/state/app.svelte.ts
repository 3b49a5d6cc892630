import { untrack } from 'svelte'
import type {
  AppInfo,
  AppState,
  Bridge,
  CallName,
  Calls,
  ContractError,
  EventName,
  Events,
  Settings,
} from '../../preload/contract.ts'
import { isStopped, toContractError } from '../lib/errors.ts'
import { formatNumber } from '../lib/format.ts'
import { MOST_CHARACTERS, refuseTooLong } from '../lib/pasting.ts'
import { localStore, readStored, writeStored } from '../lib/storage.ts'
import type { Connection } from '../start.ts'
import type { Language } from '../words/languages.ts'
import { language, setLanguage, words } from '../words/words.ts'

export const SPACES = [
  'draft',
  'headlines',
  'tags',
  'ratings',
  'chat',
  'library',
  'voice',
  'models',
  'settings',
] as const
export type Space = (typeof SPACES)[number]

export interface Notice {
  id: number
  error: ContractError
  retry: (() => void) | null
}

/** Something that ended while it was out of sight; gone when its space is opened. */
export interface News {
  id: string
  text: string
  space: Space
}

/** Until the host has told its own. */
const DEFAULTS: Settings = {
  theme: 'system',
  textSize: 1,
  language: 'system',
  scale: 1,
  retrieval: true,
  profile: false,
  shortcuts: {},
  idleMinutes: 10,
  spellCheck: false,
}

/** Where the window was left. */
const SPACE_KEY = 'idiolect-space'

/** What a hand does: whatever was told before it has been on the screen by then. */
const GESTURES = ['pointerdown', 'click', 'keydown', 'drop'] as const

/** The system's own wish, honoured whatever the theme. */
const MORE_CONTRAST = globalThis.matchMedia?.('(prefers-contrast: more)')

/** What the whole window shares: the host's state, the settings, the space at hand, and what went wrong. */
export class AppStore {
  #bridge: Bridge
  #nextNotice = 1
  /** The last notice that stood there when the user did something. */
  #lastSeen = 0
  /** What each call that failed said of it, as long as a notice may say so. */
  #failed = new Map<CallName, Set<string>>()
  #info = $state.raw<AppInfo | null>(null)
  #state = $state.raw<AppState | null>(null)
  #settings = $state.raw<Settings>(DEFAULTS)
  #notices = $state.raw<Notice[]>([])
  #news = $state.raw<News[]>([])
  #space = $state<Space>('library')
  #welcome = $state(false)
  #ready = $state(false)
  #dialogs = $state(0)
  #connection = $state<Connection>('connected')
  #announcement = $state('')
  #arrived = $state(false)
  #language = $state<Language>(language())

  constructor(bridge: Bridge) {
    this.#bridge = bridge
    this.on('state.changed', (state) => {
      this.#state = state
    })
    for (const gesture of GESTURES) globalThis.addEventListener?.(gesture, () => this.#see(), { capture: true })
    MORE_CONTRAST?.addEventListener('change', () => void this.#show(this.#settings))
  }

  get info() {
    return this.#info
  }
  get state() {
    return this.#state
  }
  get settings() {
    return this.#settings
  }
  get notices() {
    return this.#notices
  }
  /** The id of the next notice: those before it have been there already. */
  get nextNotice() {
    return this.#nextNotice
  }
  get space() {
    return this.#space
  }
  /** The first start's view is open. It stays so after the import, until the user goes on. */
  get welcome() {
    return this.#welcome
  }
  /** How many dialogs are open. What lies under one can't be read or reached, notices too. */
  get dialogs() {
    return this.#dialogs
  }
  /** To be called when a dialog opens; the result when it closes. */
  countDialog(): () => void {
    this.#dialogs += 1
    return () => {
      this.#dialogs -= 1
    }
  }
  get ready() {
    return this.#ready
  }
  get connection() {
    return this.#connection
  }
  set connection(connection: Connection) {
    this.#connection = connection
    if (connection === 'connected' && !this.#ready && this.#notices.length > 0) void this.open()
  }

  /** For eyes: what ended elsewhere, the newest last. */
  get news() {
    return this.#news
  }
  /** Tells it to whoever is not looking at its space; the same id stands for the same thing. */
  tell(item: News): void {
    if (this.#space === item.space && !this.#welcome) return
    this.#news = [...this.#news.filter(({ id }) => id !== item.id), item].slice(-3)
  }
  readNews(id: string): void {
    this.#news = this.#news.filter((item) => item.id !== id)
  }

  /** What a screen reader says next. */
  get announcement() {
    return this.#announcement
  }
  /** For what ends or changes where nobody looks. */
  announce(text: string): void {
    // The same words again are no change, and nothing would be said of them.
    this.#announcement = text === this.#announcement ? `${text}\u00a0` : text
  }

  /** What is on the screen is drawn anew when it changes. */
  get language() {
    return this.#language
  }

  async open(): Promise<void> {
    const read = await this.attempt(
      () => Promise.all([this.call('app.info', {}), this.call('app.state', {}), this.call('app.settings', {})]),
      () => void this.open(),
    )
    if (!read) return
    ;[this.#info, this.#state, this.#settings] = read
    await this.#show(this.#settings)
    this.#welcome = this.#state.firstStart
    this.#space = SPACES.find((space) => space === readStored(localStore(), SPACE_KEY)) ?? this.#space
    this.#ready = true
    this.#notices = []
  }

  call<N extends CallName>(name: N, input: Calls[N]['in']): Promise<Calls[N]['out']> {
    this.#clear(name)
    // What comes from a rune may be a proxy, which Electron's bridge can't clone.
    const answer = this.#bridge.call(name, $state.snapshot(input) as Calls[N]['in'])
    answer.catch((error) => {
      const said = this.#failed.get(name) ?? new Set()
      this.#failed.set(name, said.add(toContractError(error).message))
    })
    return answer
  }

  #see(): void {
    this.#lastSeen = this.#nextNotice - 1
  }

  /**
   * The call is tried again: that it failed before is no news any more. What nobody has had the time to see stays, as of
   * the first of many files that are brought in one after the other.
   */
  #clear(name: CallName): void {
    const said = this.#failed.get(name)
    if (!said) return
    // A call that an effect makes is not made again because of a notice.
    const notices = untrack(() => this.#notices)
    const kept = notices.filter(({ id, error }) => id > this.#lastSeen || !said.has(error.message))
    if (kept.length < notices.length) this.#notices = kept
    const still = kept.map(({ error }) => error.message).filter((message) => said.has(message))
    if (still.length > 0) this.#failed.set(name, new Set(still))
    else this.#failed.delete(name)
  }

  on<N extends EventName>(name: N, listener: (event: Events[N]) => void): () => void {
    return this.#bridge.on(name, listener)
  }

  /** Path of a dropped file, where the window sees paths. */
  get pathOf() {
    return this.#bridge.pathOf ?? null
  }

  /** Runs what may fail; a failure becomes a notice (with a retry where one makes sense) and null. */
  async attempt<T>(run: () => Promise<T>, retry: (() => void) | null = null): Promise<T | null> {
    try {
      return await run()
    } catch (error) {
      this.report(toContractError(error), retry)
      return null
    }
  }

  report(error: ContractError, retry: (() => void) | null = null): void {
    if (isStopped(error)) return
    const others = this.#notices.filter((notice) => notice.error.message !== error.message)
    this.#notices = [...others, { id: this.#nextNotice++, error, retry }].slice(-3)
  }

  /** For fields that take a piece. */
  onpaste(event: ClipboardEvent): void {
    const length = refuseTooLong(event)
    if (length === null) return
    const message = words.app.tooLong(formatNumber(length), formatNumber(MOST_CHARACTERS))
    this.report({ name: 'NotPasted', message, next: null })
  }

  dismiss(id: number): void {
    this.#notices = this.#notices.filter((notice) => notice.id !== id)
  }

  /** The user went somewhere: what is shown is not what the window opened with. */
  get arrived() {
    return this.#arrived
  }

  go(space: Space): void {
    this.#arrived = true
    // The first start is over for good, not only in this window.
    if (this.#welcome) void this.attempt(() => this.call('start.leave', {}))
    this.#welcome = false
    this.#space = space
    writeStored(localStore(), SPACE_KEY, space)
    this.#news = this.#news.filter((item) => item.space !== space)
  }

  async refresh(): Promise<void> {
    const state = await this.attempt(() => this.call('app.state', {}))
    if (state) this.#state = state
  }

  async set(change: Partial<Settings>): Promise<void> {
    this.#settings = { ...this.#settings, ...change }
    void this.#show(this.#settings)
    const settings = await this.attempt(() => this.call('app.set', change))
    if (settings) this.#settings = settings
  }

  /** Wears the settings that the whole page wears. */
  async #show(settings: Settings): Promise<void> {
    const page = document.documentElement
    const { theme } = settings
    if (theme === 'light' || theme === 'dark') page.dataset.theme = theme
    else delete page.dataset.theme
    page.dataset.contrast = theme === 'contrast' || MORE_CONTRAST?.matches ? 'more' : 'usual'
    page.style.setProperty('--text-size', String(settings.textSize))
    await setLanguage(settings.language)
    this.#language = language()
    page.lang = this.#language
  }

  async cancel(request: string | null): Promise<void> {
    if (request) await this.attempt(() => this.call('request.cancel', { request }))
  }
}
