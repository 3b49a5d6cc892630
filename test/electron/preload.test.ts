import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import vm from 'node:vm'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { projectFolder } from '../../main/entries.ts'
import { type Bridge, CALL_NAMES } from '../../preload/contract.ts'

type Heard = (event: unknown, name: string, data: unknown) => void

const electron = vi.hoisted(() => ({
  exposed: {} as Record<string, unknown>,
  invoked: [] as unknown[][],
  answer: { ok: true, value: null } as unknown,
  heard: new Set<(event: unknown, name: string, data: unknown) => void>(),
}))

const module = {
  contextBridge: {
    exposeInMainWorld: (name: string, value: unknown) => {
      electron.exposed[name] = value
    },
  },
  ipcRenderer: {
    invoke: async (...args: unknown[]) => {
      electron.invoked.push(args)
      return electron.answer
    },
    on: (_channel: string, listener: Heard) => electron.heard.add(listener),
    off: (_channel: string, listener: Heard) => electron.heard.delete(listener),
  },
  webUtils: { getPathForFile: (file: File) => `/dropped/${file.name}` },
}

vi.mock('electron', () => module)

function behaves(bridge: () => Bridge) {
  beforeEach(() => {
    electron.invoked.length = 0
    electron.heard.clear()
  })

  it('passes calls of the contract on, and no others', async () => {
    electron.answer = { ok: true, value: { scale: 1 } }
    expect(await bridge().call('app.set', { scale: 1 })).toEqual({ scale: 1 })
    expect(electron.invoked).toEqual([['idiolect:call', 'app.set', { scale: 1 }]])
    await expect(bridge().call('shell.run' as 'app.set', {})).rejects.toMatchObject({ name: 'UnknownCall' })
    expect(electron.invoked).toHaveLength(1)
  })

  it('throws an error with all its words', async () => {
    electron.answer = { ok: false, error: { name: 'DiskFull', message: 'm', next: 'n' } }
    await expect(bridge().call('app.info', {})).rejects.toEqual({ name: 'DiskFull', message: 'm', next: 'n' })
  })

  it('lets events through by name until it is told to stop', () => {
    const got: unknown[] = []
    const stop = bridge().on('stream', (chunk) => got.push(chunk))
    for (const heard of electron.heard) heard({ sender: 'secret' }, 'stream', 1)
    for (const heard of electron.heard) heard({}, 'train.state', 2)
    expect(got).toEqual([1])
    stop()
    expect(electron.heard.size).toBe(0)
    expect(() => bridge().on('other' as 'stream', () => {})).toThrow()
  })

  it('tells where a dropped file lies', () => {
    expect(bridge().pathOf?.({ name: 'a.md' } as File)).toBe('/dropped/a.md')
  })

  it('gives the page these three functions and nothing of Electron', () => {
    expect(Object.keys(electron.exposed)).toEqual(['idiolect'])
    expect(Object.keys(bridge()).sort()).toEqual(['call', 'on', 'pathOf'])
  })
}

describe('the preload', async () => {
  await import('../../preload/index.ts')
  behaves(() => electron.exposed.idiolect as Bridge)
})

const built = path.join(projectFolder(), 'out', 'preload', 'index.cjs')

describe.skipIf(!existsSync(built))('the built preload', () => {
  const code = existsSync(built) ? readFileSync(built, 'utf8') : ''

  beforeEach(() => {
    electron.exposed = {}
    // As in the sandbox: no module but electron, nothing of Node.
    const require = (name: string) => {
      if (name !== 'electron') throw new Error(`the sandbox has no module ${name}`)
      return module
    }
    vm.runInNewContext(code, { require, module: { exports: {} }, exports: {} })
  })

  behaves(() => electron.exposed.idiolect as Bridge)

  it('is one file with every call name in it', () => {
    expect(readdirSync(path.dirname(built))).toEqual(['index.cjs'])
    for (const name of CALL_NAMES) expect(code).toContain(`"${name}"`)
  })
})
