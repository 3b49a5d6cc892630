import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../main/app/app.ts'
import type { DraftSummary } from '../../preload/contract.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { terminalOn, tinyBase } from './idiolect.ts'

const root = temporaryFolder()
const base = tinyBase(root)
const terminal = terminalOn(root)
let id = ''
/** The error that a command ends with. */
const failing = async (args: string[]): Promise<{ name: string; message: string }> => {
  const ran = await terminal.run(['--json', ...args])
  expect(ran.code).toBe(1)
  return ran.json<{ error: { name: string; message: string } }>().error
}

beforeAll(async () => {
  await terminal.ok(['models', 'add', base])
  const app = await createApp({ dataFolder: terminal.data, host: 'terminal' })
  id = (await app.handlers['draft.create']({ text: '# The tide\n\nIt **turned** at noon.' })).id
  await app.handlers['draft.create']({ text: 'Another one' })
  await app.close()
})

describe('drafts', () => {
  it('are listed, and found by a word', async () => {
    const { drafts } = await terminal.ok<{ drafts: DraftSummary[] }>(['drafts'])
    expect(drafts.map(({ title }) => title)).toEqual(['Another one', 'The tide'])
    const { drafts: found } = await terminal.ok<{ drafts: DraftSummary[] }>(['drafts', 'NOON'])
    expect(found.map((draft) => draft.id)).toEqual([id])
  })

  it('are written out, and over nothing that they did not write', async () => {
    const file = path.join(root, 'tide.md')
    expect(await terminal.ok(['drafts', 'export', id.slice(0, 8), file])).toEqual({ file, bytes: 35 })
    writeFileSync(file, 'Changed by hand.')
    const refused = await failing(['drafts', 'export', id, file])
    expect(refused).toMatchObject({ name: 'FileChanged' })
    expect(readFileSync(file, 'utf8')).toBe('Changed by hand.')
    await terminal.ok(['drafts', 'export', id, file, '--replace'])
    expect(readFileSync(file, 'utf8')).toContain('It **turned**')
    expect(await failing(['drafts', 'export', id, path.join(root, 'a.pdf')])).toMatchObject({ name: 'BadOption' })
    expect(await failing(['drafts', 'export', 'nowhere', file])).toMatchObject({ name: 'UnknownDraft' })
  })
})

describe('rewrite', () => {
  it('says so where a model cannot do it, and when there is nothing to do', async () => {
    const file = path.join(root, 'text.md')
    writeFileSync(
      file,
      'The ferry was late again on Monday, and nobody who stood on the pier was much surprised by it.\n',
    )
    // A model of random weights keeps to no text.
    expect(await failing(['rewrite', file, '--how', 'plainer', '--max-tokens', '8'])).toMatchObject({
      name: 'NoRewrite',
    })
    expect(await failing(['rewrite', file, '--how', 'louder'])).toMatchObject({ name: 'BadOption' })
    writeFileSync(file, ' \n')
    expect(await failing(['rewrite', file])).toMatchObject({ name: 'EmptyText' })
  })

  it('does what is asked', async () => {
    const file = path.join(root, 'asked.md')
    writeFileSync(file, 'The ferry was late.\n')
    const { text, voice } = await terminal.ok<{ text: string; voice: string | null }>([
      'rewrite',
      file,
      '--ask',
      'Say it as a question',
      '--max-tokens',
      '12',
      '--no-retrieval',
    ])
    expect(text.trim()).not.toBe('')
    expect(voice).toBeNull()
  })
})
