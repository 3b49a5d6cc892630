/** Training that goes on from a voice, and what rsLoRA and LoRA+ change in a run, on a tiny base in the real worker. */
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { sha256OfContent } from '../../main/adapters/share-voice.ts'
import { readNumbers, readVoiceFile, readVoiceTensors, type VoiceTensor } from '../../main/adapters/voice-file.ts'
import { startTraining } from '../../main/trainer/client.ts'
import { createRun, readLog, voiceFile } from '../../main/trainer/run-folder.ts'
import { keepStart, lineageOf, settingsOf, startFile } from '../../main/trainer/start.ts'
import type { TrainSettings } from '../../main/trainer/types.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { killedAt, learnable, tinyPlan } from '../helpers/tiny-run.ts'

const root = temporaryFolder()
const base = path.join(root, 'base.gguf')

const examples = learnable(16, 'start-test')

const SETTINGS: Partial<TrainSettings> = {
  rank: 4,
  alpha: 8,
  targets: ['q', 'v'],
  dropout: 0,
  weightDecay: 0,
  epochs: 4,
}

/** @param from a voice to go on from */
function run(name: string, changes: Partial<TrainSettings> = {}, from: string | null = null): string {
  const folder = path.join(root, name)
  mkdirSync(folder)
  const plan = {
    ...tinyPlan(base, { ...SETTINGS, ...changes }, { train: examples.length, validation: 0 }),
    ...(from === null ? {} : { lineage: keepStart(folder, from) }),
    about: { name: `Voice of ${name}` },
  }
  createRun(folder, plan, examples, [])
  return folder
}

async function trained(name: string, changes: Partial<TrainSettings> = {}, from: string | null = null) {
  const folder = run(name, changes, from)
  await startTraining(folder).done
  const voice = readVoiceFile(voiceFile(folder))
  return { folder, file: voiceFile(folder), voice, tensors: readVoiceTensors(voice), log: readLog(folder) }
}

const numbers = (tensors: VoiceTensor[], part: 'a' | 'b'): number[] => tensors.flatMap((tensor) => [...tensor[part]])

let first: Awaited<ReturnType<typeof trained>>
beforeAll(async () => {
  writeTinyModel(base, { blocks: 2, width: 64, heads: 4, kvHeads: 2, ff: 96, vocabulary: 320, seed: 3 })
  first = await trained('first')
})

