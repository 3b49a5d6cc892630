/**
 * A linked file that somebody else changed is never written over unseen, and that is said where it was asked for; and
 * nothing goes to a file or comes from it while words of the draft are in the window alone.
 */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { CallName } from '../../../preload/contract.ts'
import { CallError } from '../../../renderer/lib/errors.ts'
import type { AppStore } from '../../../renderer/state/app.svelte.ts'
import { DraftStore } from '../../../renderer/state/draft.svelte.ts'
import { DraftFiles } from '../../../renderer/state/draft-files.svelte.ts'
import { memoryStore } from '../memory-store.ts'

beforeEach(() => vi.stubGlobal('localStorage', memoryStore()))
afterEach(() => vi.unstubAllGlobals())

function filesOf(file: string) {
  const calls: unknown[] = []
  const current = { id: 'a', file, title: 'Harbour' }
  const app = {
    on: () => () => {},
    report: (error: Error) => calls.push(error.name),
    async call(name: CallName, input: { replace?: boolean; file: string }) {
      calls.push([name, input.file, input.replace])
      if (!input.replace) throw new CallError('FileChanged', `${input.file} was changed on disk`, 'Replace it.')
      return { file: input.file, bytes: 3 }
    },
  }
  const drafts = { current, flush: async () => {}, saving: { behind: false } }
  return { files: new DraftFiles(app as unknown as AppStore, drafts as unknown as DraftStore), calls, current }
}

it('asks beside the linked file, and writes to that very file', async () => {
  const { files, calls, current } = filesOf('/folder/harbour.md')
  expect(await files.toFile()).toBe(false)
  expect(files.refused).toMatchObject({ file: '/folder/harbour.md', linked: true })
  current.id = 'b'
  expect(files.refused).toBeNull()
  current.id = 'a'
  expect(await files.replace()).toEqual({ file: '/folder/harbour.md', bytes: 3 })
  expect(files.refused).toBeNull()
  expect(calls).toEqual([
    ['draft.export', '/folder/harbour.md', false],
    ['draft.export', '/folder/harbour.md', true],
  ])
})

it('asks in the export where that was refused', async () => {
  const { files } = filesOf('/folder/harbour.md')
  expect(await files.export('/other/harbour.docx', 'docx')).toBeNull()
  expect(files.refused).toMatchObject({ file: '/other/harbour.docx', format: 'docx', linked: false })
})

/** A draft with words in it that the host refuses, or could not be told, and the file that it is linked to. */
async function unsaved(why: 'DraftChanged' | 'NoSpace') {
  const calls: string[] = []
  const reports: string[] = []
  const draft = {
    id: 'a',
    title: 'Harbour',
    file: '/folder/harbour.md',
    text: 'One.',
    spans: [],
    revision: 1,
    history: null,
  }
  const app = {
    info: { dataFolder: '/data' },
    settings: { scale: 1, retrieval: true },
    on: () => () => {},
    report: ({ name }: Error) => reports.push(name),
    attempt: (run: () => Promise<unknown>) => run().catch(() => null),
    async call(name: CallName) {
      calls.push(name)
      if (name === 'draft.save') throw new CallError(why, 'refused', null)
      return name === 'draft.export' ? { file: draft.file, bytes: 4 } : draft
    },
  }
  const drafts = new DraftStore(app as unknown as AppStore, { active: null })
  await drafts.open('a')
  drafts.attach({ read: () => ({ text: 'One. Two.', spans: [] }), length: () => 9 })
  drafts.touch()
  return { drafts, reports, calls: () => calls.filter((name) => name === 'draft.export' || name === 'draft.read') }
}

it.each(['DraftChanged', 'NoSpace'] as const)(
  'writes and takes nothing while the draft is behind (%s)',
  async (why) => {
    const { drafts, reports, calls } = await unsaved(why)
    const { files } = drafts
    expect(await files.toFile()).toBe(false)
    expect(await files.export('/other/harbour.md', 'md')).toBeNull()
    await files.takeFile()
    expect(calls()).toEqual([])
    expect(reports.filter((name) => name === 'NotSaved')).toHaveLength(3)
    expect(drafts.saving.kept.map(({ text }) => text)).toEqual(['One. Two.'])
    drafts.saving.end()
  },
)
