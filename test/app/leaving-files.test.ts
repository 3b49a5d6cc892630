import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { deleteLeaving, noteLeaving, noteStaying } from '../../main/app/leaving-files.ts'
import { openStore, type Store } from '../../main/store/store.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()
let store: Store
beforeAll(async () => {
  store = await openStore(folder)
  return () => store.close()
})

function written(name: string): string {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, 'text')
  return file
}

it('deletes files and whole folders that were noted, and nothing else', () => {
  const [inside, alone, other] = ['runs/a/deep/one', 'voices/a.gguf', 'voices/b.gguf'].map(written)
  noteLeaving(store, ['runs/a', 'voices/a.gguf', 'voices/never-there.gguf'])
  expect(deleteLeaving(store)).toBeNull()
  expect([inside, alone, other].map((file) => existsSync(String(file)))).toEqual([false, false, true])
})

it('keeps what came again under its old name', () => {
  const file = written('voices/again.gguf')
  noteLeaving(store, ['voices/again.gguf'])
  noteStaying(store, 'voices/again.gguf')
  expect(deleteLeaving(store)).toBeNull()
  expect(existsSync(file)).toBe(true)
})

it.skipIf(process.platform === 'win32')('says what cannot be deleted, and tries it again', () => {
  written('voices/file')
  // No folder, so what would lie in it cannot be looked for.
  noteLeaving(store, ['voices/file/inside', 'voices/b.gguf'])
  for (let time = 0; time < 2; time++)
    expect(deleteLeaving(store)).toMatchObject({
      name: 'CannotDelete',
      message: expect.stringContaining(path.join('voices', 'file', 'inside')),
    })
  expect(existsSync(path.join(folder, 'voices', 'b.gguf'))).toBe(false)
  noteStaying(store, 'voices/file/inside')
  expect(deleteLeaving(store)).toBeNull()
})
