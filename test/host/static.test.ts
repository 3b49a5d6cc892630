import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readStatic } from '../../main/host/static.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()
const inside = path.join(folder, 'in')
mkdirSync(path.join(inside, 'assets'), { recursive: true })
writeFileSync(path.join(inside, 'index.html'), 'start')
writeFileSync(path.join(inside, 'assets', 'x.css'), 'a{}')
writeFileSync(path.join(inside, 'program.exe'), 'no')
writeFileSync(path.join(folder, 'in.txt'), 'outside')
writeFileSync(path.join(folder, 'out.txt'), 'outside')
symlinkSync(path.join(folder, 'out.txt'), path.join(inside, 'link.txt'))

describe('readStatic', () => {
  it('reads files of known types, and index.html for the root', async () => {
    expect((await readStatic(inside, '/'))?.body.toString()).toBe('start')
    const css = await readStatic(inside, '/assets/x.css')
    expect(css?.headers['content-type']).toBe('text/css; charset=utf-8')
    expect(css?.headers['cache-control']).toContain('immutable')
    expect((await readStatic(inside, '/index.html'))?.headers['cache-control']).toBe('no-cache')
    expect(await readStatic(inside, '/program.exe')).toBeNull()
  })

  it('follows no way out, by dots, by links or by a folder whose name begins alike', async () => {
    for (const name of [
      '/../out.txt',
      '/%2e%2e/out.txt',
      '/link.txt',
      '/../in.txt',
      '//etc/hostname.txt',
      '/nothing.txt',
    ]) {
      expect(await readStatic(inside, name), name).toBeNull()
    }
  })
})
