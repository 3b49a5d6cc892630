import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { alone } from '../../scripts/alone.mjs'
import { build, buildReady } from '../../scripts/build.mjs'
import { electronBinary, electronFailure, fetchElectron, readyElectron, whyNoWindow } from '../../scripts/electron.mjs'
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

  it('are not ready where npm’s own record was cut off', () => {
    write('node_modules/.package-lock.json', '{"packages": {"node_modules/a"')
    expect(packagesReady(root)).toBe(false)
  })

  it('are ready in a checkout that may not be written, too', () => {
    installed({ 'node_modules/a': { version: '2.0.0' }, 'node_modules/native': native })
    // A folder where the stamp is to be written refuses everybody, root too.
    mkdirSync(path.join(root, 'node_modules', '.idiolect-setup'))
    expect(packagesReady(root)).toBe(true)
  })

  it.runIf(process.platform === 'linux')('are not ready with the native packages of another C library', () => {
    const libc = process.report.getReport().header.glibcVersionRuntime ? ['glibc', 'musl'] : ['musl', 'glibc']
    const [own, other] = libc.map((name) => ({ ...native, libc: [name] }))
    write('package-lock.json', {
      packages: { ...lock.packages, 'node_modules/own': own, 'node_modules/other': other },
    })
    const rest = { 'node_modules/a': { version: '2.0.0' }, 'node_modules/native': native }
    installed({ ...rest, 'node_modules/other': other })
    expect(packagesReady(root)).toBe(false)
    installed({ ...rest, 'node_modules/own': own })
    expect(packagesReady(root)).toBe(true)
    expect(readFileSync(path.join(root, 'node_modules', '.idiolect-setup'), 'utf8')).toMatch(new RegExp(` ${libc[0]}$`))
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

  it('is not disturbed by what editors leave beside the sources', async () => {
    write(tool, works)
    await build(root)
    // As Emacs marks a file that is being changed.
    symlinkSync('somebody@somewhere.123', path.join(root, 'main', '.#a.ts'))
    write('main/.a.ts.swp', 'x')
    expect(buildReady(root)).toBe(true)
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
    const why = (env, platform, user) => whyNoWindow({ env, platform, user, read: () => null })
    expect(why({ CI: 'true', DISPLAY: ':0' }, 'linux', 1000)).toContain('CI')
    expect(why({}, 'linux', 1000)).toContain('no display')
    expect(why({ DISPLAY: ':0' }, 'linux', 0)).toContain('root')
    expect(why({ DISPLAY: ':0' }, 'linux', 1000)).toBeNull()
    expect(why({ WAYLAND_DISPLAY: 'w' }, 'linux', 1000)).toBeNull()
    expect(why({}, 'darwin', 501)).toBeNull()
    expect(why({}, 'win32', null)).toBeNull()
  })

  it('is of no use where it can make no sandbox, unless its helper is root’s', () => {
    const on = (limits, helper = null, binary = '/e/electron') =>
      whyNoWindow({
        env: { DISPLAY: ':0' },
        platform: 'linux',
        user: 1000,
        binary,
        read: (file) => limits[file] ?? null,
        stat: (file) => (file === '/e/chrome-sandbox' ? helper : null),
      })
    const ubuntu = { '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1' }
    expect(on(ubuntu)).toContain('kernel.apparmor_restrict_unprivileged_userns is 1')
    expect(on(ubuntu)).toContain('npm start -- --electron')
    expect(on(ubuntu, null, null)).toContain('no sandbox')
    expect(on({ '/proc/sys/kernel/unprivileged_userns_clone': '0' })).toContain('unprivileged_userns_clone is 0')
    expect(on({ '/proc/sys/user/max_user_namespaces': '0' })).toContain('user.max_user_namespaces is 0')
    // As npm leaves the helper, and as its own documents say to make it.
    expect(on(ubuntu, { uid: 1000, mode: 0o100755 })).not.toBeNull()
    expect(on(ubuntu, { uid: 1000, mode: 0o104755 })).not.toBeNull()
    expect(on(ubuntu, { uid: 0, mode: 0o104755 })).toBeNull()
    expect(
      on({
        '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '0',
        '/proc/sys/kernel/unprivileged_userns_clone': '1',
        '/proc/sys/user/max_user_namespaces': '63000',
      }),
    ).toBeNull()
  })

  it('is fetched once by two set-ups at once', async () => {
    installer(`const fs = require('fs'); process.chdir(__dirname); fs.appendFileSync('begun', '.'); fs.mkdirSync('dist')
      setTimeout(() => { fs.writeFileSync('dist/version', '45.0.0'); fs.writeFileSync('dist/${name}', ''); fs.writeFileSync('path.txt', '${name}') }, 300)`)
    const lock = path.join(root, '.idiolect', 'setup.lock')
    const times = { beat: 50, silence: 60_000, look: 10, say: 60_000, orphan: 60_000 }
    const how = { alone: (work) => alone(lock, () => {}, work, times), step: (fetch) => fetch() }
    const both = await Promise.all([readyElectron(root, how), readyElectron(root, how)])
    const binary = path.join(root, 'node_modules', 'electron', 'dist', name)
    expect(both).toEqual([
      { binary, why: null },
      { binary, why: null },
    ])
    expect(readFileSync(path.join(root, 'node_modules', 'electron', 'begun'), 'utf8')).toBe('.')
  })

  it('is said to be missing, and nothing is thrown, where nothing may be written', async () => {
    installer(`console.error('RequestError: no network'); process.exit(1)`)
    // A file where a folder is wanted refuses everybody, root too.
    write('.idiolect', 'in the way')
    expect(await fetchElectron(root)).toBe('no network')
    const refused = Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' })
    const how = { alone: () => Promise.reject(refused), step: (fetch) => fetch() }
    expect(await readyElectron(root, how)).toEqual({ binary: null, why: 'EROFS: read-only file system' })
    how.alone = () => Promise.reject(new Error('a mistake'))
    await expect(readyElectron(root, how)).rejects.toThrow('a mistake')
  })
})
