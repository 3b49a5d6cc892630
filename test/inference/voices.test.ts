/** Voices over a tiny model: strength, replacement on disk, misfits, and more of them than are kept. */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeArrayVoice } from '../../main/adapters/array-voice.ts'
import { readVoiceFile, readVoiceTensors, type VoiceTensor, writeVoiceFile } from '../../main/adapters/voice-file.ts'
import { openBase } from '../../main/inference/base.ts'
import { sharedLlama } from '../../main/inference/llama.ts'
import type { Base, Voices, VoiceUse } from '../../main/inference/types.ts'
import { largestDifference, logitsOf } from '../helpers/llama.ts'
import { type TinyModel, writeTinyModel } from '../helpers/tiny-model.ts'
import { writeTinyVoice } from '../helpers/tiny-voice.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'idiolect-voices-'))
const file = path.join(folder, 'tiny.gguf')
const tokens = Int32Array.from({ length: 24 }, (_, i) => 3 + ((i * 29) % 300))
let model: TinyModel
let base: Base

beforeAll(async () => {
  model = writeTinyModel(file)
  base = await openBase(file, { threads: 1 })
})
afterAll(async () => {
  await base.dispose()
  rmSync(folder, { recursive: true, force: true })
})

function voice(name: string, seed: number, scale = 1): VoiceUse {
  const use = { file: path.join(folder, `${name}.gguf`), scale }
  writeTinyVoice(use.file, model, { seed })
  return use
}

async function last(use: Voices | null): Promise<Float32Array> {
  return (await base.logits(tokens, [tokens.length - 1], use))[0]!
}

const distance = (a: Float32Array, b: Float32Array) => largestDifference([a], [b])

test('a voice gives the logits that llama.cpp gives with it, and the base stays as it is', async () => {
  const use = voice('exact', 1, 0.7)
  const before = await last(null)
  const found = await last(use)
  const llama = await sharedLlama()
  const plain = await llama.loadModel({ modelPath: file })
  const expected = (await logitsOf(plain, [...tokens], use)).at(-1)!
  await plain.dispose()
  expect(distance(found, expected)).toBeLessThan(5e-3)
  expect(distance(found, before)).toBeGreaterThan(0.05)
  expect(await last(null)).toEqual(before)
})

test('strength 0 is the base, and other strengths differ', async () => {
  const use = voice('strength', 2)
  expect(await last({ ...use, scale: 0 })).toEqual(await last(null))
  expect(distance(await last({ ...use, scale: 0.5 }), await last({ ...use, scale: 1 }))).toBeGreaterThan(0.01)
})

test('a file replaced under its name is the new voice at once, and the old one again when it comes back', async () => {
  const use = voice('replaced', 3)
  const old = readFileSync(use.file)
  const first = await last(use)
  voice('next', 4)
  renameSync(path.join(folder, 'next.gguf'), use.file)
  const second = await last(use)
  expect(distance(first, second)).toBeGreaterThan(0.05)
  writeFileSync(use.file, old)
  expect(await last(use)).toEqual(first)
})

test('more voices than are kept: each gives its own, also when it comes back', async () => {
  const uses = [11, 12, 13, 14, 15].map((seed) => voice(`many-${seed}`, seed))
  const first: Float32Array[] = []
  for (const use of uses) first.push(await last(use))
  for (const [i, use] of uses.entries()) expect(await last(use)).toEqual(first[i])
  expect(distance(first[0]!, first[1]!)).toBeGreaterThan(0.05)
})

test('calls with different voices at the same time do not mix', async () => {
  const uses = [voice('side-a', 21), null, voice('side-b', 22)]
  const alone: Float32Array[] = []
  for (const use of uses) alone.push(await last(use))
  expect(await Promise.all(uses.map(last))).toEqual(alone)
})

test("a voice that does not fit is refused with llama.cpp's reason, and the base goes on", async () => {
  const before = await last(null)
  const wide = path.join(folder, 'wide.gguf')
  writeTinyVoice(wide, model, { width: model.width * 2 })
  await expect(last({ file: wide, scale: 1 })).rejects.toThrow(/wide\.gguf does not fit .*incorrect shape/)
  const foreign = path.join(folder, 'foreign.gguf')
  writeTinyVoice(foreign, model, { architecture: 'qwen2' })
  await expect(last({ file: foreign, scale: 1 })).rejects.toThrow(/foreign\.gguf does not fit .*mismatch/)
  await expect(last({ file: path.join(folder, 'none.gguf'), scale: 1 })).rejects.toMatchObject({ name: 'VoiceMissing' })
  const cut = voice('cut', 31)
  writeFileSync(cut.file, readFileSync(cut.file).subarray(0, 700))
  await expect(last(cut)).rejects.toMatchObject({ name: 'VoiceUnfit', next: expect.any(String) })
  expect(await last(null)).toEqual(before)
})

