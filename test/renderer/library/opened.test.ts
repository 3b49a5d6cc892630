/** The open piece over what happens meanwhile: what is read anew is no new opening, so whoever reads stays there. */
import { expect, it } from 'vitest'
import type { AppStore } from '../../../renderer/state/app.svelte.ts'
import { LibraryStore } from '../../../renderer/state/library.svelte.ts'

const PIECE = { id: 'a', title: 'Tea', status: 'mine', passages: [{ id: 'p', text: 'A first line.' }] }

/** A library of one piece, and how to say that an import has ended. */
function library() {
  const told: ((state: { running: boolean }) => void)[] = []
  const replies: Record<string, unknown> = {
    'library.list': { documents: [PIECE] },
    'library.questions': [],
    'library.setStatus': { ...PIECE, status: 'excluded' },
  }
  const app = {
    on: (_: string, take: (state: { running: boolean }) => void) => told.push(take),
    // Each time another object, as from a bridge.
    call: async (name: string) => replies[name] ?? { ...PIECE },
    attempt: (run: () => Promise<unknown>) => run(),
    go: () => {},
  }
  const importEnded = async (): Promise<void> => {
    for (const take of told) take({ running: false })
    await new Promise((resolve) => setTimeout(resolve))
  }
  return { store: new LibraryStore(app as unknown as AppStore), importEnded }
}

it('is opened once, whatever an import or a change of its status reads anew', async () => {
  const { store, importEnded } = library()
  await store.show('a')
  const { openings, open } = store
  await importEnded()
  expect(store.open).not.toBe(open)
  await store.setStatus('a', 'excluded')
  expect(store.openings).toBe(openings)
})

it('is opened again when it is asked for again, at the passage that was asked for', async () => {
  const { store } = library()
  await store.showPassage('a', 'p')
  const { openings } = store
  await store.showPassage('a', 'p')
  expect(store.mark).toBe('A first line.')
  expect(store.openings).toBe(openings + 1)
})

/** A library whose pieces come when the test says so, and the window around it. */
function slowLibrary() {
  const waiting = new Map<string, () => void>()
  const app = {
    space: 'chat',
    on: () => {},
    call: (_: string, { document }: { document: string }) =>
      new Promise((resolve) => waiting.set(document, () => resolve({ ...PIECE, id: document }))),
    attempt: (run: () => Promise<unknown>) => run(),
    go: (space: string) => {
      app.space = space
    },
  }
  const come = async (document: string): Promise<void> => {
    waiting.get(document)?.()
    await new Promise((resolve) => setTimeout(resolve))
  }
  return { app, come, store: new LibraryStore(app as unknown as AppStore) }
}

it('is the one that was asked for last, whichever comes last', async () => {
  const { app, come, store } = slowLibrary()
  void store.show('a')
  void store.show('b')
  await come('b')
  await come('a')
  expect([store.open?.id, app.space]).toEqual(['b', 'library'])
})

it('takes nobody away who went elsewhere, and does not come back after it was closed', async () => {
  const { app, come, store } = slowLibrary()
  void store.show('a')
  app.go('voice')
  await come('a')
  expect([store.open, app.space]).toEqual([null, 'voice'])
  app.go('library')
  void store.show('b')
  store.close()
  await come('b')
  expect(store.open).toBeNull()
})
