import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Device } from '../../main/ggml/device.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { pack } from '../../main/model/batch.ts'
import { Engine } from '../../main/model/engine.ts'
import { logitsOf, quietLlama } from '../helpers/llama.ts'
import { seeded } from '../helpers/random.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const LENGTH = 8192
const file = path.join(temporaryFolder(), 'long.gguf')
const random = seeded(4)
const tokens = Int32Array.from({ length: LENGTH }, () => Math.floor(random() * 300))
let device: Device
beforeAll(() => {
  device = openDevice({ threads: 1 })
  writeTinyModel(file, { context: LENGTH, blocks: 1, width: 32, heads: 2, kvHeads: 1, ff: 64, seed: 8 })
})
afterAll(() => device.free())

function open(capacity: number): Engine {
  const lora = { rank: 4, alpha: 8, targets: ['q', 'v'] as ('q' | 'v')[] }
  return new Engine(device, readGguf(file), { weightType: TYPE.F32, capacity, lora })
}

it('gives llama.cpp’s logits after 8,192 tokens', { timeout: 120_000 }, async () => {
  const positions = [0, 63, 64, 4095, LENGTH - 2]
  const model = await (await quietLlama()).loadModel({ modelPath: file, gpuLayers: 0 })
  const wanted = await logitsOf(model, [...tokens.subarray(0, LENGTH - 1)], undefined, {
    contextSize: LENGTH,
    exactCache: true,
    positions,
  })
  await model.dispose()
  using engine = open(LENGTH)
  const found = await engine.logits(tokens.subarray(0, LENGTH - 1), positions)
  for (const [i, row] of found.entries()) {
    for (const [j, value] of row.entries()) expect(Math.abs(value - (wanted[i]?.[j] as number))).toBeLessThan(1e-4)
  }
})

it('trains on 8,192 tokens in memory that grows with the length, not with its square', {
  timeout: 120_000,
}, async () => {
  const bytes: number[] = []
  for (const length of [LENGTH / 4, LENGTH / 2, LENGTH]) {
    using engine = open(length)
    engine.adapter?.put(engine.initial(1, [], true))
    const loss = await engine.trainPack(pack([{ tokens: tokens.subarray(0, length), answerFrom: length - 20 }]))
    expect(loss / 20).toBeGreaterThan(1)
    expect(engine.takeGradients(20).some((gradient) => gradient.some((value) => value !== 0))).toBe(true)
    bytes.push(engine.bytes)
  }
  const [a, b, c] = bytes as [number, number, number]
  expect((c - b) / (b - a)).toBeLessThan(2.2)
})
