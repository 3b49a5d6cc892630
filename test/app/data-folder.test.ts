import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { defaultDataFolder, modelsFolder, otherModelFolders } from '../../main/app/data-folder.ts'

const machine = (platform: NodeJS.Platform, env: NodeJS.ProcessEnv = {}) => ({ env, platform, home: '/home/me' })

describe('the data folder', () => {
  it("is IDIOLECT_HOME, else the system's place", () => {
    expect(defaultDataFolder(machine('linux', { IDIOLECT_HOME: '/x' }))).toBe('/x')
    expect(defaultDataFolder(machine('linux', { IDIOLECT_HOME: 'x' }))).toBe(path.resolve('x'))
    expect(defaultDataFolder(machine('linux'))).toBe('/home/me/.local/share/idiolect')
    expect(defaultDataFolder(machine('linux', { XDG_DATA_HOME: '/xdg' }))).toBe('/xdg/idiolect')
    expect(defaultDataFolder(machine('linux', { XDG_DATA_HOME: 'relative' }))).toBe('/home/me/.local/share/idiolect')
    expect(defaultDataFolder(machine('darwin'))).toBe('/home/me/Library/Application Support/Idiolect')
    expect(defaultDataFolder(machine('win32', { APPDATA: '/appdata' }))).toBe('/appdata/Idiolect')
  })

  it('holds the models, unless several share IDIOLECT_MODELS', () => {
    expect(modelsFolder('/data', {})).toBe('/data/models')
    expect(modelsFolder('/data', { IDIOLECT_MODELS: '/cache' })).toBe('/cache')
  })

  it('has neighbours that may hold a model already, never itself', () => {
    const usual = '/home/me/.local/share/idiolect/models'
    expect(otherModelFolders('/p', '/data', machine('linux'))).toEqual(['/p/.idiolect/models', usual])
    expect(otherModelFolders('/p', '/home/me/.local/share/idiolect', machine('linux'))).toEqual(['/p/.idiolect/models'])
    const shared = machine('linux', { IDIOLECT_MODELS: '/p/.idiolect/models', IDIOLECT_HOME: '/p/.idiolect/test' })
    expect(otherModelFolders('/p', '/p/.idiolect/test', shared)).toEqual([usual])
  })
})
