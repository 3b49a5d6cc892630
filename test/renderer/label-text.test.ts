import { expect, it } from 'vitest'
import type { AppStore } from '../../renderer/state/app.svelte.ts'
import { LabelTextStore } from '../../renderer/state/label-text.svelte.ts'

it('shows no tags of another text beside a new one', async () => {
  const app = {
    settings: { scale: 1, retrieval: true },
    state: null,
    cancel: async () => {},
    attempt: async <T>(run: () => Promise<T>): Promise<T> => run(),
    call: async () => ({ id: 'l', suggestions: [{ tag: 'ice', probability: 0.5, pieces: 1 }], sources: [] }),
  }
  const store = new LabelTextStore(app as unknown as AppStore, { active: null }, 'tag')
  store.text = 'The ice went out.'
  await store.ask()
  expect(store.offers).toHaveLength(1)
  store.begin('Another text.')
  expect([store.text, store.offers, store.picked, store.running]).toEqual(['Another text.', [], [], false])
})
