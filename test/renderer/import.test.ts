/** How an import ends in the window: what came in is on show before its report is. */
import { expect, it, vi } from 'vitest'
import type { ContractError, ImportState } from '../../preload/contract.ts'
import { CallError } from '../../renderer/lib/errors.ts'
import type { AppStore } from '../../renderer/state/app.svelte.ts'
import { ImportStore } from '../../renderer/state/import.svelte.ts'
import { importJob } from '../../renderer/state/jobs.svelte.ts'
import type { LibraryStore } from '../../renderer/state/library.svelte.ts'
import { words } from '../../renderer/words/words.ts'
import { memoryStore } from './memory-store.ts'

const FAILED = { name: 'NothingToImport', message: 'posts is not there', next: null }
const REPORT = { documents: 2, passages: 5, unchanged: 0, skipped: [], questions: [] }

/**
 * A host whose imports and whose list of pieces end when the test says so.
 * @param kept what the browser remembers
 */
function host(kept = memoryStore()) {
  const told: ((state: ImportState) => void)[] = []
  const requests: string[] = []
  const answers: ((ended: typeof REPORT | Promise<never>) => void)[] = []
  const lists: (() => void)[] = []
  const app = {
    on: (name: string, take: (state: ImportState) => void) => name === 'import.state' && told.push(take),
    call: (_: string, { request }: { request: string }) => {
      requests.push(request)
      return new Promise((resolve) => answers.push(resolve))
    },
    attempt: (run: () => Promise<unknown>) => run().catch(() => null),
    report: vi.fn(),
    welcome: false,
  }
  const library = { load: () => new Promise<void>((resolve) => lists.push(resolve)) }
  return {
    report: app.report,
    imports: new ImportStore(app as unknown as AppStore, library as unknown as LibraryStore, kept),
    tell: (state: Partial<ImportState> = {}) =>
      told.forEach((take) => {
        const request = requests.at(-1) ?? ''
        take({ request, paths: [], by: 'owner', running: false, progress: null, report: REPORT, error: null, ...state })
      }),
    answer: () => answers.shift()?.(REPORT),
    refuse: (error: ContractError) => answers.shift()?.(Promise.reject(error)),
    /** What goes on or ended before there was a window. */
    found: (state: unknown) => answers.shift()?.(state as typeof REPORT),
    list: () => lists.shift()?.(),
  }
}

/** After everything that waits for nothing has been done. */
const settled = () => new Promise((resolve) => setTimeout(resolve))

it('is over for the window when its pieces are listed, whichever of its two ends comes first', async () => {
  for (const first of ['event', 'answer'] as const) {
    const { imports, tell, answer, list } = host()
    const ended = imports.run(['posts'])
    if (first === 'event') tell()
    else answer()
    await settled()
    expect(imports.running).toBe(true)
    expect(imports.report).toBeNull()
    list()
    await settled()
    expect(imports.running).toBe(false)
    expect(imports.report).toEqual(REPORT)
    imports.forget()
    if (first === 'event') answer()
    else tell()
    await settled()
    list()
    await settled()
    expect(await ended).toBe(true)
    expect(imports.report, 'dismissed once, it stays so').toBeNull()
  }
})

it('leaves alone the import that has begun since', async () => {
  const { imports, tell, answer, list } = host()
  void imports.run(['posts'])
  tell()
  answer()
  await settled()
  list()
  await settled()
  imports.forget()
  void imports.run(['letters'])
  list()
  await settled()
  expect(imports.running).toBe(true)
  expect(imports.report).toBeNull()
})

it('goes on through what a watch reads by itself', async () => {
  const { imports, tell, list } = host()
  void imports.run(['posts'])
  tell({ by: 'watch', request: 'watched' })
  await settled()
  list()
  await settled()
  expect(imports.running).toBe(true)
  expect(imports.report).toBeNull()
})

it('says of an import how it ended', async () => {
  for (const [error, said] of [
    [null, words.status.importDone],
    [FAILED, words.status.importFailed],
    [{ ...FAILED, name: 'Cancelled' }, words.status.importStopped],
  ] as const) {
    const { imports, answer, refuse, list } = host()
    void imports.run(['posts'])
    const job = importJob(imports)
    if (error) refuse(error)
    else answer()
    await settled()
    list()
    await settled()
    // The library's page forgets the report as soon as it is not shown.
    imports.forget()
    expect(importJob(imports)).toBeNull()
    expect(job?.ended()).toBe(said)
  }
})

