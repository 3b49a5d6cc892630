/** Pausing: by the order of what the worker says, never by the clock. */
import { readdirSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { type StartOptions, startTraining, type TrainingRun } from '../../main/trainer/client.ts'
import { trainRun } from '../../main/trainer/loop.ts'
import { createRun, readLog } from '../../main/trainer/run-folder.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { learnable, tinyPlan } from '../helpers/tiny-run.ts'

const root = temporaryFolder()
const base = path.join(root, 'base.gguf')
beforeAll(() => {
  writeTinyModel(base, { blocks: 8, width: 64, heads: 4, kvHeads: 2, ff: 96, vocabulary: 320, seed: 3 })
})

/** A run of one step that takes hundreds of blocks: 600 examples in packs of some 30, through 8 blocks and back. */
function oneLargeStep(name: string): string {
  const folder = path.join(root, name)
  const plan = tinyPlan(base, { batch: 600, epochs: 1, targets: ['q', 'v'], dropout: 0 }, { train: 600, validation: 0 })
  createRun(folder, plan, learnable(600, 'train'), [])
  return folder
}

/** Starts a run and resolves once it computes. */
function started(folder: string, said: string[] = [], options: StartOptions = {}): Promise<TrainingRun> {
  return new Promise((resolve, reject) => {
    const run = startTraining(folder, {
      ...options,
      onChosen: () => resolve(run),
      onStep: ({ step }) => said.push(`step ${step}`),
    })
    run.done.then(() => said.push('done'), reject)
  })
}

describe('a pause', () => {
  it('takes effect in the middle of a step, and the step is the same as if there had been none', async () => {
    const undisturbed = oneLargeStep('undisturbed')
    await startTraining(undisturbed).done

    const said: string[] = []
    const folder = oneLargeStep('paused')
    const run = await started(folder, said)
    for (let times = 0; times < 3; times++) {
      await run.pause()
      said.push('rests')
      run.continue()
    }
    await run.done
    expect(said).toEqual(['rests', 'rests', 'rests', 'step 1', 'done'])
    expect(readLog(folder).map(({ loss, gradNorm }) => [loss, gradNorm])).toEqual(
      readLog(undisturbed).map(({ loss, gradNorm }) => [loss, gradNorm]),
    )
  })

  it('holds for all who asked, is answered while the worker rests, and can be called off', async () => {
    const said: string[] = []
    const run = await started(oneLargeStep('asked'), said)
    await Promise.all([run.pause(), run.pause()])
    await run.pause()
    expect(said).toEqual([])
    run.continue()
    // Called off before the worker has come to rest: nobody waits for ever, and the run goes on.
    const calledOff = run.pause()
    run.continue()
    await calledOff
    await run.done
    expect(said).toEqual(['step 1', 'done'])
    // Nothing is left that could rest.
    await run.pause()
  })

  it('is answered by the end of a worker that is stopped or killed while it rests', async () => {
    const run = await started(oneLargeStep('stopped'))
    await run.pause()
    const again = run.pause()
    run.stop()
    await again
    await expect(run.done).rejects.toMatchObject({ name: 'Interrupted' })
    const other = startTraining(oneLargeStep('killed'))
    const waiting = other.pause()
    process.kill(other.pid as number, 'SIGKILL')
    await waiting
    await expect(other.done).rejects.toMatchObject({ name: 'WorkerDied' })
  })
})

// Elsewhere a priority is a whole process's.
describe.skipIf(process.platform !== 'linux')('in the background', () => {
  it('every thread lets other programs go first', async () => {
    const run = await started(oneLargeStep('background'), [], { background: true })
    await run.pause()
    const threads = `/proc/${run.pid}/task`
    // After the name in brackets, which may hold anything, nice is the 17th.
    const nice = readdirSync(threads).map((id) => {
      const stat = readFileSync(path.join(threads, id, 'stat'), 'utf8')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
    })
    expect(nice.length).toBeGreaterThan(4)
    expect(nice.filter((value) => value <= os.getPriority())).toEqual([])
    run.stop()
    await expect(run.done).rejects.toMatchObject({ name: 'Interrupted' })
  })
})

describe('a rest', () => {
  it('is no part of the time that a run is said to take', async () => {
    const folder = path.join(root, 'rested')
    const plan = tinyPlan(base, { batch: 4, epochs: 1 }, { train: 8, validation: 4 })
    createRun(folder, plan, learnable(8, 'train'), learnable(4, 'validation'))
    const now = performance.now.bind(performance)
    let night = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now() + night)
    const lefts: number[] = []
    const result = await trainRun(folder, {
      between: async () => {
        night += 8 * 3600 * 1000
      },
      report: (message) => {
        if (message.type === 'step') lefts.push(message.record.secondsLeft)
      },
    }).finally(() => vi.restoreAllMocks())
    expect(lefts).toHaveLength(2)
    expect(lefts[0]).toBeLessThan(3600)
    expect(result.seconds).toBeLessThan(3600)
    for (const { tokensPerSecond } of readLog(folder)) expect(tokensPerSecond).toBeGreaterThan(1)
  })
})
