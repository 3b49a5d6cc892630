/** The file's own blocks forward, from a device's measurements to a voice. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import type { Device } from '../../main/ggml/device.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { startTraining } from '../../main/trainer/client.ts'
import { forecastRun } from '../../main/trainer/forecast-run.ts'
import { createRun, keptChoice, voiceFile } from '../../main/trainer/run-folder.ts'
import { type MeasuredForm, measuredForms, productsOf } from '../../main/trainer/weight-forms.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { learnable, TINY_SETTINGS, tinyPlan } from '../helpers/tiny-run.ts'

const root = temporaryFolder()
const base = path.join(root, 'base.gguf')
const wide = path.join(root, 'wide.gguf')
const kind = { heads: 4, kvHeads: 2, type: 'Q4_K' } as const
beforeAll(() => {
  writeTinyModel(base, { ...kind, blocks: 2, width: 256, ff: 512 })
  writeTinyModel(wide, { ...kind, blocks: 6, width: 512, ff: 2048 })
})

function opened<T>(work: (device: Device) => T): T {
  const device = openDevice({ threads: 1 })
  try {
    return work(device)
  } finally {
    device.free()
  }
}

/** A file of measurements in which plain Q4_K has this speed, plain Q8_0 50, and nothing else is fast. */
function speeds(model: string, q4k: number): string {
  const file = `${model}.${q4k}.json`
  opened((device) => measuredForms(device, productsOf(readGguf(model)), 1, file))
  const kept = JSON.parse(readFileSync(file, 'utf8')) as Record<string, MeasuredForm[]>
  const speedOf = ({ type, buffers }: MeasuredForm): number =>
    buffers !== null ? 1 : type === 'Q4_K' ? q4k : type === 'Q8_0' ? 50 : 20
  for (const forms of Object.values(kept)) for (const form of forms) form.gflops = speedOf(form)
  writeFileSync(file, JSON.stringify(kept))
  return file
}

function run(name: string): string {
  const folder = path.join(root, name)
  const plan = tinyPlan(base, { epochs: 1 }, { train: 32, validation: 0 })
  createRun(folder, plan, learnable(32, 'train'), [])
  return folder
}

it('a run takes them where they are faster, keeps that choice, and ends with the same bits after a kill', {
  timeout: 180_000,
}, async () => {
  const [fast, slow] = [speeds(base, 60), speeds(base, 40)]
  const whole = run('whole')
  await startTraining(whole, { measurements: fast }).done
  expect(keptChoice(whole)?.forms).toMatchObject({
    type: 'Q8_0',
    asFiled: ['Q4_K'],
  })

  const killed = run('killed')
  const training = startTraining(killed, {
    measurements: fast,
    checkpointSeconds: 0,
    onStep: ({ step }) => {
      if (step === 3) process.kill(training.pid as number, 'SIGKILL')
    },
  })
  await expect(training.done).rejects.toThrow(/SIGKILL/)
  // What the device is measured at since does not matter any more.
  await startTraining(killed, { measurements: slow }).done
  expect(readFileSync(voiceFile(killed)).equals(readFileSync(voiceFile(whole)))).toBe(true)

  const converted = run('converted')
  await startTraining(converted, { measurements: slow }).done
  expect(keptChoice(converted)?.forms.asFiled).toEqual([])
})

it('a forecast is of what a run would choose, where the device has been measured', async () => {
  const bytes = async (measurements: string): Promise<number> => {
    const before = process.memoryUsage().rss
    const question = { file: wide, settings: TINY_SETTINGS, longest: 64, lengths: [64], memoryCap: 4e9, measurements }
    return (await forecastRun(question)).forecastBytes - before
  }
  const usual = await bytes(path.join(root, 'none.json'))
  const [fast, slow] = [await bytes(speeds(wide, 60)), await bytes(speeds(wide, 40))]
  // Six blocks of 3.9 million numbers, in 4.5 bits forward for 8.5; what Node holds moves by some megabytes.
  const spared = (6 * 3.9e6 * 4) / 8
  expect(slow - fast).toBeGreaterThan(0.6 * spared)
  expect(usual - fast).toBeGreaterThan(0.6 * spared)
})
