import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { PARTS, readBench } from '../../scripts/bench-options.mjs'
import version from '../../scripts/node-version.cjs'
import { openCommand } from '../../scripts/open.mjs'
import { readScreens, SCREENS } from '../../scripts/screens-options.mjs'
import { chooseHost, parseStart, runElectron } from '../../scripts/start.mjs'
import { summary } from '../../scripts/test.mjs'
import { showings } from '../e2e/screens-shown.ts'
import { temporaryFolder } from '../helpers/temporary.ts'

const root = path.join(import.meta.dirname, '..', '..')
const folder = temporaryFolder()

describe('the host', () => {
  const facts = { browser: false, electron: false, noWindow: null, binary: '/electron', whyNoBinary: null }

  it('is Electron where its binary is there and a window can be shown', () => {
    expect(chooseHost(facts)).toEqual({ host: 'electron', why: 'it is installed' })
  })

  it('is the browser when asked for, without a display, or without the binary, and the reason is told', () => {
    expect(chooseHost({ ...facts, browser: true }).why).toBe('--browser was given')
    expect(chooseHost({ ...facts, noWindow: 'there is no display' })).toEqual({
      host: 'browser',
      why: 'there is no display',
    })
    const missing = chooseHost({ ...facts, binary: null, whyNoBinary: 'getaddrinfo ENOTFOUND' })
    expect(missing.host).toBe('browser')
    expect(missing.why).toContain('getaddrinfo ENOTFOUND')
    expect(missing.why).toContain('npm start -- --electron')
  })

  it('is Electron by force even where nothing speaks for it, if its binary is there', () => {
    expect(chooseHost({ ...facts, electron: true, noWindow: 'x' }).host).toBe('electron')
    expect(chooseHost({ ...facts, electron: true, binary: null, whyNoBinary: 'x' }).why).not.toContain('tries again')
  })
})

describe('the options of npm start', () => {
  it('are read', () => {
    expect(parseStart(['--browser', '--port', '0', '--no-open', '--data', '/a/b'])).toEqual({
      browser: true,
      electron: false,
      open: false,
      help: false,
      port: 0,
      data: '/a/b',
    })
    expect(parseStart([])).toMatchObject({ browser: false, electron: false, open: true, port: null, data: null })
  })

  it('are refused with a sentence when they are wrong', () => {
    expect(() => parseStart(['--prot', '1'])).toThrow(/--prot/)
    expect(() => parseStart(['--port', 'x'])).toThrow('--port takes a whole number from 0 to 65535, not "x".')
    expect(() => parseStart(['--port', '70000'])).toThrow(/70000/)
    expect(() => parseStart(['--browser', '--electron'])).toThrow(/exclude each other/)
    expect(() => parseStart(['folder'])).toThrow(/folder/)
  })
})

// A stand-in for Electron's binary is a shell script here.
describe.skipIf(process.platform === 'win32')('Electron', () => {
  const standIn = (script) => {
    const file = path.join(folder, 'electron')
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    return file
  }

  it.each([
    ['by a signal', 'kill -TRAP $$', { code: 1, failed: 'Electron ended by SIGTRAP before its window was there' }],
    ['with a code', 'exit 7', { code: 7, failed: 'Electron ended with code 7 before its window was there' }],
  ])('that ends %s before it has shown a window has failed', async (_, script, end) => {
    expect(await runElectron(standIn(script), null)).toEqual(end)
  })

  it.each([
    ['after its window was there', 'touch "$IDIOLECT_SHOWN"; kill -SEGV $$', 1],
    ['as it was asked to', 'exit 0', 0],
    ['because somebody ended it', 'kill -TERM $$', 1],
  ])('that ends %s has not', async (_, script, code) => {
    expect(await runElectron(standIn(script), '/some/data')).toEqual({ code, failed: null })
  })
})