test('a misfit that was replaced by a good file works', async () => {
  const name = path.join(folder, 'mended.gguf')
  writeTinyVoice(name, model, { width: model.width * 2 })
  await expect(last({ file: name, scale: 1 })).rejects.toMatchObject({ name: 'VoiceUnfit' })
  writeTinyVoice(name, model, { seed: 41 })
  expect(distance(await last({ file: name, scale: 1 }), await last(null))).toBeGreaterThan(0.05)
})

test('another number of threads gives the same numbers', async () => {
  const use = voice('threads', 51)
  const before = await last(use)
  base.setThreads?.(2)
  expect(distance(await last(use), before)).toBeLessThan(1e-3)
  base.setThreads?.(1)
  expect(await last(use)).toEqual(before)
})

/** One LoRA that does what several do together: A's rows below each other, B's columns side by side, weighted. */
function summed(name: string, uses: VoiceUse[]): VoiceUse {
  const parts = uses.map(({ file, scale }) => {
    const voice = readVoiceFile(file)
    return { voice, weight: (scale * voice.alpha) / voice.rank, tensors: readVoiceTensors(voice) }
  })
  const rank = parts.reduce((sum, { voice }) => sum + voice.rank, 0)
  const tensors = parts[0]!.tensors.map(({ name, K, M }, i): VoiceTensor => {
    const a = Float32Array.from(parts.flatMap((part) => [...part.tensors[i]!.a]))
    const rows = Array.from({ length: M }, (_, row) =>
      parts.flatMap(({ voice, weight, tensors }) =>
        [...tensors[i]!.b.subarray(row * voice.rank, (row + 1) * voice.rank)].map((value) => value * weight),
      ),
    )
    return { name, K, M, a, b: Float32Array.from(rows.flat()) }
  })
  const file = path.join(folder, `${name}.gguf`)
  const facts = { architecture: model.architecture, baseSha256: '', baseName: '', name, targets: ['q'] }
  writeVoiceFile(file, { ...facts, rank, alpha: rank, tensors })
  return { file, scale: 1 }
}

describe('several voices at once', () => {
  test('change the logits as the sum of their weighted changes does', async () => {
    const mix = [voice('mix-a', 61, 0.7), voice('mix-b', 62, 0.3)]
    const found = await last(mix)
    const expected = await last(summed('sum', mix))
    const apart = Math.min(distance(found, await last(mix[0]!)), distance(found, await last(mix[1]!)))
    expect(apart).toBeGreaterThan(0.05)
    expect(distance(found, expected)).toBeLessThan(apart / 50)
  })

  test('their order changes nothing, a weight of 0 counts as none, one named twice counts with both weights', async () => {
    const [a, b] = [voice('order-a', 63, 0.7), voice('order-b', 64, 0.3)]
    const found = await last([a, b])
    expect(await last([b, a])).toEqual(found)
    expect(await last([a, { ...b, scale: 0 }])).toEqual(await last(a))
    expect(await last([{ ...a, scale: 0.5 }, b, { ...a, scale: 0.25 }])).toEqual(await last([{ ...a, scale: 0.75 }, b]))
    expect(await last([{ ...a, scale: 0 }])).toEqual(await last(null))
    expect(await last([])).toEqual(await last(null))
  })

  test('score as they write', async () => {
    const mix = [voice('score-a', 65, 0.7), voice('score-b', 66, 0.3)]
    const query = { tokens, answerFrom: 20 }
    const [found] = await base.score([query], { voice: mix })
    const [expected] = await base.score([query], { voice: summed('score-sum', mix) })
    const [alone] = await base.score([query], { voice: mix[0]! })
    expect(found!.nll).toBeCloseTo(expected!.nll, 2)
    expect(Math.abs(found!.nll - alone!.nll)).toBeGreaterThan(0.05)
  })

  test('of another kind than LoRA do not mix, and say so', async () => {
    const file = path.join(folder, 'factors.gguf')
    const facts = { architecture: model.architecture, baseSha256: '', baseName: '', name: 'factors', targets: [] }
    const data = new Float32Array(model.width).fill(1)
    const arrays = [{ name: 'blk.0.attn_q.weight.ia3', shape: [model.width], data, type: 'F32' as const }]
    writeArrayVoice(file, { ...facts, kind: 'ia3', arrays })
    const use = { file, scale: 1 }
    await expect(last([voice('lora', 68), use])).rejects.toMatchObject({
      name: 'VoicesDoNotMix',
      message: expect.stringContaining(`${file} is of the kind ia3`),
    })
    expect(distance(await last([use]), await last(null))).toBeLessThan(1e-3)
  })

  test('the one that does not fit is named, and the others go on', async () => {
    const [good, wide] = [voice('good', 67), path.join(folder, 'wide-in-mix.gguf')]
    writeTinyVoice(wide, model, { width: model.width * 2 })
    const refused = last([good, { file: wide, scale: 0.5 }])
    await expect(refused).rejects.toMatchObject({ name: 'VoiceUnfit', message: expect.stringContaining(wide) })
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining(good.file) })
    expect(distance(await last(good), await last(null))).toBeGreaterThan(0.05)
  })
})
