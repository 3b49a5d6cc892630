/** Nothing that was typed is lost, whatever becomes of its saving: the drafts' store on a host that may be gone. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CallName, Calls, Draft, DraftSpan } from '../../../preload/contract.ts'
import { CallError } from '../../../renderer/lib/errors.ts'
import type { Store } from '../../../renderer/lib/storage.ts'
import type { AppStore } from '../../../renderer/state/app.svelte.ts'
import { DraftStore } from '../../../renderer/state/draft.svelte.ts'
import { memoryStore } from '../memory-store.ts'

const spansOf = (text: string): DraftSpan[] =>
  text === '' ? [] : [{ from: 0, to: text.length, author: 'owner', voice: null }]

/** Drafts by revision, as the host keeps them. */
class Host {
  drafts = new Map<string, Draft>()
  versions: string[] = []
  saves: Calls['draft.save']['in'][] = []
  gone = false
  /** Holds `draft.get` until it is resolved. */
  reading: Promise<void> | null = null

  add(id: string, text: string): void {
    const at = '2026-01-01T00:00:00.000Z'
    const facts = { id, title: text, at, created: at, words: 1, file: null, learn: false }
    this.drafts.set(id, { ...facts, text, spans: spansOf(text), history: null, revision: 1 })
  }

  write(id: string, text: string): void {
    const draft = this.#get(id)
    this.drafts.set(id, { ...draft, text, revision: draft.revision + 1 })
  }

  #get(id: string): Draft {
    const draft = this.drafts.get(id)
    if (!draft) throw new CallError('UnknownDraft', `there is no draft ${id}`, null)
    return draft
  }

  async call(name: CallName, input: unknown): Promise<unknown> {
    if (name === 'draft.get') await this.reading
    if (this.gone) throw new CallError('NoConnection', 'gone', null)
    if (name === 'draft.list') return [...this.drafts.values()]
    if (name === 'draft.removed') return []
    if (name === 'draft.get') return this.#get((input as { draft: string }).draft)
    if (name === 'draft.create') {
      const { text = '' } = input as { text?: string }
      this.add('new', text)
      return this.#get('new')
    }
    if (name !== 'draft.save') throw new Error(name)
    const given = input as Calls['draft.save']['in']
    this.saves.push(given)
    const { draft: id, revision, text, title } = given
    const draft = this.#get(id)
    if (draft.revision !== revision) {
      this.versions.push(text)
      throw new CallError('DraftChanged', 'changed', null)
    }
    const next = { ...draft, text, spans: given.spans, revision: revision + 1, title: title ?? draft.title }
    this.drafts.set(id, next)
    return { ...next, historyCut: false }
  }
}

let host: Host
let storage: Store
let reports: string[]

/** A window on the host, with what stands in its editor. */
function window() {
  const app = {
    info: { dataFolder: '/data' },
    state: null,
    settings: { scale: 1, retrieval: true },
    on: () => () => {},
    call: (name: CallName, input: unknown) => host.call(name, input),
    report: (error: { name: string }) => reports.push(error.name),
    async attempt<T>(run: () => Promise<T>): Promise<T | null> {
      try {
        return await run()
      } catch (error) {
        reports.push((error as Error).name)
        return null
      }
    },
  }
  const drafts = new DraftStore(app as unknown as AppStore, { active: null })
  let text = ''
  let history = ''
  const attach = (): void => {
    text = drafts.opened?.text ?? ''
    drafts.attach({
      read: (whole) => ({ text, spans: spansOf(text), ...(whole || history.length < 100 ? { history } : {}) }),
      length: () => text.length,
    })
  }
  return {
    drafts,
    async open(id: string) {
      await drafts.open(id)
      attach()
    },
    attach,
    type(more: string, steps = '') {
      text += more
      history += steps
      drafts.touch()
    },
    text: () => text,
  }
}
const textAtHost = (id = 'a'): string | undefined => host.drafts.get(id)?.text
const keysKept = (): (string | null)[] =>
  Array.from({ length: storage.length }, (_, i) => storage.key(i)).filter((key) => key?.startsWith('idiolect-unsaved'))
const wait = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  host = new Host()
  host.add('a', 'One.')
  storage = memoryStore()
  reports = []
  vi.stubGlobal('localStorage', storage)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('leaving a draft that could not be saved', () => {
  it('keeps its text, offers it, and saves it when it is opened again', async () => {
    const { drafts, open, type, attach, text } = window()
    await open('a')
    host.gone = true
    type(' Two.')
    await wait(1000)
    expect(drafts.saving.state).toBe('failed')
    type(' Three.')
    await drafts.close()
    expect(drafts.opened).toBeNull()
    expect(drafts.saving.kept.map((kept) => kept.text)).toEqual(['One. Two. Three.'])
    await wait(60_000)
    host.gone = false
    await drafts.open('a')
    attach()
    expect(text()).toBe('One. Two. Three.')
    expect(drafts.saving.back).toBe(true)
    await wait(2000)
    expect(textAtHost()).toBe('One. Two. Three.')
    expect([drafts.saving.kept, keysKept()]).toEqual([[], []])
  })

  it('keeps it over a new start of the window, also when another draft is begun', async () => {
    const first = window()
    await first.open('a')
    host.gone = true
    first.type(' Two.')
    await wait(1000)
    await first.drafts.create()
    expect(first.drafts.opened?.id).toBe('a')
    first.drafts.saving.leave()
    expect(first.drafts.saving.mustStay()).toBe(true)
    await wait(1)
    host.gone = false
    const second = window()
    await second.drafts.load()
    expect(second.drafts.saving.kept.map((kept) => kept.text)).toEqual(['One. Two.'])
    await second.open('a')
    await wait(2000)
    expect(textAtHost()).toBe('One. Two.')
  })

  it('shows both texts where another window went on meanwhile', async () => {
    const first = window()
    await first.open('a')
    host.gone = true
    first.type(' Mine.')
    await wait(1000)
    await first.drafts.close()
    host.gone = false
    host.write('a', 'One. Theirs.')
    await first.open('a')
    await wait(2000)
    expect(first.drafts.saving.conflict).toMatchObject({ mine: 'One. Mine.', theirs: { text: 'One. Theirs.' } })
    expect(textAtHost()).toBe('One. Theirs.')
  })

  it('makes a new draft of it where the old one is gone for good', async () => {
    const { drafts, open, type } = window()
    await open('a')
    host.gone = true
    type(' Two.')
    await wait(1000)
    await drafts.close()
    host.gone = false
    host.drafts.delete('a')
    await drafts.open('a')
    expect(drafts.opened).toMatchObject({ id: 'new', text: 'One. Two.' })
    expect(drafts.saving.kept).toEqual([])
  })
})

