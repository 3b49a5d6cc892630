/** What a screen reader is told: a live region that does not change says nothing. */
import { expect, it } from 'vitest'
import type { Bridge } from '../../preload/contract.ts'
import { AppStore } from '../../renderer/state/app.svelte.ts'

it('is another text each time, also where the same words are said again', () => {
  const app = new AppStore({ call: async () => ({}), on: () => () => {} } as unknown as Bridge)
  const said = ['Read.', 'Read.', 'Read.', 'Trained.'].map((text) => {
    app.announce(text)
    return app.announcement
  })
  for (const [i, text] of said.entries()) expect(text).not.toBe(said[i - 1])
  expect(said.map((text) => text.trim())).toEqual(['Read.', 'Read.', 'Read.', 'Trained.'])
})
