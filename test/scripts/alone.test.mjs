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
const times = { beat: 50, silence: 600, look: 10, say: 200, orphan: 60_000 }
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

  it('does not take the lock away from whoever took it over', async () => {
    let end
    const robbed = enter(() => new Promise((resolve) => (end = resolve)))
    const another = `${process.ppid}\nanother`
    writeFileSync(lock, another)
    // Its beat keeps no lock alive that is another's.
    utimesSync(lock, 1000, 1000)
    await new Promise((resolve) => setTimeout(resolve, 3 * times.beat))
    expect(statSync(lock).mtimeMs).toBe(1_000_000)
    end()
    await robbed
    expect(readFileSync(lock, 'utf8')).toBe(another)
  })

  it('is waited for where it was killed and its command goes on', async () => {
    const alone = pathToFileURL(path.resolve('scripts/alone.mjs')).href
    const run = pathToFileURL(path.resolve('scripts/child.mjs')).href
    // The command lives until its file is gone, whatever becomes of who started it.
    const file = path.join(folder, 'goes-on')
    writeFileSync(file, '')
    const command = `setInterval(() => require('fs').existsSync(${JSON.stringify(file)}) || process.exit(0), 20)`
    const script = `import { alone } from ${JSON.stringify(alone)}
      import { run } from ${JSON.stringify(run)}
      await alone(${JSON.stringify(lock)}, console.log, () => run(process.execPath, ['-e', ${JSON.stringify(command)}]))`
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })
    const line = (n) => (existsSync(lock) ? readFileSync(lock, 'utf8').split('\n')[n] : undefined)
    await expect.poll(() => line(2)).toBeDefined()
    const pid = Number(line(2))
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    let entered = false
    const next = enter(async () => {
      entered = true
    })
    await expect.poll(() => said.length).toBeGreaterThan(0)
    expect(said[0]).toContain(`(process ${pid}, by`)
    expect(entered).toBe(false)
    expect(() => process.kill(pid, 0)).not.toThrow()
    rmSync(file)
    await next
    expect(entered).toBe(true)
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
    expect(readFileSync(lock, 'utf8').split('\n')[0]).toBe(String(child.pid))
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([code, null])
    expect(existsSync(lock)).toBe(false)
  })
})