it('tells once why an import failed, whichever of its two ends comes first', async () => {
  for (const first of ['event', 'answer'] as const) {
    const { imports, tell, refuse, list, report } = host()
    const ended = imports.run(['posts'])
    const ends = [() => tell({ report: null, error: FAILED }), () => refuse(FAILED)]
    for (const end of first === 'event' ? ends : ends.reverse()) {
      end()
      await settled()
      list()
      await settled()
    }
    expect(await ended).toBe(false)
    expect(report.mock.calls).toEqual([[FAILED]])
  }
})

it('tells why an import failed that went on by itself, also one that failed before there was a window, once', async () => {
  const kept = memoryStore()
  const failed = {
    request: 'goes on',
    paths: [],
    by: 'owner',
    running: false,
    progress: null,
    report: null,
    error: FAILED,
  }
  const opened = async (store = kept) => {
    const window = host(store)
    const loading = window.imports.load()
    window.found(failed)
    await settled()
    window.list()
    await loading
    return window.report.mock.calls
  }
  expect(await opened()).toEqual([[FAILED]])
  expect(await opened()).toEqual([])
  const { tell, list, report } = host()
  tell({ ...failed, by: 'owner', running: true, error: null })
  tell({ ...failed, by: 'owner' })
  await settled()
  list()
  await settled()
  expect(report.mock.calls).toEqual([[FAILED]])
})

it('still ends where the connection was lost in its middle', async () => {
  const { imports, tell, refuse, list } = host()
  void imports.run(['posts'])
  refuse({ name: 'NoConnection', message: 'no answer', next: null })
  await settled()
  list()
  await settled()
  tell({ running: true, report: null })
  expect(imports.running).toBe(true)
  tell()
  await settled()
  list()
  await settled()
  expect([imports.running, imports.report]).toEqual([false, REPORT])
})

it('tells whoever brings more while it reads', async () => {
  const { imports, report } = host()
  expect(imports.refusesMore()).toBe(false)
  void imports.run(['posts'])
  expect(imports.refusesMore()).toBe(true)
  expect(await imports.run(['letters'])).toBe(false)
  expect(report.mock.calls.map(([{ name }]) => name)).toEqual(['StillReading', 'StillReading'])
})

/** A browser's page, whose host keeps what is no .pdf and reads what it kept. @param files with what they hold; null: not readable */
async function dropped(files: Record<string, string | null>) {
  const imported: string[][] = []
  const report = vi.fn()
  const app = {
    on: () => {},
    pathOf: null,
    report,
    welcome: false,
    async call(name: string, input: { files: { name: string }[]; paths: string[] }) {
      if (name === 'library.keep') {
        const wrong = input.files.find((file) => file.name.endsWith('.pdf'))
        if (wrong) throw new CallError('NotWriting', `${wrong.name} is of a kind that is not read`, null)
        return { paths: input.files.map((file) => `/given/${file.name}`) }
      }
      imported.push(input.paths)
      return { ...REPORT, skipped: [{ path: '/given/empty.md', reason: 'it is empty' }] }
    },
  }
  const library = { load: async () => {} }
  const imports = new ImportStore(app as unknown as AppStore, library as unknown as LibraryStore, memoryStore())
  const torn = { size: 1, arrayBuffer: () => Promise.reject(new Error('gone')) }
  const items = Object.entries(files).map(([name, text]) => {
    const file = text === null ? ({ ...torn, name } as unknown as File) : new File([text], name)
    return { file, entry: null }
  })
  const done = await imports.drop(items)
  return { imports, done, imported, said: report.mock.calls.map(([error]) => error as ContractError) }
}

it('reads all of a drop that can be read, and tells what was left out', async () => {
  const { imports, done, imported, said } = await dropped({ 'a.md': 'a', 'b.pdf': 'b', 'c.md': null, 'd.md': 'd' })
  expect(done).toBe(true)
  expect(imported).toEqual([['/given/a.md', '/given/d.md']])
  expect(said.map(({ name }) => name)).toEqual(['LeftOut'])
  expect(said[0]?.message).toMatch(/2 things.+c\.md: It could not be read \(gone\)\..+b\.pdf/)
  expect(imports.report?.skipped.map(({ path }) => path)).toEqual(['c.md', 'b.pdf', '/given/empty.md'])
  expect(imports.running).toBe(false)
})

it('says why nothing of a drop was read', async () => {
  const one = await dropped({ 'b.pdf': 'b' })
  expect([one.done, one.said.map(({ name }) => name), one.imports.error?.name]).toEqual([
    false,
    ['NotWriting'],
    'NotWriting',
  ])
  const none = await dropped({})
  expect([none.done, none.said.map(({ name }) => name)]).toEqual([false, ['NothingToImport']])
  expect([...one.imported, ...none.imported]).toEqual([])
})
