import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { build, buildReady } from '../../scripts/build.mjs'
import { electronBinary, electronFailure, fetchElectron, whyNoWindow } from '../../scripts/electron.mjs'
import { packagesReady } from '../../scripts/packages.mjs'

let root

function write(file, content) {
  const place = path.join(root, file)
  mkdirSync(path.dirname(place), { recursive: true })
  writeFileSync(place, typeof content === 'string' ? content : JSON.stringify(content))
  return place
}

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'idiolect-setup-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('packages', () => {
  const native = { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch] }
  const foreign = { version: '1.0.0', optional: true, os: ['plan9'], cpu: ['vax'] }
  const lock = {
    packages: {
      '': { name: 'x' },
      'node_modules/a': { version: '2.0.0' },
      'node_modules/native': native,
      'node_modules/foreign': foreign,
    },
  }

  function installed(packages) {
    write('node_modules/.package-lock.json', { packages })
    if (packages['node_modules/native']) write('node_modules/native/package.json', {})
  }

  beforeEach(() => write('package-lock.json', lock))

  it('are ready when npm recorded the versions of the lock file, those of other platforms aside', () => {
    expect(packagesReady(root)).toBe(false)
    installed({ 'node_modules/a': { version: '2.0.0' }, 'node_modules/native': native })
    expect(packagesReady(root)).toBe(true)
    // Recorded now: the next look compares one hash.
    expect(existsSync(path.join(root, 'node_modules', '.idiolect-setup'))).toBe(true)
    expect(packagesReady(root)).toBe(true)
  })

  it('are not ready when one is missing, has another version, or is of another platform', () => {
    installed({ 'node_modules/native': native })
    expect(packagesReady(root)).toBe(false)
    installed({ 'node_modules/a': { version: '2.0.1' }, 'node_modules/native': native })
    expect(packagesReady(root)).toBe(false)
    installed({ 'node_modules/a': { version: '2.0.0' }, 'node_modules/foreign': foreign })
    expect(packagesReady(root)).toBe(false)
  })

  it('are not ready any more when the lock file asks for more', () => {
    installed({ 'node_modules/a': { version: '2.0.0' }, 'node_modules/native': native })
    expect(packagesReady(root)).toBe(true)
    write('package-lock.json', { packages: { ...lock.packages, 'node_modules/b': { version: '1.0.0' } } })
    expect(packagesReady(root)).toBe(false)
  })

  it('are not ready after an interrupted install', () => {
    installed({ 'node_modules/a': { version: '2.0.0' }, 'node_modules/native': native })
    expect(packagesReady(root)).toBe(true)
    write('.idiolect/install-begun', '')
    expect(packagesReady(root)).toBe(false)
  })
})

describe('the build', () => {
  const tool = 'node_modules/electron-vite/bin/electron-vite.js'
  const works = `const fs = require('fs'); fs.mkdirSync('out', { recursive: true }); fs.writeFileSync('out/built', process.argv[2])`

  beforeEach(() => {
    write('main/a.ts', 'one')
    write('package.json', {})
  })

  it('is done once, and again when a source is new, changed, touched or gone', async () => {
    write(tool, works)
    expect(buildReady(root)).toBe(false)
    await build(root)
    expect(readFileSync(path.join(root, 'out', 'built'), 'utf8')).toBe('build')
    expect(buildReady(root)).toBe(true)
    const changes = [
      () => write('main/a.ts', 'longer'),
      () => write('renderer/deep/er/b.svelte', ''),
      () => utimesSync(path.join(root, 'main', 'a.ts'), 1, 1),
      () => rmSync(path.join(root, 'renderer'), { recursive: true }),
    ]
    for (const change of changes) {
      change()
      expect(buildReady(root)).toBe(false)
      await build(root)
      expect(buildReady(root)).toBe(true)
    }
  })

  it('tells what went wrong, and is not taken for done', async () => {
    write(tool, works)
    await build(root)
    write('main/a.ts', 'broken')
    write(tool, `console.error('a.ts: unexpected token'); process.exit(1)`)
    await expect(build(root)).rejects.toMatchObject({
      message: 'The build failed:\na.ts: unexpected token',
      next: expect.stringContaining('npm run build'),
    })
    write('main/a.ts', 'one')
    expect(buildReady(root)).toBe(false)
  })
})

describe("Electron's binary", () => {
  const name = 'electron'

  beforeEach(() => {
    write('node_modules/electron/package.json', { version: '45.0.0' })
  })

  function installer(code) {
    write('node_modules/electron/install.js', code)
  }

  it('is found only when it is of the version that is wanted', () => {
    expect(electronBinary(root)).toBeNull()
    write('node_modules/electron/path.txt', name)
    write('node_modules/electron/dist/version', 'v44.0.0')
    const binary = write(`node_modules/electron/dist/${name}`, '')
    expect(electronBinary(root)).toBeNull()
    write('node_modules/electron/dist/version', '45.0.0')
    expect(electronBinary(root)).toBe(binary)
    rmSync(binary)
    expect(electronBinary(root)).toBeNull()
  })

  it('is fetched by its own installer', async () => {
    installer(`const fs = require('fs'); process.chdir(__dirname); fs.mkdirSync('dist')
      fs.writeFileSync('dist/version', '45.0.0'); fs.writeFileSync('dist/${name}', ''); fs.writeFileSync('path.txt', '${name}')`)
    expect(await fetchElectron(root)).toBeNull()
    expect(electronBinary(root)).not.toBeNull()
    expect(electronFailure(root)).toBeNull()
  })

  it('is not asked for again within a day of a failure, unless the version is another', async () => {
    installer(`console.error('RequestError: getaddrinfo ENOTFOUND github.com\\n  at x'); process.exit(1)`)
    expect(await fetchElectron(root)).toBe('getaddrinfo ENOTFOUND github.com')
    expect(electronFailure(root)).toBe('getaddrinfo ENOTFOUND github.com')
    expect(electronFailure(root, Date.now() + 25 * 60 * 60 * 1000)).toBeNull()
    write('node_modules/electron/package.json', { version: '46.0.0' })
    expect(electronFailure(root)).toBeNull()
  })

  it('is of no use in CI, without a display, or to root', () => {
    expect(whyNoWindow({ CI: 'true', DISPLAY: ':0' }, 'linux', 1000)).toContain('CI')
    expect(whyNoWindow({}, 'linux', 1000)).toContain('no display')
    expect(whyNoWindow({ DISPLAY: ':0' }, 'linux', 0)).toContain('root')
    expect(whyNoWindow({ DISPLAY: ':0' }, 'linux', 1000)).toBeNull()
    expect(whyNoWindow({ WAYLAND_DISPLAY: 'w' }, 'linux', 1000)).toBeNull()
    expect(whyNoWindow({}, 'darwin', 501)).toBeNull()
    expect(whyNoWindow({}, 'win32', null)).toBeNull()
  })
})
