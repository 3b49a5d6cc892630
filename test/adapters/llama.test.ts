/** What a voice file means is what llama.cpp does with it. */
import path from 'node:path'
import type { Llama } from 'node-llama-cpp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readVoiceFile, readVoiceTensors, type VoiceTensor } from '../../main/adapters/voice-file.ts'
import { readGguf, readTensor } from '../../main/gguf/read.ts'
import { type TensorInput, writeGguf } from '../../main/gguf/write.ts'
import { largestDifference, logitsOf, quietLlama } from '../helpers/llama.ts'
import { ALL_TARGETS, randomVoice } from '../helpers/random-voice.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
const baseFile = path.join(folder, 'base.gguf')
const file = path.join(folder, 'voice.gguf')
const tokens = [70, 81, 92, 103, 5, 6]
let llama: Llama
beforeAll(async () => {
  llama = await quietLlama()
  writeTinyModel(baseFile)
})
afterAll(() => llama.dispose())

async function logits(modelFile: string, voice?: { file: string; scale: number }): Promise<Float32Array[]> {
  const model = await llama.loadModel({ modelPath: modelFile, gpuLayers: 0 })
  try {
    return await logitsOf(model, tokens, voice)
  } finally {
    await model.dispose()
  }
}

/** The base with alpha / r * scale * B A added to its weights: what the voice means, computed by ourselves. */
function merge(target: string, pairs: VoiceTensor[], factor: number): void {
  const base = readGguf(baseFile)
  const byName = new Map(pairs.map((pair) => [pair.name, pair]))
  const tensors = [...base.tensors.values()].map(({ name, shape }): TensorInput => {
    const bytes = readTensor(base, name)
    const data = Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4))
    const pair = byName.get(name)
    if (pair) {
      const { a, b, K, M } = pair
      const rank = a.length / K
      for (let m = 0; m < M; m++)
        for (let k = 0; k < K; k++)
          for (let r = 0; r < rank; r++)
            data[m * K + k] = (data[m * K + k] ?? 0) + factor * (b[m * rank + r] ?? 0) * (a[r * K + k] ?? 0)
    }
    return { name, shape, type: 'F32', data }
  })
  writeGguf(target, { metadata: base.metadata, tensors })
}

describe('llama.cpp with a voice', () => {
  it('computes W x + alpha / r * scale * B A x', async () => {
    randomVoice(file, baseFile, { rank: 4, alpha: 8, targets: ALL_TARGETS, deviation: 0.1 })
    const plain = await logits(baseFile)
    for (const scale of [1, 0.5]) {
      const merged = path.join(folder, 'merged.gguf')
      merge(merged, readVoiceTensors(readVoiceFile(file)), (8 / 4) * scale)
      const voiced = await logits(baseFile, { file, scale })
      expect(largestDifference(voiced, plain)).toBeGreaterThan(0.1)
      expect(largestDifference(voiced, await logits(merged))).toBeLessThan(0.001)
    }
  })

  it('is the base at scale 0', async () => {
    randomVoice(file, baseFile)
    expect(largestDifference(await logits(baseFile, { file, scale: 0 }), await logits(baseFile))).toBeLessThan(1e-5)
  })

  it('refuses a voice for another shape', async () => {
    const other = path.join(folder, 'other.gguf')
    writeTinyModel(other, { width: 96, heads: 6, kvHeads: 2 })
    randomVoice(file, other)
    await expect(logits(baseFile, { file, scale: 1 })).rejects.toThrow()
  })
})
