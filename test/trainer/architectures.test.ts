/** Each architecture through a whole run, in a worker: from examples on disk to a voice that has learnt them. */
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readVoiceFile } from '../../main/adapters/voice-file.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { ARCHITECTURES } from '../../main/model/architectures.ts'
import { TARGET_NAMES } from '../../main/model/tensors.ts'
import { startTraining } from '../../main/trainer/client.ts'
import { createRun, readLog, voiceFile } from '../../main/trainer/run-folder.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { learnable, tinyPlan } from '../helpers/tiny-run.ts'

const root = temporaryFolder()

describe('a run on', () => {
  it.each(ARCHITECTURES)('%s lowers the loss and writes a voice of its tensors', { timeout: 120_000 }, async (name) => {
    const base = path.join(root, `${name}.gguf`)
    writeTinyModel(base, { architecture: name, blocks: 2, width: 64, heads: 4, kvHeads: 2, ff: 96, vocabulary: 320 })
    const folder = path.join(root, name)
    const plan = tinyPlan(base, { targets: [...TARGET_NAMES], lr: 3e-3, epochs: 6 }, { train: 64, validation: 6 })
    createRun(folder, plan, learnable(64, 'train'), learnable(6, 'validation'))
    const result = await startTraining(folder).done
    const losses = readLog(folder).map(({ loss }) => loss)
    const mean = (part: number[]): number => part.reduce((sum, loss) => sum + loss, 0) / part.length
    expect(mean(losses.slice(-4))).toBeLessThan(mean(losses.slice(0, 4)) - 0.2)
    expect(result.bestValidation).toBeLessThan(losses[0] as number)
    const { tensors } = readGguf(base)
    for (const { name: tensor } of readVoiceFile(voiceFile(folder)).tensors) expect(tensors.has(tensor)).toBe(true)
  })
})
