/** What the palette offers to open. */
import { expect, it } from 'vitest'
import { allGroups, readListed, shownGroups } from '../../renderer/state/palette.svelte.ts'
import type { Stores } from '../../renderer/state/stores.ts'

const titled = (...titles: string[]) => titles.map((title) => ({ id: title, title }))

it('finds drafts and conversations that a search in their spaces has left out', async () => {
  const kept: Record<string, unknown> = {
    'draft.list': titled('The harbour', 'The lathe'),
    'chat.list': titled('About the harbour', 'About the lathe'),
  }
  const stores = {
    app: { call: async (name: string) => kept[name], attempt: (run: () => Promise<unknown>) => run() },
    commands: { all: [] },
    voice: { voices: [], active: null, resting: null },
    library: { documents: [] },
    drafts: { drafts: titled('The lathe') },
    chat: { conversations: titled('About the lathe') },
  } as unknown as Stores
  const groups = shownGroups(allGroups(stores, await readListed(stores)), 'harbour')
  expect(groups.map(({ entries }) => entries.map(({ title }) => title))).toEqual([
    ['The harbour'],
    ['About the harbour'],
  ])
})
