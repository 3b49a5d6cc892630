/** Voices over a tiny model: strength, replacement on disk, misfits, and more of them than are kept. */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBase } from '../../main/inference/base.ts'
import { sharedLlama } from '../../main/inference/llama.ts'
import type { Base, VoiceUse } from '../../main/inference/types.ts'
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

async function last(use: VoiceUse | null): Promise<Float32Array> {
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
