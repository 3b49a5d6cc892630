/** Ctrl-C as a terminal gives it: to the built host and to its children at once, while a voice is trained. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createApp } from '../../main/app/app.ts'
import { entryFile } from '../../main/entries.ts'
import type { TrainingState } from '../../preload/contract.ts'
import { isAlive } from '../helpers/alive.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { LONG, writeLedgers } from '../helpers/training-app.ts'
import { workersOf } from '../terminal/idiolect.ts'

const root = temporaryFolder()
const data = path.join(root, 'data')

async function filled(): Promise<void> {
  process.env.IDIOLECT_MODELS = path.join(root, 'models')
  const base = path.join(root, 'tiny.gguf')
  writeTinyModel(base, { seed: 5, context: 1024, vocabulary: 400 })
  const app = await createApp({ dataFolder: data, host: 'terminal' })
  await app.handlers['models.add']({ request: 'm', file: base, as: 'chat' })
  await app.handlers['library.import']({ request: 'i', paths: [writeLedgers(path.join(root, 'ledgers'))] })
  await app.close()
}

/** The built host in a process group of its own, as a shell starts it. */
async function grouped() {
  const browser = path.join(path.dirname(entryFile('trainer-worker')), 'browser.js')
  const host = spawn(process.execPath, [browser, '--data', data, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const pid = host.pid as number
  process.once('exit', () => host.kill('SIGKILL'))
  const ended = once(host, 'close')
  const said: string[] = []
  host.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text))
  host.stdout.setEncoding('utf8')
  const [address] = (await once(host.stdout, 'data')) as [string]
  const { origin, hash } = new URL(address.trim())
  const token = new URLSearchParams(hash.slice(1)).get('token') ?? ''
  return {
    pid,
    said: () => said.join(''),
    ended,
    press: () => process.kill(-pid, 'SIGINT'),
    async call<T>(name: string, input: object): Promise<T> {
      const answer = await fetch(`${origin}/api/call/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-idiolect-token': token },
        body: JSON.stringify(input),
      })
      return (await answer.json()) as T
    },
  }
}

// Elsewhere there are no process groups, or nothing tells who runs.
it.skipIf(process.platform !== 'linux')(
  'asks first and leaves the training alone; pressed again, it ends, and the run goes on by itself',
  async () => {
    await filled()
    const host = await grouped()
    const state = () => host.call<TrainingState>('train.state', {})
    const { run } = await host.call<TrainingState>('train.start', LONG)
    await expect.poll(async () => (await state()).steps.length).toBeGreaterThan(0)
    const workers = workersOf(host.pid)
    expect(workers.length).toBeGreaterThan(0)

    // Twice within a moment, as where npm hands the signal on: that is one press.
    host.press()
    host.press()
    await expect.poll(host.said).toContain('Press Ctrl-C again')
    const { step } = (await state()).steps.at(-1) ?? { step: 0 }
    await expect.poll(async () => (await state()).steps.at(-1)?.step).toBeGreaterThan(step)
    expect((await state()).stage).toBe('training')
    expect(workers.every(isAlive)).toBe(true)

    // Both presses were heard by now; a hand takes longer than what counts as one (main/interrupts.ts).
    await sleep(1000)
    host.press()
    expect(await host.ended).toEqual([0, null])
    // A worker lets its last message leave before it does.
    await expect.poll(() => workers.filter(isAlive)).toEqual([])

    const again = await createApp({ dataFolder: data, host: 'browser' })
    try {
      await expect.poll(() => again.training.current()?.stage).toBe('training')
      expect(again.training.current()?.run).toBe(run)
    } finally {
      await again.close()
    }
  },
  180_000,
)
