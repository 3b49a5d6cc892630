/**
 * Killed at any moment and gone on with, a run ends with the very bits of one that nothing disturbed: with dropout,
 * several targets, a validation part and patience; killed while it writes, while it measures, and when it has just ended.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkpointFile, readCheckpoint } from '../../main/trainer/checkpoint.ts'
import { startTraining } from '../../main/trainer/client.ts'
import { trainRun } from '../../main/trainer/loop.ts'
import { createRun, keptChoice, readLog, readResult, voiceFile } from '../../main/trainer/run-folder.ts'
import type { TrainSettings } from '../../main/trainer/types.ts'
import { seeded } from '../helpers/random.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { killedAt, learnable, tinyPlan } from '../helpers/tiny-run.ts'

const root = temporaryFolder()
const base = path.join(root, 'base.gguf')
/** A rate so high that the validation part stops gaining before the plan is done. */
const SETTINGS: Partial<TrainSettings> = {
  targets: ['q', 'v', 'gate', 'down'],
  dropout: 0.1,
  lr: 0.05,
  epochs: 12,
  patience: 6,
}

function run(name: string, changes: Partial<TrainSettings> = {}): string {
  const folder = path.join(root, name)
  createRun(
    folder,
    tinyPlan(base, { ...SETTINGS, ...changes }, { train: 64, validation: 24 }),
    learnable(64, 'train'),
    learnable(24, 'validation'),
  )
  return folder
}

const whole = path.join(root, 'whole')
let steps = 0
beforeAll(async () => {
  writeTinyModel(base, { blocks: 2, width: 64, heads: 4, kvHeads: 2, ff: 96, vocabulary: 320, seed: 3 })
  run('whole')
  const result = await startTraining(whole, { checkpointSeconds: 0 }).done
  steps = result.steps
})

/** What must be the same: every step's loss, norm and validation, and the voice. */
function expectTheSame(folder: string, undisturbed = whole): void {
  const told = (of: string) =>
    readLog(of).map(({ step, loss, gradNorm, validation }) => [step, loss, gradNorm, validation])
  expect(told(folder)).toEqual(told(undisturbed))
  expect(readFileSync(voiceFile(folder)).equals(readFileSync(voiceFile(undisturbed)))).toBe(true)
  const { steps: done, finalLoss, bestValidation, tokens } = readResult(undisturbed) ?? {}
  expect(readResult(folder)).toMatchObject({ steps: done, finalLoss, bestValidation, tokens })
  // Nothing half-written, no checkpoint that nobody needs.
  expect(readdirSync(folder).sort()).toEqual(readdirSync(undisturbed).sort())
}

it('the undisturbed run ends by its patience, with better weights kept than its last ones', () => {
  const log = readLog(whole)
  expect(steps).toBeLessThan(12 * 8)
  expect(log.at(-1)?.validation).toBeGreaterThan(readResult(whole)?.bestValidation as number)
  expect(existsSync(checkpointFile(whole))).toBe(false)
})

