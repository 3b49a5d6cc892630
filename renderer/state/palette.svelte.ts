/** What the palette offers: commands, and what can be opened by its name. Knows the stores, and no keys or elements. */
import type { Conversation, DraftSummary } from '../../preload/contract.ts'
import { formatDate } from '../lib/format.ts'
import { type Found, findNames } from '../lib/fuzzy.ts'
import { words } from '../words/words.ts'
import { byGroup } from './commands.svelte.ts'
import type { Stores } from './stores.ts'

export interface Entry {
  /** Unique among what is shown. */
  key: string
  title: string
  /** The title, cut where it was matched. */
  parts: Found['parts']
  keys: string | null
  note: string
  run: () => void
}

export interface EntryGroup {
  name: string
  entries: Entry[]
}

type Plain = Omit<Entry, 'parts'>

/** How many of a group are shown. */
const MOST_COMMANDS = 12
const MOST_OTHERS = 6

export interface Listed {
  drafts: readonly DraftSummary[]
  conversations: readonly Conversation[]
}

/** Every draft and conversation: the lists of their spaces hold what a search there has left, or nothing yet. */
export async function readListed({ app, drafts, chat }: Stores): Promise<Listed> {
  const [written, said] = await Promise.all([
    app.attempt(() => app.call('draft.list', {})),
    app.attempt(() => app.call('chat.list', {})),
  ])
  return { drafts: written ?? drafts.drafts, conversations: said ?? chat.conversations }
}

/** Everything that can be done or opened now, in groups; the space's own commands first. */
export function allGroups(
  stores: Stores,
  listed: Listed = { drafts: stores.drafts.drafts, conversations: stores.chat.conversations },
): { name: string; entries: Plain[]; content: boolean }[] {
  const { commands, voice, library, chat, drafts, app } = stores
  const own = [words.palette.groups.go, words.palette.groups.window]
  const there = commands.all.filter(({ id, enabled }) => id !== 'app.palette' && enabled?.() !== false)
  const groups = byGroup(there).sort((a, b) => own.indexOf(a.name) - own.indexOf(b.name))
  const voices: Plain[] = voice.voices
    .filter(({ active, usable }) => usable && !active)
    .map(({ id, name }) => ({
      key: `voice.${id}`,
      title: words.palette.voiceOn(name),
      keys: null,
      note: '',
      run: () => void voice.use(id),
    }))
  if (voice.active ?? voice.resting) {
    voices.push({
      key: 'voices.none',
      title: words.palette.voiceOff,
      keys: null,
      note: '',
      run: () => void voice.use(null),
    })
  }
  return [
    ...groups.map(({ name, list }) => ({
      name,
      content: false,
      entries: list.map((command) => ({
        key: command.id,
        title: command.title,
        keys: commands.keysOf(command),
        note: '',
        run: command.run,
      })),
    })),
    { name: words.palette.groups.voices, entries: voices, content: false },
    {
      name: words.palette.groups.pieces,
      content: true,
      entries: library.documents.map(({ id, title, date }) => ({
        key: `piece.${id}`,
        title,
        keys: null,
        note: date ? formatDate(date) : '',
        run: () => void library.show(id),
      })),
    },
    {
      name: words.palette.groups.drafts,
      content: true,
      entries: listed.drafts.map(({ id, title }) => ({
        key: `draft.${id}`,
        title,
        keys: null,
        note: '',
        run: () => {
          app.go('draft')
          void drafts.open(id)
        },
      })),
    },
    {
      name: words.palette.groups.conversations,
      content: true,
      entries: listed.conversations.map(({ id, title }) => ({
        key: `chat.${id}`,
        title,
        keys: null,
        note: '',
        run: () => {
          app.go('chat')
          chat.leave(() => void chat.open(id))
        },
      })),
    },
  ]
}

/** What is shown for a query: all commands for none, else the best of each group. */
export function shownGroups(groups: ReturnType<typeof allGroups>, query: string): EntryGroup[] {
  const shown = groups.map(({ name, entries, content }) => {
    if (query.trim() === '') {
      const plain = content ? [] : entries.map((entry) => ({ ...entry, parts: [{ text: entry.title, marked: false }] }))
      return { name, entries: plain }
    }
    const found = findNames(
      entries.map(({ title }) => title),
      query,
      content ? MOST_OTHERS : MOST_COMMANDS,
    )
    return { name, entries: found.map(({ index, parts }) => ({ ...(entries[index] as Plain), parts })) }
  })
  return shown.filter(({ entries }) => entries.length > 0)
}
