import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { readVoiceFile, readVoiceTensors } from '../../main/adapters/voice-file.ts'
import { createApp } from '../../main/app/app.ts'
import { sha256OfFile } from '../../main/catalog/files.ts'
import { openStore } from '../../main/store/store.ts'
import { checkpointFile, readCheckpoint } from '../../main/trainer/checkpoint.ts'
import { readLog, readResult, voiceFile } from '../../main/trainer/run-folder.ts'
import type { Voice } from '../../preload/contract.ts'
import { isAlive } from '../helpers/alive.ts'
import { seeded } from '../helpers/random.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { halfWritten, type Ran, terminalOn, tinyBase, workersOf, writing } from './idiolect.ts'

const root = temporaryFolder()
const base = tinyBase(root)
const terminal = terminalOn(root)
const folder = writing(path.join(root, 'writing'), 20)
/** Long enough for five kills and several checkpoints. */
const SECONDS = 25
const train = (epochs: number): string[] => {
  const slowly = ['--batch', '1', '--lr', '0.00002', '--threads', '1']
  return ['train', '--tasks', 'headline', '--epochs', String(epochs), ...slowly]
}
let TRAIN: string[] = []

/** The passes that take this machine so long. */
async function passesOf(seconds: number): Promise<number> {
  const on = terminalOn(root, 'trial')
  cpSync(terminal.data, on.data, { recursive: true })
  const { tokens, tokensPerSecond } = await on.ok<{ tokens: number; tokensPerSecond: number }>(train(2))
  return Math.min(1000, Math.max(30, Math.ceil((seconds * tokensPerSecond) / (tokens / 2))))
}
/** Which process is killed in each round, and after how many milliseconds at least and at most. */
const ROUNDS = [
  ['worker', 100, 2500],
  // Longer than the trainer waits between two checkpoints.
  ['host', 5500, 7000],
  ['worker', 100, 2500],
  ['host', 100, 2500],
  ['worker', 100, 2500],
] as const

/** What the owner has put in: pieces, passages, decisions, picked headlines. */
async function belongings(data: string): Promise<unknown> {
  const store = await openStore(data)
  try {
    const { documents } = store.documents.list()
    return {
      documents: documents.map((document) => ({ ...document, passages: store.passages.ofDocument(document.id) })),
      headlines: store.headlines.list(),
      answers: [...store.answers.all()],
    }
  } finally {
    await store.close()
  }
}

/** The run folders of a data folder. A run is named after its day, which may change during a test. */
function runsIn(data: string): string[] {
  const runs = path.join(data, 'runs')
  return existsSync(runs) ? readdirSync(runs).map((name) => path.join(runs, name)) : []
}

/** Trains, and kills one of the two processes `delay` milliseconds after the log has grown. */
async function killed(args: string[], logged: () => number, victim: 'worker' | 'host', delay: number): Promise<Ran> {
  let children: number[] = []
  let kill: Promise<void> = Promise.resolve()
  const before = logged()
  const ran = await terminal.run(['--json', ...args], {
    onStart: (host) => {
      const pid = host.pid as number
      kill = (async () => {
        // Steps since the last checkpoint are cut from the log when a run goes on, so any change means that it computes.
        while (host.exitCode === null && logged() === before) await sleep(20)
        await sleep(delay)
        children = workersOf(pid)
        const target = victim === 'host' ? pid : children[0]
        if (host.exitCode === null && target !== undefined) process.kill(target, 'SIGKILL')
      })()
    },
  })
  await kill
  expect(children).toHaveLength(1)
  // Neither is left behind when the other is gone.
  for (const pid of children) await expect.poll(() => isAlive(pid)).toBe(false)
  return ran
}