describe('killed and resumed', () => {
  it.each([1, 2, 3])(
    'at random moments (round %i)',
    async (round) => {
      const folder = run(`random-${round}`)
      const random = seeded(100 + round)
      let kills = 0
      for (let sitting = 0; !existsSync(path.join(folder, 'result.json')); sitting++) {
        // A moment drawn anew each time: milliseconds after a step was told, so in a step, a measurement or a write.
        const after = 1 + Math.floor(random() * 8)
        const delay = Math.floor(random() * 12)
        let told = 0
        const training = startTraining(folder, {
          checkpointSeconds: 0,
          onStep: () => {
            if (++told === after && sitting < 12)
              setTimeout(() => process.kill(training.pid as number, 'SIGKILL'), delay)
          },
        })
        await training.done.catch((error: Error) => {
          if (error.name !== 'WorkerDied') throw error
          kills++
        })
        // Whatever the moment was: the checkpoint is whole.
        if (existsSync(checkpointFile(folder))) expect(readCheckpoint(folder)?.position.step).toBeGreaterThan(0)
      }
      expect(kills).toBeGreaterThan(0)
      // The last kill may have come between the result and the end of its checkpoint: whoever looks again removes it.
      await startTraining(folder).done
      expectTheSame(folder)
    },
    300_000,
  )

  /** Trains here, in this process, and ends as a kill would: at the `n`th question between blocks. */
  class Killed extends Error {}
  const endingAt = async (folder: string, n: number): Promise<boolean> => {
    let asked = 0
    try {
      await trainRun(folder, {
        checkpointSeconds: 0,
        graphSeconds: 0,
        report: () => {},
        between: async () => {
          if (++asked === n) throw new Killed()
        },
      })
      return true
    } catch (error) {
      if (!(error instanceof Killed)) throw error
      return false
    }
  }

  it('between any two blocks: forward, backward, and in the validation part', async () => {
    const folder = run('blocks')
    let sittings = 0
    // 4 of each step's blocks and 2 a pack of the validation part: 3, 5, 7, 9 … fall on every one of them.
    while (!(await endingAt(folder, 3 + 2 * (sittings % 9)))) sittings++
    expect(sittings).toBeGreaterThan(20)
    expectTheSame(folder)
  })

  it('with packs that are computed at the same time', async () => {
    const lanes = { batch: 16, threads: 2, epochs: 4 }
    const [undisturbed, disturbed] = [run('lanes', lanes), run('lanes-killed', lanes)]
    await startTraining(undisturbed, { checkpointSeconds: 0 }).done
    expect(keptChoice(undisturbed)?.lanes).toBe(2)
    await killedAt(disturbed, [2, 5, 6])
    await startTraining(disturbed, { checkpointSeconds: 0 }).done
    expectTheSame(disturbed, undisturbed)
  })

  it('with fewer threads, or less memory, than its packs were dealt for', async () => {
    const lanes = { batch: 16, threads: 2, epochs: 4 }
    const folder = run('lanes-fewer', lanes)
    await killedAt(folder, [2])
    await killedAt(folder, [3], () => ({ threads: 1 }))
    // No plan fits into this: what was begun goes on in one lane.
    await startTraining(folder, { checkpointSeconds: 0, memoryCap: 1 }).done
    expect(keptChoice(folder)?.lanes).toBe(2)
    expectTheSame(folder, path.join(root, 'lanes'))
  })

  it('when it had just ended: it does not train on', async () => {
    const folder = run('ended')
    // A folder in the voice's place stops the run after its last checkpoint, where a kill might.
    mkdirSync(voiceFile(folder))
    await expect(startTraining(folder).done).rejects.toMatchObject({ name: 'CannotWrite' })
    expect(readCheckpoint(folder)?.position).toMatchObject({ step: steps, sinceBest: SETTINGS.patience })
    rmdirSync(voiceFile(folder))
    await startTraining(folder).done
    expectTheSame(folder)
  })

  it('a checkpoint that a kill left beside the result goes with the next look', async () => {
    const left = run('left')
    await startTraining(left, { checkpointSeconds: 0 }).done
    writeFileSync(checkpointFile(left), 'no longer needed')
    await startTraining(left).done
    expectTheSame(left)
  })

  it('a finished run is not trained again', async () => {
    const before = readFileSync(voiceFile(whole))
    const seen: number[] = []
    const result = await startTraining(whole, { onStep: ({ step }) => seen.push(step) }).done
    expect(result).toEqual(readResult(whole))
    expect(seen).toEqual([])
    expect(readFileSync(voiceFile(whole)).equals(before)).toBe(true)
  })
})

describe('a loss that is no number', () => {
  it('stops the run, names the step, keeps the checkpoint before it, and comes up again on resume', async () => {
    const folder = run('nan', { lr: 1e25, warmup: 1, dropout: 0 })
    const failure = await startTraining(folder, { checkpointSeconds: 0 }).done.catch((error: unknown) => error)
    const done = readLog(folder).length
    expect(done).toBeGreaterThan(0)
    expect(failure).toMatchObject({
      name: 'NotANumber',
      message: expect.stringMatching(
        new RegExp(`^at step ${done + 1} of 96 the (loss|gradient).* came out as (NaN|Infinity)`),
      ),
      next: `The checkpoint after step ${done} is kept. Train anew with a learning rate smaller than 1e+25.`,
    })
    expect(existsSync(voiceFile(folder))).toBe(false)
    expect(existsSync(path.join(folder, 'result.json'))).toBe(false)
    const kept = readFileSync(checkpointFile(folder))
    for (const array of readCheckpoint(folder)?.arrays ?? []) expect(array.every(Number.isFinite)).toBe(true)
    const again = await startTraining(folder, { checkpointSeconds: 0 }).done.catch((error: unknown) => error)
    expect(again).toMatchObject({ name: 'NotANumber', message: (failure as Error).message })
    expect(readFileSync(checkpointFile(folder)).equals(kept)).toBe(true)
  })
})