describe('what is asked of bench and screens', () => {
  const script = (name, ...args) =>
    spawnSync(process.execPath, [path.join(root, 'scripts', 'run.cjs'), name, ...args], { encoding: 'utf8' })

  it('is looked at before anything is set up', () => {
    for (const [name, wrong] of [
      ['bench', /"typo" is no part of the bench/],
      ['screens', /No such picture: typo/],
    ]) {
      const { status, stderr } = script(name, 'typo')
      expect([status, stderr]).toEqual([1, expect.stringMatching(wrong)])
      expect(stderr).toContain(`npm run ${name} -- [`)
      const help = script(name, '--help')
      expect([help.status, help.stderr.split('\n')[0]]).toEqual([0, expect.stringContaining(`npm run ${name} -- [`)])
    }
  })

  it('is what there is', () => {
    expect(SCREENS).toEqual(['welcome', ...Object.keys(showings)])
    expect(readScreens(['chat', 'voice'])).toEqual({ help: false, walk: null, names: ['chat', 'voice'] })
    expect(readScreens(['first-ten-minutes', 'posts'])).toEqual({ help: false, walk: 'posts', names: [] })
    expect(() => readScreens(['first-ten-minutes'])).toThrow(/folder of writing/)
    expect(readBench(['window', 'step', '-h'])).toMatchObject({ parts: ['step', 'window'], values: { help: true } })
    expect(readBench([]).parts).toEqual(PARTS)
  })
})

describe('the default browser', () => {
  it('is not opened in CI or without a display', () => {
    expect(openCommand({ CI: '1', DISPLAY: ':0' }, 'linux')).toBeNull()
    expect(openCommand({}, 'linux')).toBeNull()
    expect(openCommand({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux')).toEqual(['xdg-open'])
    expect(openCommand({}, 'darwin')).toEqual(['open'])
  })
})

describe('Node', () => {
  it('must be one that the packages of the build run on: a late 20, or 22 and newer', () => {
    const good = ['20.20.0', '20.21.1', '22.0.0', '22.12.0', '22.20.1', '23.0.0', '100.1.0']
    const bad = ['20.19.9', '18.20.0', '9.99.0', '0.12.0', '21.7.3']
    expect(good.filter((node) => !version.nodeIsNewEnough(node))).toEqual([])
    expect(bad.filter((node) => version.nodeIsNewEnough(node))).toEqual([])
    const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
    expect(engines.node).toBe('^20.20.0 || >=22.0.0')
  })

  it.each([
    ['npm start', ['run.cjs', 'start']],
    ['npx idiolect', ['idiolect.cjs', 'doctor']],
  ])('that is too old is told by a sentence before anything newer is read (%s)', (_, [script, ...args]) => {
    // Pretends an old Node, and lets nothing be read but what is written for it.
    const old = `Object.defineProperty(process.versions, 'node', { value: '14.21.3' })
      const load = require('module')._load
      require('module')._load = (name, ...more) => {
        if (/enter|\\.mjs/.test(name)) throw new Error(name + ' was read')
        return load(name, ...more)
      }`
    const preload = path.join(folder, 'old.cjs')
    writeFileSync(preload, old)
    const { status, stderr } = spawnSync(
      process.execPath,
      ['-r', preload, path.join(root, 'scripts', script), ...args],
      { encoding: 'utf8' },
    )
    expect(stderr).toBe(
      'Idiolect needs Node 20.20 or a later 20, or 22 or newer, and this is Node 14.21.3.\n' +
        'Install a newer Node (https://nodejs.org), then run the same command again.\n',
    )
    expect(status).toBe(1)
  })
})

describe("npm test's last line", () => {
  const file = (...statuses) => ({
    status: statuses.includes('failed') ? 'failed' : 'passed',
    assertionResults: statuses.map((status) => ({ status })),
  })

  it('counts tests, and names skipped ones only when there are some', () => {
    expect(summary({ testResults: [file('passed', 'passed'), file('passed')] }, 0)).toEqual({
      line: '3 passed, 0 failed',
      code: 0,
    })
    expect(summary({ testResults: [file('passed', 'pending', 'skipped', 'todo')] }, 0).line).toBe(
      '1 passed, 0 failed, 3 skipped',
    )
  })

  it('fails on a failed test, on a file that cannot be loaded, and on errors outside of tests', () => {
    expect(summary({ testResults: [file('passed', 'failed')] }, 1)).toEqual({ line: '1 passed, 1 failed', code: 1 })
    const broken = { status: 'failed', assertionResults: [] }
    expect(summary({ testResults: [file('passed'), broken] }, 1)).toEqual({ line: '1 passed, 1 failed', code: 1 })
    expect(summary({ testResults: [file('passed')] }, 1)).toEqual({ line: '1 passed, 1 failed', code: 1 })
  })

  it('fails when no test ran', () => {
    expect(summary({ testResults: [] }, 0).code).toBe(1)
    expect(summary(null, 0).code).toBe(1)
    expect(summary({ testResults: [file('skipped')] }, 0)).toEqual({ line: '0 passed, 0 failed, 1 skipped', code: 1 })
  })
})
