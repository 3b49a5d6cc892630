/** One set-up at a time: what a kill leaves behind keeps nobody out, and what lives is waited for. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { alone } from '../../scripts/alone.mjs'

let folder
let lock
let said
/** As in use, a hundred times faster. */
const times = { beat: 50, silence: 600, look: 10, say: 200 }
const enter = (work = async () => 'done') => alone(lock, (line) => said.push(line), work, times)

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'idiolect-alone-'))
  lock = path.join(folder, '.idiolect', 'setup.lock')
  said = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function left(holder, secondsAgo = 0) {
  mkdirSync(path.dirname(lock), { recursive: true })
  writeFileSync(lock, String(holder))
  const at = Date.now() / 1000 - secondsAgo
  utimesSync(lock, at, at)
}

describe('a lock that is left behind', () => {
  // No process has the first id: it is above the largest that Linux gives.
  it.each([
    ['by a process that died', 4194999, 0],
    ['with the number that this process has now', process.pid, 0],
    ['without a number', '', 10],
  ])('%s is taken over at once', async (_, holder, secondsAgo) => {
    left(holder, secondsAgo)
    expect(await enter()).toBe('done')
    expect(said).toEqual([])
    expect(existsSync(lock)).toBe(false)
  })

  it('with the number of another process is taken over when nothing has come from it for a while', async () => {
    left(process.ppid, 1000)
    expect(await enter()).toBe('done')
    expect(said.length).toBeGreaterThan(1)
    expect(said[0]).toBe(`Another set-up is at work here (process ${process.ppid}, by ${lock}); waiting for its end.`)
  })
})

describe('who is at work', () => {
  it('is waited for, however long that takes', async () => {
    const order = []
    let end
    const first = enter(async () => {
      await new Promise((resolve) => {
        end = resolve
      })
      order.push('first')
    })
    const second = enter(async () => order.push('second'))
    const since = statSync(lock).mtimeMs
    await expect.poll(() => statSync(lock).mtimeMs - since, { timeout: 10_000 }).toBeGreaterThan(2 * times.silence)
    expect(order).toEqual([])
    end()
    await Promise.all([first, second])
    expect(order).toEqual(['first', 'second'])
  })

  it('lets the lock go when the work fails', async () => {
    await expect(enter(() => Promise.reject(new Error('no network')))).rejects.toThrow('no network')
    expect(existsSync(lock)).toBe(false)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('lets the lock go at %s', async (signal, code) => {
    const module = pathToFileURL(path.resolve('scripts/alone.mjs')).href
    const script = `import { alone } from ${JSON.stringify(module)}
      await alone(${JSON.stringify(lock)}, console.log, () => new Promise(() => console.log('at work')))`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    expect(readFileSync(lock, 'utf8')).toBe(String(child.pid))
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([code, null])
    expect(existsSync(lock)).toBe(false)
  })
})
