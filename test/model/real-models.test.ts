/** Published files: the engine's logits beside those that the same file chats with, and a step that lowers the loss. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Device } from '../../main/ggml/device.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { pack } from '../../main/model/batch.ts'
import { Engine } from '../../main/model/engine.ts'
import type { LoraPair, PairValues } from '../../main/model/lora.ts'
import { disturb } from '../helpers/gradients.ts'
import { logitsOf, quietLlama } from '../helpers/llama.ts'
import { GEMMA, SMOLLM } from '../helpers/models.ts'

const TEXT = `The harbour froze in the second week of January, which nobody living had seen before. Children walked out to the
boats and wrote their names on the hulls with mittened fingers. My grandmother, who had sold fish on that quay for forty
years, put a chair on the ice and sat in it until dark, because, she said, she had always wondered how the town looked
from there. In the evening she told us: smaller than you think, and lit in the wrong places. `

/** Milliseconds, for machines that do much else. */
const PATIENCE = 600_000

let device: Device
beforeAll(() => {
  device = openDevice({ threads: 1 })
})
afterAll(() => device.free())

async function tokensOf(file: string): Promise<Int32Array> {
  const model = await (await quietLlama()).loadModel({ modelPath: file, gpuLayers: 0 })
  const { bos, shouldPrependBosToken } = model.tokens
  const tokens = [...(shouldPrependBosToken && bos !== null ? [bos] : []), ...model.tokenize(TEXT)]
  await model.dispose()
  return Int32Array.from(tokens)
}

function logProbabilities(logits: Float32Array): Float64Array {
  const highest = logits.reduce((a, b) => Math.max(a, b))
  const sum = logits.reduce((total, z) => total + Math.exp(z - highest), 0)
  return Float64Array.from(logits, (z) => z - highest - Math.log(sum))
}

/** Nats. */
function divergence(from: Float32Array, to: Float32Array): number {
  const p = logProbabilities(from)
  const q = logProbabilities(to)
  return p.reduce((sum, value, i) => sum + Math.exp(value) * (value - (q[i] as number)), 0)
}

describe.each([
  ['SmolLM2 135M, Q4_1', SMOLLM],
  ['Gemma 3 270M, Q4_K_M', GEMMA],
])('%s', (_name, found) => {
  const file = found as string
  let engine: Engine
  let tokens: Int32Array
  // One engine for both: the larger vocabulary takes its time to load.
  beforeAll(async () => {
    if (found === null) return
    tokens = await tokensOf(file)
    const lora = { rank: 4, alpha: 8, targets: ['q', 'v', 'down'] as ('q' | 'v' | 'down')[] }
    engine = new Engine(device, readGguf(file), { weightType: TYPE.Q8_0, capacity: 128, lora })
  }, PATIENCE)
  afterAll(() => engine?.[Symbol.dispose]())

  it.skipIf(found === null)(
    'has the next words that the chat has (before anything is learnt)',
    async () => {
      const positions = Array.from({ length: 16 }, (_, i) => Math.floor(((i + 1) * (tokens.length - 1)) / 16))
      const mine = await engine.logits(tokens, positions)
      const model = await (await quietLlama()).loadModel({ modelPath: file, gpuLayers: 0 })
      const theirs = await logitsOf(model, [...tokens], undefined, { contextSize: 256, positions })
      await model.dispose()
      const apart = positions.map((_, i) => divergence(theirs[i] as Float32Array, mine[i] as Float32Array))
      // llama.cpp rounds what enters a quantized product to 8 bits: by that alone its logits on these files are .003 and
      // .006 nats from those that it gives on the same weights in F32, from which the engine's are 1e-7.
      expect(apart.reduce((a, b) => a + b) / apart.length).toBeLessThan(0.015)
    },
    PATIENCE,
  )

  it.skipIf(found === null)(
    'learns: the loss falls along the gradient as steeply as the gradient says',
    async () => {
      const values = disturb(engine, 0.02)
      const batch = pack([{ tokens: tokens.subarray(0, 33), answerFrom: 16 }])
      const before = await engine.trainPack(batch)
      const gradients = engine.takeGradient(1)
      const square = gradients.reduce((sum, { a, b }) => sum + Math.hypot(...a) ** 2 + Math.hypot(...b) ** 2, 0)
      // As far as the loss should change by a tenth, since rounding to 8 bits makes it uneven by a hundredth; to both
      // sides, so that its curve cancels.
      const rate = (0.1 * before) / square
      const lossAt = async (way: number): Promise<number> => {
        const moved = (value: Float32Array, gradient: Float32Array): Float32Array =>
          value.map((v, j) => v + way * rate * (gradient[j] as number))
        engine.lora?.pairs.forEach((pair: LoraPair, i) => {
          const { a, b } = values[i] as PairValues
          const gradient = gradients[i] as PairValues
          engine.lora?.write(pair, { a: moved(a, gradient.a), b: moved(b, gradient.b) })
        })
        return engine.measurePack(batch)
      }
      const fallen = await lossAt(-1)
      expect(fallen).toBeLessThan(before)
      const slope = ((await lossAt(1)) - fallen) / (0.2 * before)
      expect(slope).toBeGreaterThan(0.75)
      expect(slope).toBeLessThan(1.25)
    },
    PATIENCE,
  )
})
