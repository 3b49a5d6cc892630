/** What can be done with the draft at hand by name or by keys. */
import type { RewriteHow } from '../../../preload/contract.ts'
import type { Command } from '../../state/commands.svelte.ts'
import type { DraftAssist } from '../../state/draft-assist.svelte.ts'
import type { DraftEditor } from '../../state/draft-editor.svelte.ts'
import type { Stores } from '../../state/stores.ts'
import { words } from '../../words/words.ts'

const HOW: RewriteHow[] = ['shorter', 'plainer', 'warmer', 'mine']

export function draftCommands({ drafts }: Stores, editor: DraftEditor, assist: DraftAssist): Command[] {
  const group = words.spaces.draft
  const selected = (): boolean => assist.ready && editor.view?.state.selection.main.empty === false
  const offered = (): boolean => editor.ghost !== null
  const commands: Omit<Command, 'group'>[] = [
    { id: 'draft.new', title: words.draft.new, keys: '$mod+Alt+n', run: () => void drafts.create() },
    {
      id: 'draft.continue',
      title: words.draft.continue,
      keys: '$mod+Enter',
      enabled: () => assist.ready,
      run: () => void assist.continue(),
    },
    { id: 'draft.take', title: words.draft.takeAll, enabled: offered, run: () => assist.takeAll() },
    { id: 'draft.word', title: words.draft.takeWord, enabled: offered, run: () => assist.takeWord() },
    { id: 'draft.stop', title: words.draft.stop, enabled: () => assist.running !== null, run: () => assist.stop() },
    ...HOW.map((how) => ({
      id: `draft.${how}`,
      title: words.draft.rewriteAs(words.draft.how[how]),
      enabled: () => selected() && assist.may(how),
      run: () => void assist.rewriteAs(how),
    })),
    {
      id: 'draft.ask',
      title: words.draft.rewriteAs(words.draft.how.ask),
      keys: '$mod+Shift+Enter',
      enabled: selected,
      run: () => {
        assist.asking = true
      },
    },
    {
      id: 'draft.fill',
      title: words.draft.fill,
      enabled: () => assist.ready && editor.inOutline,
      run: () => void assist.fill(),
    },
    { id: 'draft.find', title: words.draft.find, run: () => editor.find() },
    {
      id: 'draft.focus',
      title: words.draft.focus,
      keys: '$mod+Shift+f',
      run: () => {
        drafts.sight.focus = !drafts.sight.focus
      },
    },
    {
      id: 'draft.writers',
      title: words.draft.writers,
      run: () => {
        drafts.sight.writers = !drafts.sight.writers
      },
    },
    {
      id: 'draft.give-mine',
      title: words.draft.giveOwner,
      enabled: selected,
      run: () => editor.giveSelection('owner'),
    },
    {
      id: 'draft.give-quoted',
      title: words.draft.giveQuoted,
      enabled: selected,
      run: () => editor.giveSelection('quoted'),
    },
    { id: 'draft.save', title: words.draft.saveNow, keys: '$mod+s', run: () => void drafts.flush() },
    {
      id: 'draft.details',
      title: words.draft.details,
      run: () => {
        drafts.sight.panel = !drafts.sight.panel
      },
    },
    { id: 'draft.back', title: words.draft.back, run: () => void drafts.close() },
  ]
  return commands.map((command) => ({ ...command, group }))
}
