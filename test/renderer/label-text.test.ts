import { expect, it } from 'vitest'
import type { LabelPick } from '../../preload/contract.ts'
import type { AppStore } from '../../renderer/state/app.svelte.ts'
import { LabelTextStore } from '../../renderer/state/label-text.svelte.ts'

it('lists what was picked, removes it, and has it back', async () => {
  const asked: [string, unknown][] = []
  const ice: LabelPick = { id: 'l', task: 'tag', at: '2026-01-01T00:00:00Z', excerpt: 'The ice', picked: ['ice'] }
  let picks: LabelPick[] = []
  const app = {
    settings: { scale: 1, retrieval: true },
    state: null,
    attempt: async <T>(run: () => Promise<T>): Promise<T> => run(),
    async call(name: string, input: unknown) {
      asked.push([name, input])
      if (name === 'labels.picks') return { picks }
      if (name === 'tag.pick') picks = [ice]
      if (name === 'labels.forget') picks = []
      return { id: 'l', suggestions: [{ tag: 'ice', probability: 0.5, pieces: 1 }], sources: [] }
    },
  }
  const store = new LabelTextStore(app as unknown as AppStore, { active: null }, 'tag')
  store.text = 'The ice went out.'
  await store.ask()
  await store.pick('ice')
  await expect.poll(() => store.picks).toEqual([ice])
  await store.forget(ice)
  expect([store.picks, store.removed, store.picked, store.kept]).toEqual([[], ice, [], false])
  asked.length = 0
  await store.bringBack()
  expect(asked[0]).toEqual(['tag.pick', { id: 'l', picked: ['ice'] }])
  expect([store.picks, store.removed, store.picked, store.kept]).toEqual([[ice], null, ['ice'], true])
})

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