describe.skipIf(!existsSync('/proc/self/stat'))('a training that is killed again and again', () => {
  let before: unknown

  beforeAll(async () => {
    await terminal.ok(['models', 'add', base])
    await terminal.ok(['import', folder])
    TRAIN = train(await passesOf(SECONDS))
    process.env.IDIOLECT_MODELS = path.join(root, 'models')
    const app = await createApp({ dataFolder: terminal.data, host: 'terminal' })
    const text = 'A long evening at the quay, with nothing to do but to count the lamps and to write the numbers down.'
    const { id, candidates } = await app.handlers['headline.write']({
      request: 'a',
      text,
      voice: null,
      seed: 1,
      maxTokens: 8,
    })
    await app.handlers['headline.pick']({ id, picked: String(candidates[0]?.text), edited: 'Counting the lamps' })
    await app.close()
    before = await belongings(terminal.data)
    cpSync(terminal.data, path.join(root, 'template'), { recursive: true })
  }, 120_000)

  it('goes on from where it was, and loses nothing', async () => {
    const random = seeded(2026)
    const logged = (): number => Math.max(0, ...runsIn(terminal.data).map((folder) => readLog(folder).length))
    const reached: number[] = []
    let args = TRAIN
    for (const [victim, least, most] of ROUNDS) {
      const ran = await killed(args, logged, victim, least + (most - least) * random())
      reached.push(logged())
      const [runs = ''] = runsIn(terminal.data)
      const run = path.basename(runs)
      if (victim === 'host') expect(ran.signal).toBe('SIGKILL')
      else {
        expect(ran.code).toBe(1)
        expect(ran.stderr).toContain('the training process was ended by SIGKILL')
        expect(ran.stderr).toContain(`train --resume ${run}`)
      }
      expect(existsSync(voiceFile(runs))).toBe(false)
      expect((await terminal.ok<{ voices: Voice[] }>(['voices', 'list'])).voices).toEqual([])
      // A checkpoint is there whole or not at all.
      if (existsSync(checkpointFile(runs))) expect(readCheckpoint(runs)?.position.step).toBeGreaterThan(0)
      args = ['train', '--resume', run]
    }
    const [runs = '', another] = runsIn(terminal.data)
    expect(another).toBeUndefined()
    const run = path.basename(runs)
    // The kills fell into the middle of the training, and some after a checkpoint.
    expect(Math.min(...reached)).toBeGreaterThan(0)
    expect(existsSync(checkpointFile(runs))).toBe(true)
    await refusesAnotherBase(run)

    const result = await terminal.ok<{ run: string; voice: string; steps: number }>(['train', '--resume', run])
    expect(result).toMatchObject({ run, voice: run })
    expect(result.steps).toBeGreaterThan(Math.max(...reached))
    expect(await belongings(terminal.data)).toEqual(before)

    // Each step once, as in a run that nothing disturbed; that the numbers are the same too is the trainer's test.
    expect(readLog(runs).map(({ step }) => step)).toEqual(Array.from({ length: result.steps }, (_, i) => i + 1))
    expect(readResult(runs)?.steps).toBe(result.steps)
    expect(halfWritten(terminal.data)).toEqual([])
    const kept = path.join(terminal.data, 'voices', `${run}.gguf`)
    expect(readFileSync(kept).equals(readFileSync(voiceFile(runs)))).toBe(true)
    expect(readVoiceTensors(readVoiceFile(kept)).length).toBeGreaterThan(0)
    const { voices } = await terminal.ok<{ voices: Voice[] }>(['voices', 'list'])
    expect(voices.map(({ id, usable }) => ({ id, usable }))).toEqual([{ id: run, usable: true }])
  }, 600_000)

  it('ends cleanly on Ctrl-C, and says how to go on', async () => {
    const on = terminalOn(root, 'ctrl-c')
    cpSync(path.join(root, 'template'), on.data, { recursive: true })
    let workers: number[] = []
    const { code, stderr } = await on.run(TRAIN, {
      onStart: async (host) => {
        while (host.exitCode === null && runsIn(on.data).every((folder) => readLog(folder).length === 0))
          await sleep(20)
        workers = workersOf(host.pid as number)
        host.kill('SIGINT')
        // As npm does, which hands the terminal's signal on.
        await sleep(5)
        host.kill('SIGINT')
      },
    })
    const run = path.basename(String(runsIn(on.data)[0]))
    expect(code).toBe(130)
    expect(stderr).toContain(`train --resume ${run}`)
    expect(workers.map(isAlive)).toEqual([false])
    const store = await openStore(on.data)
    expect(store.runs.get(run)?.stage).toBe('interrupted')
    await store.close()
  })

  /** Half-trained weights go on with the very file they were begun on, or not at all. */
  async function refusesAnotherBase(run: string): Promise<void> {
    const sha256 = await sha256OfFile(base)
    renameSync(base, `${base}.away`)
    const gone = await terminal.run(['train', '--resume', run])
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringMatching(new RegExp(`${sha256}.*is not there any more`))])
    writeFileSync(base, readFileSync(tinyBase(root, 6)))
    const changed = await terminal.run(['train', '--resume', run])
    expect(changed.code).toBe(1)
    expect(changed.stderr).toContain(sha256)
    expect(changed.stderr).toContain(await sha256OfFile(base))
    renameSync(`${base}.away`, base)
  }
})
