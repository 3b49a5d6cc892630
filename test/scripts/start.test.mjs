import { describe, expect, it } from 'vitest'
import { openCommand } from '../../scripts/open.mjs'
import { nodeIsNewEnough } from '../../scripts/setup.mjs'
import { chooseHost, parseStart } from '../../scripts/start.mjs'
import { summary } from '../../scripts/test.mjs'

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

describe('the default browser', () => {
  it('is not opened in CI or without a display', () => {
    expect(openCommand({ CI: '1', DISPLAY: ':0' }, 'linux')).toBeNull()
    expect(openCommand({}, 'linux')).toBeNull()
    expect(openCommand({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux')).toEqual(['xdg-open'])
    expect(openCommand({}, 'darwin')).toEqual(['open'])
  })
})

describe('Node', () => {
  it('must be 20.20 or newer', () => {
    expect(['20.20.0', '20.21.1', '22.0.0', '100.1.0'].map(nodeIsNewEnough)).toEqual([true, true, true, true])
    expect(['20.19.9', '18.20.0', '9.99.0'].map(nodeIsNewEnough)).toEqual([false, false, false])
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
