import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IdiolectError } from '../../main/errors.ts'
import type { Device } from '../../main/ggml/device.ts'
import type { Variant } from '../../main/ggml/library.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { checkpointFile, readCheckpoint } from '../../main/trainer/checkpoint.ts'
import { type LoopOptions, trainRun } from '../../main/trainer/loop.ts'
import type { FromWorker } from '../../main/trainer/messages.ts'
import { createRun, keptChoice, readLog, voiceFile } from '../../main/trainer/run-folder.ts'
import { vulkanDevice } from '../helpers/devices.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { learnable, tinyPlan } from '../helpers/tiny-run.ts'

const vulkan = vulkanDevice()
const root = temporaryFolder()
const base = path.join(root, 'base.gguf')
beforeAll(() => writeTinyModel(base, { blocks: 2, width: 64, heads: 4, kvHeads: 2, ff: 96, vocabulary: 320, seed: 3 }))
afterAll(() => vulkan?.free())

function run(name: string, device?: Variant, epochs = 3): string {
  const folder = path.join(root, name)
  const plan = tinyPlan(base, { epochs, ...(device ? { device } : {}) }, { train: 32, validation: 4 })
  createRun(folder, plan, learnable(32, 'train'), learnable(4, 'validation'))
  return folder
}

function sit(folder: string, options: Partial<LoopOptions> = {}) {
  const reports: FromWorker[] = []
  const done = trainRun(folder, {
    checkpointSeconds: 0,
    report: (message) => reports.push(message),
    between: async () => {},
    ...options,
  })
  return { reports, done }
}

/** The CPU as a device of some kind, which stops computing when `goesOn` says so; asked before each graph. */
function failing(kind: Variant, goesOn: () => boolean): typeof openDevice {
  return () => {
    const cpu = openDevice({ threads: 1 })
    const backendGraphCompute: Device['ggml']['backendGraphCompute'] = (backend, graph) =>
      goesOn() ? cpu.ggml.backendGraphCompute(backend, graph) : -1
    return { ...cpu, kind, ggml: { ...cpu.ggml, backendGraphCompute } }
  }
}

let graphs = 0
let whole = ''
beforeAll(async () => {
  whole = run('whole')
  const counting = failing('cpu', () => {
    graphs++
    return true
  })
  await sit(whole, { open: counting }).done
})

/** Stops after three fifths of the graphs of a whole run. */
function stopping(kind: Variant): typeof openDevice {
  let left = Math.floor(graphs * 0.6)
  return failing(kind, () => left-- > 0)
}

/** A machine on which only the CPU is left. */
const onlyCpu: typeof openDevice = (options) => {
  if ((options.variant ?? 'cpu') === 'cpu') return openDevice(options)
  throw new IdiolectError('NoDevice', 'no vulkan device was found (1 devices in all)', null)
}

describe('a device that stops computing', () => {
  it('ends the run with a clear error, keeps the last checkpoint, and costs nothing once it is back', async () => {
    const folder = run('stopped')
    const { done } = sit(folder, { open: stopping('cpu') })
    await expect(done).rejects.toMatchObject({
      name: 'ComputeFailed',
      message: expect.stringMatching(/stopped computing with status -1/),
      next: expect.stringMatching(/resumed/),
    })
    const step = readCheckpoint(folder)?.position.step ?? 0
    expect(step).toBeGreaterThan(0)
    expect(step).toBeLessThan(readLog(whole).length)
    await sit(folder).done
    expect(readFileSync(voiceFile(folder))).toEqual(readFileSync(voiceFile(whole)))
    expect(() => readFileSync(checkpointFile(folder))).toThrow(/ENOENT/)
  })
})

describe('a device that is gone', () => {
  it('is an error for a run that was not begun', async () => {
    await expect(sit(run('fresh', 'vulkan'), { open: onlyCpu }).done).rejects.toMatchObject({ name: 'NoDevice' })
  })

  it('lets a begun run go on on the CPU, and says so', async () => {
    const folder = run('begun', 'vulkan')
    await expect(sit(folder, { open: stopping('vulkan') }).done).rejects.toMatchObject({ name: 'ComputeFailed' })
    expect(keptChoice(folder)?.device).toBe('vulkan')
    const begun = readCheckpoint(folder)?.position.step ?? 0
    expect(begun).toBeGreaterThan(0)
    const { reports, done } = sit(folder, { open: onlyCpu })
    await done
    const chosen = reports.find((message) => message.type === 'chosen')
    expect(chosen).toMatchObject({
      note: expect.stringMatching(/begun on vulkan, which is not there any more .* on the CPU/),
      resumedAt: begun,
    })
    expect(keptChoice(folder)?.device).toBe('cpu')
    expect(readLog(folder).map(({ step }) => step)).toEqual(readLog(whole).map(({ step }) => step))
  })
})

describe.skipIf(vulkan === null)('a whole run on Vulkan', () => {
  it('learns as on the CPU, step by step', async () => {
    const same = run('same', 'cpu', 1)
    await sit(same).done
    const folder = run('vulkan', 'vulkan', 1)
    const { reports, done } = sit(folder, { open: () => vulkan as Device })
    await done
    expect(reports.find((message) => message.type === 'chosen')).toMatchObject({ note: null })
    expect(keptChoice(folder)?.device).toBe('vulkan')
    const onCpu = readLog(same)
    const found = readLog(folder)
    expect(found.length).toBe(onCpu.length)
    for (const [i, { loss, validation }] of onCpu.entries()) {
      expect(Math.abs((found[i]?.loss ?? 0) / loss - 1)).toBeLessThan(0.01)
      if (validation !== null) expect(Math.abs((found[i]?.validation ?? 0) / validation - 1)).toBeLessThan(0.01)
    }
    expect(onCpu.at(-1)?.loss).toBeLessThan(onCpu[0]?.loss ?? 0)
  }, 300_000)
})
