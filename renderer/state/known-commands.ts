/**
 * The commands of all spaces by name and keys, so that Settings can list and change them before their space was ever
 * opened. What they do is bound when the space opens (`commands.register`), by the same ids; the keys of a table, which
 * it hears itself, stand here too. Knows no stores.
 */
import { words } from '../words/words.ts'
import type { CommandEntry } from './commands.svelte.ts'

/** Heard by the table of tags or scores while it has the focus. */
export const TABLE_KEYS = {
  'labels.next': 'j',
  'labels.previous': 'k',
  'labels.accept': 'Enter',
  'labels.skip': 'x',
  'labels.undo': 'u',
  'labels.open': 'o',
} as const
export type TableCommand = keyof typeof TABLE_KEYS

/** In the language at hand. */
export function knownCommands(): CommandEntry[] {
  const { draft, headlines, labels, chat, library, voice, voicePage, models, spaces } = words
  const of = (group: string, list: [id: string, title: string, keys?: string][]): CommandEntry[] =>
    list.map(([id, title, keys]) => ({ id, title, group, ...(keys ? { keys } : {}) }))
  return [
    ...of(spaces.draft, [
      ['draft.new', draft.new, '$mod+Alt+n'],
      ['draft.import', draft.import],
      ['draft.continue', draft.continue, '$mod+Enter'],
      ['draft.take', draft.takeAll],
      ['draft.word', draft.takeWord],
      ['draft.stop', draft.stop],
      ['draft.shorter', draft.rewriteAs(draft.how.shorter)],
      ['draft.plainer', draft.rewriteAs(draft.how.plainer)],
      ['draft.warmer', draft.rewriteAs(draft.how.warmer)],
      ['draft.mine', draft.rewriteAs(draft.how.mine)],
      ['draft.ask', draft.rewriteAs(draft.how.ask), '$mod+Shift+Enter'],
      ['draft.fill', draft.fill],
      ['draft.find', draft.find],
      ['draft.focus', draft.focus, '$mod+Shift+f'],
      ['draft.writers', draft.writers],
      ['draft.give-mine', draft.giveOwner],
      ['draft.give-quoted', draft.giveQuoted],
      ['draft.save', draft.saveNow, '$mod+s'],
      ['draft.details', draft.details],
      ['draft.back', draft.back],
    ]),
    ...of(spaces.headlines, [
      ['headlines.write', headlines.write],
      ['headlines.more', headlines.more],
      ['headlines.clear', headlines.clear],
    ]),
    ...of(`${spaces.tags}, ${spaces.ratings}`, [
      ['labels.next', labels.keysNext, TABLE_KEYS['labels.next']],
      ['labels.previous', labels.keysPrevious, TABLE_KEYS['labels.previous']],
      ['labels.accept', labels.accept, TABLE_KEYS['labels.accept']],
      ['labels.skip', labels.skip, TABLE_KEYS['labels.skip']],
      ['labels.undo', labels.undo, TABLE_KEYS['labels.undo']],
      ['labels.open', labels.keysOpen, TABLE_KEYS['labels.open']],
      ['labels.bulk', labels.bulk],
      ['labels.write', labels.write],
    ]),
    ...of(spaces.chat, [
      ['chat.new', chat.new, '$mod+Shift+O'],
      ['chat.unkept', chat.beginUnkept],
      ['chat.regenerate', chat.regenerate],
      ['chat.stop', chat.stop],
    ]),
    ...of(spaces.library, [
      // A sign: many keyboards make it with Shift.
      ['library.search', library.commands.search, '[Shift]+/'],
      ['library.add', library.commands.add],
      ['library.overview', library.commands.overview],
      ['library.recall', library.commands.recall],
      ['library.next', library.commands.next, 'Alt+ArrowDown'],
      ['library.previous', library.commands.previous, 'Alt+ArrowUp'],
      ['library.find', library.commands.find, '$mod+f'],
    ]),
    ...of(spaces.voice, [
      ['voice.pause', voice.pauseTraining],
      ['voice.off', voicePage.allOff],
    ]),
    ...of(spaces.models, [['models.add', models.addTitle]]),
  ]
}
