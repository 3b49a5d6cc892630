/**
 * The same training on other devices: losses and gradients are those of the CPU, to rounding. Two CPUs stand for a GPU
 * and its CPU, so that ggml's scheduler is tried everywhere; Vulkan is tried where there is a driver.
 */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Device } from '../../main/ggml/device.ts'
import { TYPE, type TypeNumber } from '../../main/ggml/types.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { pack } from '../../main/model/batch.ts'
import { Engine } from '../../main/model/engine.ts'
import { TARGET_NAMES } from '../../main/model/tensors.ts'
import { seeded } from '../../main/random.ts'
import type { TokenExample } from '../../main/trainer/types.ts'
import { cosine } from '../helpers/cosine.ts'
import { cpuPair, vulkanDevice } from '../helpers/devices.ts'
import { without } from '../helpers/operations.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { type TinyModel, writeTinyModel } from '../helpers/tiny-model.ts'

const vulkan = vulkanDevice()
const folder = temporaryFolder()
let cpu: Device
let pair: Device
beforeAll(() => {
  ;({ cpu, pair } = cpuPair())
})
afterAll(() => {
  cpu.free()
  vulkan?.free()
})

const random = seeded('devices-test')
const example = (length: number, answer: number): TokenExample => ({
  tokens: Int32Array.from({ length }, () => random.below(300)),
  answerFrom: length - answer,
})
const batch = pack([example(21, 5), example(9, 3), example(70, 30)])
const LORA = { rank: 4, alpha: 8, targets: [...TARGET_NAMES] }

const MODELS: Record<string, Partial<TinyModel>> = {
  llama: { architecture: 'llama' },
  gemma3: { architecture: 'gemma3' },
  phi3: { architecture: 'phi3' },
  qwen3: { architecture: 'qwen3' },
}

/** A software Vulkan takes seconds to compile each shader, and minutes where other tests take its cores. */
const SLOW = 300_000
const ON_VULKAN = ['llama', 'gemma3']

function model(name: string, extra: Partial<TinyModel> = {}): string {
  const file = path.join(folder, `${name}.gguf`)
  writeTinyModel(file, { blocks: 2, width: 64, heads: 4, kvHeads: 2, ff: 96, vocabulary: 320, seed: 3, ...extra })
  return file
}

/** Loss and gradients of one pass from the same adapter, dropout included. */
async function pass(device: Device, file: string, weightType: TypeNumber = TYPE.F32) {
  using engine = new Engine(device, readGguf(file), { weightType, capacity: 112, lora: LORA, dropout: 0.1 })
  const stream = seeded('adapter')
  const draw = (n: number): Float32Array => Float32Array.from({ length: n }, () => (stream.next() - 0.5) * 0.1)
  const { lora } = engine
  for (const one of lora?.pairs ?? []) lora?.write(one, { a: draw(one.inputs * 4), b: draw(one.outputs * 4) })
  const loss = await engine.trainPack(batch, { dropoutSeed: '1/1/0' })
  const gradients = engine.takeGradient(38).flatMap(({ a, b }) => [a, b])
  return { loss, gradients }
}

type Pass = Awaited<ReturnType<typeof pass>>

function agree(found: Pass, wanted: Pass, lossTolerance: number, least: number): void {
  expect(Math.abs(found.loss - wanted.loss) / wanted.loss).toBeLessThan(lossTolerance)
  expect(found.gradients.length).toBe(wanted.gradients.length)
  for (const [i, gradient] of wanted.gradients.entries()) {
    expect(Math.hypot(...gradient)).toBeGreaterThan(0)
    expect(cosine(found.gradients[i] as Float32Array, gradient)).toBeGreaterThan(least)
  }
}

describe.each(Object.keys(MODELS))('%s', (name) => {
  let file = ''
  let wanted: Pass
  beforeAll(async () => {
    file = model(name, MODELS[name])
    wanted = await pass(cpu, file)
  })

  it('trains alike where a device lacks what only training needs', async () => {
    agree(await pass(without(cpu, ['RMS_NORM_BACK', 'SOFT_MAX_BACK', 'SILU_BACK']), file), wanted, 1e-5, 0.99999)
  })

  it('trains alike through the scheduler', async () => {
    agree(await pass(without(pair, ['RMS_NORM']), file), wanted, 1e-5, 0.99999)
  })

  it.skipIf(vulkan === null || !ON_VULKAN.includes(name))(
    'trains alike on Vulkan',
    async () => {
      agree(await pass(vulkan as Device, file), wanted, 1e-4, 0.999)
    },
    SLOW,
  )

  it.skipIf(vulkan === null || !ON_VULKAN.includes(name))(
    'trains alike on Vulkan with the CPU beside it',
    async () => {
      agree(await pass(without(vulkan as Device, ['RMS_NORM']), file), wanted, 1e-4, 0.999)
    },
    SLOW,
  )
})

describe.skipIf(vulkan === null)('Vulkan', () => {
  it(
    'trains on a quantized file as the CPU does',
    async () => {
      // Q4_K is decoded by the CPU through the scheduler, and held in Q8_0.
      const file = model('vulkan-Q4_K', { type: 'Q4_K', width: 256, ff: 256, blocks: 1 })
      agree(await pass(vulkan as Device, file, TYPE.Q8_0), await pass(cpu, file, TYPE.Q8_0), 1e-3, 0.998)
    },
    SLOW,
  )
})
