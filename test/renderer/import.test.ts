/** How an import ends in the window: what came in is on show before its report is. */
import { expect, it } from 'vitest'
import type { ImportState } from '../../preload/contract.ts'
import type { AppStore } from '../../renderer/state/app.svelte.ts'
import { ImportStore } from '../../renderer/state/import.svelte.ts'
import type { LibraryStore } from '../../renderer/state/library.svelte.ts'

const REPORT = { documents: 2, passages: 5, unchanged: 0, skipped: [], questions: [] }

/** A host whose imports and whose list of pieces end when the test says so. */
function host() {
  const told: ((state: ImportState) => void)[] = []
  const requests: string[] = []
  const answers: ((report: typeof REPORT) => void)[] = []
  const lists: (() => void)[] = []
  const reported: string[] = []
  const app = {
    report: ({ name }: { name: string }) => void reported.push(name),
    on: (name: string, take: (state: ImportState) => void) => name === 'import.state' && told.push(take),
    call: (_: string, { request }: { request: string }) => {
      requests.push(request)
      return new Promise((resolve) => answers.push(resolve))
    },
    attempt: (run: () => Promise<unknown>) => run().catch(() => null),
  }
  const library = { load: () => new Promise<void>((resolve) => lists.push(resolve)) }
  return {
    imports: new ImportStore(app as unknown as AppStore, library as unknown as LibraryStore),
    tell: (state: Partial<ImportState> = {}) =>
      told.forEach((take) => {
        const request = requests.at(-1) ?? ''
        take({ request, paths: [], by: 'owner', running: false, progress: null, report: REPORT, error: null, ...state })
      }),
    answer: () => answers.shift()?.(REPORT),
    reported,
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

it('tells whoever brings more while it reads', async () => {
  const { imports, reported } = host()
  expect(imports.refusesMore()).toBe(false)
  void imports.run(['posts'])
  expect(imports.refusesMore()).toBe(true)
  expect(await imports.run(['letters'])).toBe(false)
  expect(reported).toEqual(['StillReading', 'StillReading'])
})
