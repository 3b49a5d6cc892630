/** The table of suggestions as its keys work it: each decision is of the row that was at hand when the key was pressed. */
import { expect, it } from 'vitest'
import type { LabelRow } from '../../preload/contract.ts'
import type { AppStore } from '../../renderer/state/app.svelte.ts'
import { LabelTextStore } from '../../renderer/state/label-text.svelte.ts'
import { LabelStore } from '../../renderer/state/labels.svelte.ts'

type Input = { decisions?: { document: string; picked: string[] }[]; documents?: string[]; picked?: string[] }

function scored(document: string, changes: Partial<LabelRow> = {}): LabelRow {
  return {
    ...{ document, title: document, path: `/w/${document}.md`, kind: 'markdown', date: null, words: 10 },
    ...{ state: 'suggested', tags: [], rating: null, before: null, step: null, picked: null, suggestions: [] },
    distribution: [1, 2, 3, 4, 5].map((score) => ({ score, probability: 0.2 })),
    ...{ expected: 3, likeliest: 3, confidence: 0, leaned: 0, seen: false, voice: null, error: null },
    ...changes,
  }
}

/** A host that answers when it is told to, and what it was asked, in order. */
function slowHost(rows: LabelRow[]) {
  const asked: [string, Input][] = []
  const answers: ((fails?: boolean) => void)[] = []
  const kept = new Map(rows.map((row) => [row.document, row]))
  let step = 0
  const reply = (name: string, input: Input): unknown => {
    if (name === 'labels.list')
      return {
        rows: [...kept.values()],
        job: null,
        vocabulary: [],
        scale: [1, 2, 3, 4, 5],
        unwritten: [],
        originals: [],
      }
    if (name === 'labels.accept') {
      step += 1
      for (const { document, picked } of input.decisions ?? []) {
        const row = kept.get(document) as LabelRow
        const before = { tags: row.tags, rating: row.rating }
        kept.set(document, { ...row, state: 'accepted', before, step, picked, rating: Number(picked[0]) })
      }
      return { rows: (input.decisions ?? []).map(({ document }) => kept.get(document)) }
    }
    if (name === 'labels.undo') {
      for (const document of input.documents ?? []) kept.set(document, scored(document))
      return { rows: (input.documents ?? []).map((document) => kept.get(document)), gone: [] }
    }
    if (name === 'tag.suggest')
      return { id: 'a', suggestions: [{ tag: 'sea', probability: 0.9, pieces: 2 }], sources: [] }
    return {}
  }
  const app = {
    settings: { scale: 1, retrieval: true },
    on: () => () => {},
    async call(name: string, input: Input) {
      if (!/accept|undo|\.pick$/.test(name)) return reply(name, input)
      asked.push([name, input])
      const fails = await new Promise<boolean>((resolve) => answers.push((no = false) => resolve(no)))
      if (fails) throw new Error('no')
      return reply(name, input)
    },
    attempt: (run: () => Promise<unknown>) => run().catch(() => null),
  }
  /** Answers the call at hand, and waits until what follows from that is done. */
  const answer = async (fails = false): Promise<void> => {
    await expect.poll(() => answers.length).toBeGreaterThan(0)
    answers.shift()?.(fails)
    await new Promise((resolve) => setTimeout(resolve))
  }
  return { app: app as unknown as AppStore, asked, answer }
}

async function tableOf(...names: string[]) {
  const host = slowHost(names.map((name) => scored(name)))
  const store = new LabelStore(host.app, 'rate')
  await store.load()
  return { ...host, store }
}

it('gives each of two quick keys its own row, and tells the host one after the other', async () => {
  const { store, asked, answer } = await tableOf('a', 'b', 'c')
  const keys = [store.accept(store.current, 4), store.accept(store.current, 5)]
  expect(store.current?.document).toBe('c')
  expect(store.all.map(({ state, rating }) => [state, rating])).toEqual([
    ['accepted', 4],
    ['accepted', 5],
    ['suggested', null],
  ])
  await Promise.resolve()
  expect(asked).toHaveLength(1)
  await answer()
  await answer()
  await Promise.all(keys)
  expect(asked.map(([, { decisions }]) => decisions)).toEqual([
    [{ document: 'a', picked: ['4'] }],
    [{ document: 'b', picked: ['5'] }],
  ])
  expect(store.all.map(({ step }) => step)).toEqual([1, 2, null])
})

