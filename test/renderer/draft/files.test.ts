/** A linked file that somebody else changed is never written over unseen, and that is said where it was asked for. */
import { expect, it } from 'vitest'
import type { CallName } from '../../../preload/contract.ts'
import { CallError } from '../../../renderer/lib/errors.ts'
import type { AppStore } from '../../../renderer/state/app.svelte.ts'
import type { DraftStore } from '../../../renderer/state/draft.svelte.ts'
import { DraftFiles } from '../../../renderer/state/draft-files.svelte.ts'

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
  const drafts = { current, flush: async () => {} }
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
