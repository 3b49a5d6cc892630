/** Runs of the other kinds of adapter: they learn, survive kills bit by bit, and are used as they were trained. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readVoiceFile } from '../../main/adapters/voice-file.ts'
import { messageOf } from '../../main/errors.ts'
import { kindSettings } from '../../main/examples/defaults.ts'
import { openBase } from '../../main/inference/base.ts'
import { disposeLlama } from '../../main/inference/llama.ts'
import { seeded } from '../../main/random.ts'
import { startTraining } from '../../main/trainer/client.ts'
import { createRun, readLog, voiceFile } from '../../main/trainer/run-folder.ts'
import type { TokenExample, TrainSettings } from '../../main/trainer/types.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { killedAt, tinyPlan } from '../helpers/tiny-run.ts'

const root = temporaryFolder()
const base = path.join(root, 'base.gguf')
beforeAll(() => {
  writeTinyModel(base, { blocks: 2, width: 64, heads: 4, kvHeads: 2, ff: 96, vocabulary: 320, seed: 3 })
})
afterAll(disposeLlama)

/** Answers are drawn from few tokens, so that even a prompt of a few rows can teach which. */
function learnable(count: number, stream: string): TokenExample[] {
  const random = seeded(stream)
  return Array.from({ length: count }, () => ({
    tokens: Int32Array.from([
      ...Array.from({ length: 8 }, () => random.below(300)),
      ...Array.from({ length: 6 }, () => 40 + random.below(4)),
    ]),
    answerFrom: 8,
  }))
}

const train = learnable(64, 'train')
const validation = learnable(8, 'validation')

function run(name: string, changes: Partial<TrainSettings>): string {
  const folder = path.join(root, name)
  const counts = { train: train.length, validation: validation.length }
  const plan = tinyPlan(base, { targets: ['q', 'v'], ...changes }, counts)
  createRun(folder, plan, train, validation)
  return folder
}

describe.each([
  { kind: 'ia3', settings: { ...kindSettings('ia3'), lr: 5e-2 }, tensors: 6 },
  { kind: 'prompt', settings: { ...kindSettings('prompt', 5), lr: 0.4 }, tensors: 1 },
] as const)('a run of the kind $kind', ({ kind, settings, tensors }) => {
  it('lowers the loss, and its voice scores in use as it did in training', async () => {
    const folder = run(`${kind}-whole`, settings)
    const result = await startTraining(folder).done
    const log = readLog(folder)
    const mean = (part: typeof log): number => part.reduce((sum, { loss }) => sum + loss, 0) / part.length
    expect(log.length).toBe(24)
    expect(mean(log.slice(-4))).toBeLessThan(mean(log.slice(0, 4)) - 0.2)
    const voice = readVoiceFile(voiceFile(folder))
    expect(voice).toMatchObject({ kind, name: 'Tiny', baseSha256: 'a'.repeat(64) })
    // A prompt's file also holds the keys and values of both blocks.
    expect(voice.arrays.length).toBe(tensors + (kind === 'prompt' ? 4 : 0))

    const opened = await openBase(base, { threads: 1 })
    try {
      const scores = await opened.score(validation, { voice: { file: voiceFile(folder), scale: 1 } })
      const found = scores.reduce((sum, { nll }) => sum + nll, 0) / scores.reduce((sum, { tokens }) => sum + tokens, 0)
      // The best weights are kept, and their loss on the validation part is what was measured then.
      expect(found).toBeCloseTo(result.bestValidation as number, 2)
      const plain = await opened.score(validation)
      expect(plain.reduce((sum, { nll }) => sum + nll, 0) / 48).toBeGreaterThan(found + 0.2)
    } finally {
      await opened.dispose()
    }
  })

  it('ends with the same bits when its worker is killed', async () => {
    const whole = run(`${kind}-unbroken`, { ...settings, epochs: 9 })
    await startTraining(whole, { checkpointSeconds: 0 }).done
    const broken = run(`${kind}-broken`, { ...settings, epochs: 9 })
    await killedAt(broken, [5, 14])
    await startTraining(broken).done
    expect(readFileSync(voiceFile(broken)).equals(readFileSync(voiceFile(whole)))).toBe(true)
    expect(readLog(broken).map(({ step, loss }) => [step, loss])).toEqual(
      readLog(whole).map(({ step, loss }) => [step, loss]),
    )
  })
})

describe('plans', () => {
  it('of an unknown kind are refused by name', async () => {
    const folder = run('unknown', { kind: 'adapters' as never })
    const failed = await startTraining(folder).done.then(() => 'no error', messageOf)
    expect(failed).toMatch(/"adapters" is no kind of adapter/)
  })
})
