/** Lists of the window: none is called empty before it was read, nor where it could not be. */
import { expect, it } from 'vitest'
import type { AppStore } from '../../renderer/state/app.svelte.ts'
import { ChatStore } from '../../renderer/state/chat.svelte.ts'
import { HeadlineStore } from '../../renderer/state/headlines.svelte.ts'
import { TaskAdapterStore } from '../../renderer/state/task-adapters.svelte.ts'
import { VoiceStore } from '../../renderer/state/voice.svelte.ts'

function storesOf(call: () => Promise<unknown>) {
  const app = {
    on: () => {},
    settings: {},
    call,
    attempt: (run: () => Promise<unknown>) => run().catch(() => null),
  } as unknown as AppStore
  const voices = { active: null }
  return [new ChatStore(app, voices), new HeadlineStore(app, voices), new TaskAdapterStore(app), new VoiceStore(app)]
}

it('is known to be empty once it was read', async () => {
  for (const store of storesOf(async () => [])) {
    expect(store.loaded).toBe(false)
    await store.load()
    expect(store.loaded).toBe(true)
  }
})

it('is not known to be empty where it could not be read', async () => {
  for (const store of storesOf(() => Promise.reject(new Error('no')))) {
    await store.load()
    expect(store.loaded).toBe(false)
  }
})
