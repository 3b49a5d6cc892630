/** What the next task adapter is trained on. */
import { expect, it } from 'vitest'
import type { AppStore } from '../../renderer/state/app.svelte.ts'
import { TaskAdapterStore } from '../../renderer/state/task-adapters.svelte.ts'

it('holds a folder once, with what was said of it', () => {
  const store = new TaskAdapterStore({ on: () => {} } as unknown as AppStore)
  store.add('/texts')
  store.add('/more')
  for (const text of store.texts) text.author = 'Somebody'
  store.add('/texts')
  expect(store.texts.map(({ path, author }) => [path, author])).toEqual([
    ['/texts', 'Somebody'],
    ['/more', 'Somebody'],
  ])
})
