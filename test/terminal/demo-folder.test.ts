import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { entryFile } from '../../main/entries.ts'
import { beginDemoFolder } from '../../main/terminal/demo-folder.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const root = temporaryFolder()

describe('the demo’s folder', () => {
  it('is begun anew each time', () => {
    const folder = path.join(root, 'demo')
    expect(beginDemoFolder({ IDIOLECT_DEMO: folder })).toBe(folder)
    writeFileSync(path.join(folder, 'library.db'), 'of the last time')
    beginDemoFolder({ IDIOLECT_DEMO: folder })
    expect(readdirSync(folder)).toEqual(['made-by-the-demo'])
  })

  it('is never one that the demo did not make', () => {
    const folder = path.join(root, 'mine')
    mkdirSync(folder)
    writeFileSync(path.join(folder, 'library.db'), 'years of writing')
    expect(() => beginDemoFolder({ IDIOLECT_DEMO: folder })).toThrow(expect.objectContaining({ name: 'NoDemoFolder' }))
    expect(readdirSync(folder)).toEqual(['library.db'])
  })

  it('is not the owner’s where the built demo is run by itself', async () => {
    const home = path.join(root, 'home')
    mkdirSync(home)
    writeFileSync(path.join(home, 'library.db'), 'years of writing')
    const demo = path.join(path.dirname(entryFile('trainer-worker')), 'demo.js')
    const { IDIOLECT_DEMO: _, ...env } = process.env
    const stderr = await new Promise<string>((resolve) => {
      execFile(process.execPath, [demo], { env: { ...env, IDIOLECT_HOME: home } }, (_error, _stdout, said) =>
        resolve(said),
      )
    })
    expect(stderr).toContain('npm run demo')
    expect(existsSync(path.join(home, 'library.db'))).toBe(true)
  })
})
