/** What was typed or pasted to be read in: it goes when it is in, and not before. */
import { expect, it } from 'vitest'
import type { ImportStore } from '../../renderer/state/import.svelte.ts'
import { WaysInStore } from '../../renderer/state/ways-in.svelte.ts'

/** A store with a path and a pasted text in it; `ended` is how the reading ends. */
function typed(ended: boolean) {
  const asked: unknown[] = []
  const read = async (what: unknown): Promise<boolean> => {
    asked.push(what)
    return ended
  }
  const store = new WaysInStore({
    paste: read,
  } as unknown as ImportStore)
  Object.assign(store, { way: 'paste', path: ' /posts ', title: 'Tea', date: '2024-05-17', text: 'A first line.' })
  return { store, asked, read }
}

it('keeps a path whose reading failed or was stopped', async () => {
  const { store, asked, read } = typed(false)
  await store.readPath(read)
  expect(asked).toEqual([['/posts']])
  expect(store).toMatchObject({ path: ' /posts ', way: 'paste' })
})

it('lets go of a path that was read, and of nothing else', async () => {
  const { store, read } = typed(true)
  await store.readPath(read)
  expect(store).toMatchObject({ path: '', way: null, title: 'Tea', text: 'A first line.' })
})

it('keeps a text that was refused or stopped', async () => {
  const { store, asked } = typed(false)
  const pasted = store.paste()
  expect(store.adding).toBe(true)
  expect(await pasted).toBe(false)
  expect(asked).toEqual([{ title: 'Tea', date: '2024-05-17', text: 'A first line.' }])
  expect(store).toMatchObject({ adding: false, way: 'paste', title: 'Tea', text: 'A first line.' })
})

it('lets go of a text that is in', async () => {
  const { store } = typed(true)
  expect(await store.paste()).toBe(true)
  expect(store).toMatchObject({ adding: false, way: null, title: '', date: '', text: '', path: ' /posts ' })
})
