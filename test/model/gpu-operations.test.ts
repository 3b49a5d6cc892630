/**
 * Which of the engine's operations the GPUs' backends carry, by the lists in the source of the very release that is
 * used. The operations are those that the engine builds, seen as it builds them, with no list kept by hand.
 */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Device } from '../../main/ggml/device.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { readGguf } from '../../main/gguf/read.ts'
import type { AdapterSpec } from '../../main/model/adapter.ts'
import { pack } from '../../main/model/batch.ts'
import { Engine } from '../../main/model/engine.ts'
import { TARGET_NAMES } from '../../main/model/tensors.ts'
import { seeded } from '../../main/random.ts'
import { releaseFile, supportedOperations } from '../helpers/release.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { type TinyModel, writeTinyModel } from '../helpers/tiny-model.ts'

const BACKENDS = {
  Metal: ['ggml/src/ggml-metal/ggml-metal-device.m', 'bool ggml_metal_device_supports_op('],
  CUDA: ['ggml/src/ggml-cuda/ggml-cuda.cu', 'bool ggml_backend_cuda_device_supports_op('],
  Vulkan: ['ggml/src/ggml-vulkan/ggml-vulkan.cpp', 'bool ggml_backend_vk_device_supports_op('],
} as const

/** What `replacements.ts` writes from other operations where a device lacks its own. */
const REPLACED = ['OUT_PROD', 'RMS_NORM_BACK', 'SOFT_MAX_BACK']
const ARCHITECTURES: TinyModel['architecture'][] = ['llama', 'mistral3', 'smollm3', 'qwen2', 'qwen3', 'gemma3', 'phi3']
const LORA: AdapterSpec = { kind: 'lora', rank: 4, alpha: 8, targets: [...TARGET_NAMES] }
const KINDS: AdapterSpec[] = [LORA, { kind: 'ia3' }, { kind: 'prompt', tokens: 16 }]

const folder = temporaryFolder()
let cpu: Device
beforeAll(() => {
  cpu = openDevice({ threads: 1 })
})
afterAll(() => cpu.free())

/** Trains a step of every architecture and of every kind of adapter; `has` is asked for each operation by ggml's name. */
async function trainEverything(has: (operation: string) => boolean): Promise<void> {
  const device: Device = { ...cpu, supports: (node) => has(cpu.ggml.opDesc(node)) }
  const random = seeded('gpu-operations')
  const tokens = Int32Array.from({ length: 40 }, () => random.below(300))
  for (const architecture of ARCHITECTURES) {
    const file = path.join(folder, `${architecture}.gguf`)
    writeTinyModel(file, { architecture, blocks: 2, width: 64, heads: 4, kvHeads: 2, ff: 96, type: 'Q8_0' })
    for (const adapter of architecture === 'llama' ? KINDS : [LORA]) {
      const options = { weightType: TYPE.Q8_0, productType: TYPE.F32, capacity: 64, dropout: 0.1, adapter } as const
      using engine = new Engine(device, readGguf(file), options)
      await engine.trainPack(pack([{ tokens, answerFrom: 20 }], adapter.kind === 'prompt' ? 16 : 0), {
        dropoutSeed: adapter.kind === 'lora' ? '1' : null,
      })
    }
  }
}

const sources = Object.entries(BACKENDS).map(([name, [file, signature]]) => {
  const source = releaseFile(file)
  return { name, supported: source === null ? null : supportedOperations(source, signature) }
})

it.skipIf(sources[0]?.supported === null)('reads lists that are right where it is known', () => {
  for (const { supported } of sources) {
    for (const one of ['MUL_MAT', 'ADD', 'SILU', 'SWIGLU', 'VIEW']) expect(supported).toContain(one)
    expect(supported).not.toContain('WIN_PART')
  }
  const [metal, cuda] = sources
  expect(metal?.supported).not.toContain('OUT_PROD')
  expect(cuda?.supported).toContain('OUT_PROD')
})

describe.each(sources)('$name', ({ name, supported }) => {
  it.skipIf(supported === null)('computes all that training needs', async () => {
    const used = new Set<string>()
    const denied = new Set<string>()
    await trainEverything((operation) => {
      used.add(operation)
      if (supported?.has(operation)) return true
      denied.add(operation)
      return false
    })
    expect(used.size).toBeGreaterThan(15)
    // What is lacking is replaced; nothing of a step falls back to the CPU.
    expect([...denied].sort()).toEqual(name === 'Metal' ? REPLACED : [])
  })
})