describe('going on from a voice', () => {
  it("begins with the voice's own numbers, and its file tells whence it comes", async () => {
    const second = await trained('still', { lr: 1e-12 }, first.file)
    for (const part of ['a', 'b'] as const) {
      const apart = numbers(second.tensors, part).map((value, i) => value - (numbers(first.tensors, part)[i] as number))
      expect(Math.hypot(...apart)).toBeLessThan(1e-6 * Math.hypot(...numbers(first.tensors, part)))
    }
    const parent = { name: 'Voice of first', sha256: sha256OfContent(first.file), createdAt: '2026-01-01T00:00:00Z' }
    expect(lineageOf(second.voice.extra)).toEqual([parent])
    const third = await trained('third', {}, second.file)
    expect(lineageOf(third.voice.extra).map(({ name }) => name)).toEqual(['Voice of still', 'Voice of first'])
    expect(lineageOf(first.voice.extra)).toEqual([])
  })

  it.each(['ia3', 'prompt'] as const)('is the same for voices of the kind %s', async (kind) => {
    const settings = { kind, virtualTokens: 4, lr: 1e-2 }
    const one = path.join(root, `${kind}-one`)
    await startTraining(run(`${kind}-one`, settings)).done
    const two = run(`${kind}-two`, { ...settings, lr: 1e-12 }, voiceFile(one))
    await startTraining(two).done
    const [before, after] = [readVoiceFile(voiceFile(one)), readVoiceFile(voiceFile(two))]
    expect(settingsOf(before)).toEqual(kind === 'ia3' ? { kind } : { kind, virtualTokens: 4 })
    expect(lineageOf(after.extra)).toMatchObject([{ name: `Voice of ${kind}-one` }])
    const trainedArrays = before.arrays.filter(({ name }) => !/prompt_[kv]$/.test(name))
    expect(trainedArrays.length).toBeGreaterThan(0)
    for (const { name } of trainedArrays) {
      const [a, b] = [readNumbers(before, name), readNumbers(after, name)]
      expect(Math.hypot(...a.map((value, i) => value - (b[i] as number)))).toBeLessThan(1e-6 * Math.hypot(...a))
    }
    // Not merely what a run begins with anyway.
    const fresh = run(`${kind}-fresh`, { ...settings, lr: 1e-12 })
    await startTraining(fresh).done
    const { name } = trainedArrays[0] as (typeof trainedArrays)[number]
    expect(readNumbers(readVoiceFile(voiceFile(fresh)), name)).not.toEqual(readNumbers(before, name))
  })

  it('starts where the other ended: lower than a random start, and it goes on falling', async () => {
    const second = await trained('further', {}, first.file)
    expect(second.log[0]?.loss).toBeLessThan((first.log[0]?.loss ?? 0) - 0.2)
    expect(second.log.at(-1)?.loss).toBeLessThan(second.log[0]?.loss ?? 0)
  })

  it('ends with the same bits when its worker is killed and the voice that it began from is gone', async () => {
    const copy = path.join(root, 'gone.gguf')
    const unbroken = run('unbroken', { epochs: 24 }, first.file)
    await startTraining(unbroken).done
    copyFileSync(first.file, copy)
    const broken = run('broken', { epochs: 24 }, copy)
    rmSync(copy)
    await killedAt(broken, [1, 5], (step) => ({ checkpointSeconds: step === 1 ? 3600 : 0 }))
    await startTraining(broken).done
    const [one, other] = [readVoiceFile(voiceFile(broken)), readVoiceFile(voiceFile(unbroken))]
    expect(readVoiceTensors(one)).toEqual(readVoiceTensors(other))
    expect(one.extra).toEqual(other.extra)
  })

  it('names both sides where the voice is not what the plan says', async () => {
    const failed = async (folder: string): Promise<unknown> => startTraining(folder).done.catch((error) => error)
    expect(await failed(run('rank', { rank: 2 }, first.file))).toMatchObject({
      name: 'BadStart',
      message: expect.stringMatching(/attn_q.weight.lora_a is \[64, 4\] in the voice Voice of first, \[64, 2\] here/),
    })
    expect(await failed(run('more', { targets: ['q', 'v', 'o'] }, first.file))).toMatchObject({
      message: expect.stringMatching(/has no blk.0.attn_output.weight.lora_a, which this run trains/),
    })
    expect(await failed(run('fewer', { targets: ['q'] }, first.file))).toMatchObject({
      message: expect.stringMatching(/has blk.0.attn_v.weight.lora_a, this run trains no such tensor/),
    })
    const other = await trained('other', { seed: 8 })
    const changed = run('changed', {}, first.file)
    keepStart(changed, other.file)
    expect(await failed(changed)).toMatchObject({
      message: expect.stringContaining(
        `should have SHA-256 ${sha256OfContent(first.file)}, and has ${sha256OfContent(other.file)}`,
      ),
    })
    rmSync(startFile(changed))
    expect(await failed(changed)).toMatchObject({ message: expect.stringContaining('and has nothing') })
  })
})

describe('rsLoRA', () => {
  it("is written for llama.cpp's alpha / rank, and read back as it was given", async () => {
    const { voice } = await trained('rslora', { rank: 16, alpha: 6, rslora: true, epochs: 1 })
    expect(voice.alpha).toBe(24)
    expect(settingsOf(voice)).toEqual({ kind: 'lora', rank: 16, alpha: 6, rslora: true, targets: ['q', 'v'] })
    expect(settingsOf(first.voice)).toEqual({ kind: 'lora', rank: 4, alpha: 8, rslora: false, targets: ['q', 'v'] })
  })

  it('trains as the plain LoRA of that scale does, bit by bit', async () => {
    const stable = await trained('stable', { alpha: 4, rslora: true, epochs: 1 })
    const plain = await trained('plain', { alpha: 8, epochs: 1 })
    expect(stable.tensors).toEqual(plain.tensors)
    expect(stable.log.map(({ loss }) => loss)).toEqual(plain.log.map(({ loss }) => loss))
  })
})

describe('LoRA+', () => {
  it("gives B, and B alone, a rate of its own: Adam's first step is the rate", async () => {
    // One step, all examples. B is zero, so A has no gradient yet; B's step is ± its rate wherever it has one.
    const once = { epochs: 1, batch: 16, lr: 1e-3 }
    const [plain, plus] = [await trained('one', once), await trained('plus', { ...once, lrRatioB: 8 })]
    expect(numbers(plus.tensors, 'a')).toEqual(numbers(plain.tensors, 'a'))
    const b = numbers(plus.tensors, 'b')
    expect(b).toEqual(numbers(plain.tensors, 'b').map((value) => expect.closeTo(8 * value, 7)))
    expect(Math.max(...b.map(Math.abs))).toBeCloseTo(8e-3, 5)
    expect(plus.voice.extra).toEqual({ lrRatioB: 8 })
  })
})
