import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readVoiceFile } from '../../main/adapters/voice-file.ts'
import { messageOf } from '../../main/errors.ts'
import { checkpointFile, type Position, readCheckpoint, writeCheckpoint } from '../../main/trainer/checkpoint.ts'
import { startTraining } from '../../main/trainer/client.ts'
import { createRun, readLog, voiceFile } from '../../main/trainer/run-folder.ts'
import type { RunPlan, TrainSettings } from '../../main/trainer/types.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { killedAt, learnable, tinyPlan } from '../helpers/tiny-run.ts'

const root = temporaryFolder()
const base = path.join(root, 'base.gguf')
beforeAll(() => writeTinyModel(base, { blocks: 2, width: 64, heads: 4, kvHeads: 2, ff: 96, vocabulary: 320, seed: 3 }))

function run(name: string, changes: Partial<TrainSettings> = {}, validation = 6, count = 64): string {
  const folder = path.join(root, name)
  const plan = tinyPlan(base, changes, { train: count, validation })
  createRun(folder, plan, learnable(count, 'train'), learnable(validation, 'validation'))
  return folder
}

describe('a run', () => {
  it('lowers the loss, writes a voice, and logs every step', async () => {
    const folder = run('whole')
    const steps: number[] = []
    const result = await startTraining(folder, { onStep: (record) => steps.push(record.step) }).done
    expect(steps).toEqual(Array.from({ length: 24 }, (_, i) => i + 1))
    const log = readLog(folder)
    expect(log.length).toBe(24)
    const mean = (part: typeof log): number => part.reduce((sum, { loss }) => sum + loss, 0) / part.length
    expect(mean(log.slice(-4))).toBeLessThan(mean(log.slice(0, 4)) - 0.2)
    expect(result.bestValidation).not.toBeNull()
    expect(result.tokens).toBe(64 * 16 * 3)
    expect(result.peakMemoryBytes).toBeGreaterThan(1e7)
    const voice = readVoiceFile(voiceFile(folder))
    expect(voice.rank).toBe(8)
    expect(voice.tensors.length).toBe(2 * 3)
  })

  it('ends with the same bits when its worker is killed again and again', async () => {
    const whole = run('unbroken', { epochs: 9 })
    await startTraining(whole, { checkpointSeconds: 0 }).done
    const broken = run('broken', { epochs: 9 })
    await killedAt(broken, [3, 11, 17])
    let first = 0
    await startTraining(broken, {
      onChosen: ({ resumedAt }) => {
        first = resumedAt
      },
    }).done
    expect(first).toBeGreaterThanOrEqual(16)
    expect(readFileSync(voiceFile(broken)).equals(readFileSync(voiceFile(whole)))).toBe(true)
    expect(readLog(broken).map(({ step, loss }) => [step, loss])).toEqual(
      readLog(whole).map(({ step, loss }) => [step, loss]),
    )
  })

  it('stops when told to, keeps its place, pauses and goes on', async () => {
    const folder = run('stopped', { epochs: 40 })
    const training = startTraining(folder, {
      checkpointSeconds: 0,
      onStep: ({ step }) => {
        if (step === 4) training.stop()
      },
    })
    await expect(training.done).rejects.toThrow(/was stopped/)
    expect(readCheckpoint(folder)?.position.step).toBeGreaterThanOrEqual(3)

    let seen = 0
    const again = startTraining(folder, {
      onStep: ({ step }) => {
        seen = step
      },
    })
    while (seen < 8) await new Promise((resolve) => setTimeout(resolve, 5))
    await again.pause()
    const paused = seen
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(seen).toBe(paused)
    again.continue()
    while (seen <= paused) await new Promise((resolve) => setTimeout(resolve, 5))
    again.stop()
    await expect(again.done).rejects.toThrow()
  })

  it('ends early when the validation loss no longer falls, with the best weights', async () => {
    const folder = run('early', { epochs: 30, lr: 0.3, patience: 2 })
    const result = await startTraining(folder).done
    expect(result.steps).toBeLessThan(30 * 8)
    const measured = readLog(folder).flatMap(({ validation }) => validation ?? [])
    expect(result.bestValidation).toBe(Math.min(...measured))
  })
})

describe('bad input', () => {
  const failing = async (folder: string, options = {}): Promise<string> => {
    try {
      await startTraining(folder, options).done
    } catch (error) {
      return messageOf(error)
    }
    return 'no error'
  }

  it('names a memory cap too small, a wrong target, a text over the context, a damaged checkpoint', async () => {
    expect(await failing(run('cap'), { memoryCap: 1e6 })).toMatch(/at least [\d.]+ [MG]B/)
    expect(await failing(run('target', { targets: ['q', 'z'] }))).toMatch(/"z" is no target/)
    const long = path.join(root, 'long')
    const plan = JSON.parse(readFileSync(path.join(root, 'cap', 'plan.json'), 'utf8')) as RunPlan
    createRun(long, plan, [{ tokens: new Int32Array(400), answerFrom: 390 }], [])
    expect(await failing(long)).toMatch(/400 tokens.*256/)
    const damaged = run('damaged')
    const position = { step: 3 } as Position
    const file = checkpointFile(damaged)
    for (const [damage, words] of [
      [() => writeCheckpoint(damaged, { position, arrays: [new Float32Array(3)] }), /arrays of 3 numbers, the adapter/],
      [() => truncateSync(file, 40), /its header ends at \d+, the file at 40/],
      [() => writeFileSync(file, 'nothing'), /does not begin as a checkpoint/],
    ] as const) {
      damage()
      expect(await failing(damaged)).toMatch(words)
    }
  })
})