it('undoes what was pressed last, also before the host has answered', async () => {
  const { store, asked, answer } = await tableOf('a', 'b')
  const keys = [store.accept(store.current, 4), store.accept(store.current, 5), store.undo()]
  expect(store.current).toMatchObject({ document: 'b', state: 'suggested', rating: null })
  keys.push(store.accept(store.current, 1))
  for (let n = 0; n < 4; n++) await answer()
  await Promise.all(keys)
  expect(asked.map(([name, { decisions, documents }]) => [name, decisions?.[0]?.document ?? documents?.[0]])).toEqual([
    ['labels.accept', 'a'],
    ['labels.accept', 'b'],
    ['labels.undo', 'b'],
    ['labels.accept', 'b'],
  ])
  expect(store.all.map(({ rating }) => rating)).toEqual([4, 1])
})

it('shows a row as it was where the host refused', async () => {
  const { store, answer } = await tableOf('a', 'b')
  const key = store.accept(store.current, 4)
  expect(store.canUndo).toBe(true)
  await answer(true)
  await key
  expect(store.all.map(({ state }) => state)).toEqual(['suggested', 'suggested'])
  expect(store.canUndo).toBe(false)
})

it('undoes what an earlier sitting decided', async () => {
  const decided: Partial<LabelRow> = { state: 'accepted', before: { tags: [], rating: null }, rating: 4 }
  const { app, answer } = slowHost([scored('a', { ...decided, step: 3 }), scored('b', { ...decided, step: 2 })])
  const store = new LabelStore(app, 'rate')
  await store.load()
  const undone = store.undo()
  await answer()
  await undone
  expect(store.current).toMatchObject({ document: 'a', state: 'suggested' })
  expect(store.last).toEqual(['b'])
})

it('puts every tag of one text on and off again, and takes one’s own', async () => {
  const { app, asked, answer } = slowHost([])
  const store = new LabelTextStore(app, { active: null }, 'tag')
  store.text = 'A text'
  await store.ask()
  void store.pick('sea')
  store.add('fog')
  store.add('SEA')
  await answer()
  await answer()
  expect(store.offers).toMatchObject([{ label: 'sea' }, { label: 'fog', probability: null }])
  expect(store.picked).toEqual(['sea', 'fog'])
  expect(store.kept).toBe(true)
  void store.pick('sea')
  void store.pick('fog')
  await answer()
  await answer()
  expect(asked.map(([, { picked }]) => picked)).toEqual([['sea'], ['sea', 'fog'], ['fog'], []])
  expect(store.kept).toBe(false)
  void store.pick('sea')
  await answer(true)
  expect(store.picked).toEqual([])
})

/** A table of two, whose pieces and whose scope come when the test says so. */
async function reading() {
  const waiting: { about: string; come: () => void }[] = []
  const some = [{ document: 'a', title: 'a', date: null }]
  const scope = { pieces: 1, secondsPerPiece: null, seconds: null, measured: false, folders: [], some }
  const app = {
    on: () => () => {},
    call: (name: string, { document = 'scope' }: { document?: string }) => {
      if (name === 'labels.sources') return Promise.resolve({ sources: [] })
      const reply =
        name === 'labels.list'
          ? { rows: [scored('a'), scored('b')], unwritten: [] }
          : name === 'labels.scope'
            ? scope
            : { id: document }
      if (name === 'labels.list') return Promise.resolve(reply)
      return new Promise((resolve) => waiting.push({ about: document, come: () => resolve(reply) }))
    },
    attempt: (run: () => Promise<unknown>) => run(),
  }
  const come = async (about: string): Promise<void> => {
    const at = waiting.findIndex((one) => one.about === about)
    waiting.splice(at, 1)[0]?.come()
    await new Promise((resolve) => setTimeout(resolve))
  }
  const store = new LabelStore(app as unknown as AppStore, 'rate')
  void store.load()
  await new Promise((resolve) => setTimeout(resolve))
  return { store, come }
}

it('shows beside the table what was asked for last', async () => {
  const { store, come } = await reading()
  store.choose('a')
  void store.open()
  store.choose('b')
  await come('b')
  await come('a')
  expect(store.side?.piece.id).toBe('b')
  store.choose('a')
  store.close()
  await come('a')
  expect(store.side).toBeNull()
})

it('has the first pieces to rate as soon as they are known, and not before', async () => {
  const { store, come } = await reading()
  expect(store.forecast).toBeNull()
  let first: unknown
  void store.firstPieces().then((some) => {
    first = some
  })
  await come('scope')
  await come('scope')
  expect(first).toMatchObject([{ document: 'a' }])
})