describe('a choice between two texts', () => {
  async function refused() {
    const opened = window()
    await opened.open('a')
    host.write('a', 'One. Theirs.')
    opened.type(' Mine.')
    await wait(1000)
    expect(opened.drafts.saving.state).toBe('refused')
    return opened
  }

  it('may be put off: what is typed afterwards is kept, and goes over the other’s in the end', async () => {
    const { drafts, type } = await refused()
    type(' More.')
    await wait(2000)
    expect(drafts.saving.kept.map((kept) => kept.text)).toEqual(['One. Mine. More.'])
    host.write('a', 'One. Theirs. Later.')
    await drafts.saving.choose()
    expect(drafts.saving.conflict).toMatchObject({
      mine: 'One. Mine. More.',
      theirs: { text: 'One. Theirs. Later.' },
    })
    await drafts.saving.keepMine()
    expect(textAtHost()).toBe('One. Mine. More.')
    expect([drafts.saving.state, drafts.saving.kept]).toEqual(['saved', []])
  })

  it('may be left open: the text is offered again', async () => {
    const { drafts, type, open } = await refused()
    type(' More.')
    await drafts.close()
    expect(drafts.saving.kept.map((kept) => kept.text)).toEqual(['One. Mine. More.'])
    await open('a')
    await wait(2000)
    expect(drafts.saving.conflict).toMatchObject({ mine: 'One. Mine. More.', theirs: { text: 'One. Theirs.' } })
  })

  it('sets aside among the versions all that was typed, and shows the other’s newest', async () => {
    const { drafts, type } = await refused()
    type(' More.')
    host.write('a', 'One. Theirs. Later.')
    await drafts.takeTheirs()
    expect(drafts.opened?.text).toBe('One. Theirs. Later.')
    expect(host.versions).toEqual(['One. Mine.', 'One. Mine. More.'])
    expect(drafts.saving.kept).toEqual([])
  })
})

describe('typing while the page changes', () => {
  it('saves what comes while another draft is read', async () => {
    host.add('b', 'Other.')
    const { drafts, open, type } = window()
    await open('a')
    let read = (): void => {}
    host.reading = new Promise((resolve) => {
      read = resolve
    })
    const opening = drafts.open('b')
    await wait(10)
    type(' Two.')
    read()
    await opening
    expect(drafts.opened?.id).toBe('b')
    expect(textAtHost()).toBe('One. Two.')
  })

  it('shows what was asked for last', async () => {
    host.add('b', 'Other.')
    const { drafts, open } = window()
    await open('a')
    let read = (): void => {}
    host.reading = new Promise((resolve) => {
      read = resolve
    })
    const opening = drafts.open('b')
    await wait(10)
    await drafts.close()
    read()
    await opening
    expect(drafts.opened).toBeNull()
  })
})

it('saves a long history when the writer rests', async () => {
  const { open, type } = window()
  await open('a')
  type(' Two.', 'x'.repeat(200))
  await wait(1000)
  expect(host.saves.map((save) => save.history?.length)).toEqual([undefined])
  await wait(6000)
  expect(host.saves.map((save) => save.history?.length)).toEqual([undefined, 200])
  await wait(60_000)
  expect(host.saves).toHaveLength(2)
})

it('asks nobody to stay whose words are on their way, and does where nothing could keep them', async () => {
  const { drafts, open, type } = window()
  await open('a')
  expect(drafts.saving.mustStay()).toBe(false)
  type(' Two.')
  expect(drafts.saving.mustStay()).toBe(false)
  vi.stubGlobal('localStorage', memoryStore(10))
  const full = window()
  await full.open('a')
  full.type(' Three.')
  expect(full.drafts.saving.mustStay()).toBe(true)
})

it('goes back to the draft at which the window was left', async () => {
  const first = window()
  await first.open('a')
  first.drafts.sight.writers = true
  const second = window()
  await second.drafts.goBack()
  expect(second.drafts.opened?.id).toBe('a')
  expect([second.drafts.sight.writers, second.drafts.sight.byItself]).toEqual([true, false])
  await second.drafts.close()
  const third = window()
  await third.drafts.goBack()
  expect(third.drafts.opened).toBeNull()
})
