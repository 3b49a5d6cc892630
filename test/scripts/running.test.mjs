import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { othersRunning, refuseWhileRunning } from '../../scripts/running.mjs'
import { temporaryFolder } from '../helpers/temporary.ts'

const folder = temporaryFolder()
const module = pathToFileURL(path.resolve('scripts/running.mjs')).href
let root
let children

beforeEach(() => {
  root = mkdtempSync(path.join(folder, 'checkout-'))
  children = []
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
})

const said = () => readdirSync(path.join(root, '.idiolect', 'running'))

/** A process that runs from the checkout until it is told to end. */
async function runs() {
  const script = `import { announce } from ${JSON.stringify(module)}
    announce(${JSON.stringify(root)}, { beat: 20, silence: 60_000 })
    process.once('SIGTERM', () => process.exit(0))
    console.log('here')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout, 'data')
  return child
}

it('is known of others while they live, and nothing is set up under them', async () => {
  expect(othersRunning(root)).toEqual([])
  expect(() => refuseWhileRunning(root)).not.toThrow()
  const app = await runs()
  expect(othersRunning(root)).toEqual([app.pid])
  expect(() => refuseWhileRunning(root)).toThrow(`Idiolect runs from this checkout (process ${app.pid})`)
  app.kill('SIGTERM')
  await once(app, 'exit')
  expect(said()).toEqual([])
  expect(() => refuseWhileRunning(root)).not.toThrow()
})

it('is said again and again, and forgotten of those that were killed or whose number another process bears', async () => {
  const app = await runs()
  const file = path.join(root, '.idiolect', 'running', String(app.pid))
  utimesSync(file, 1000, 1000)
  await expect.poll(() => othersRunning(root, { silence: 60_000 })).toEqual([app.pid])
  app.kill('SIGKILL')
  await once(app, 'exit')
  expect([othersRunning(root), said()]).toEqual([[], []])

  mkdirSync(path.dirname(file), { recursive: true })
  const another = path.join(path.dirname(file), String(process.ppid))
  writeFileSync(another, '')
  expect(othersRunning(root)).toEqual([process.ppid])
  utimesSync(another, 1000, 1000)
  expect([othersRunning(root), said()]).toEqual([[], []])
})
