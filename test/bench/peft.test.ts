/** The adapter's way from PEFT to a voice, and the kept results; PEFT itself is not needed: a script stands in for it. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { exportPeft, unpermuteRows } from '../../main/adapters/peft.ts'
import { readVoiceFile, readVoiceTensors } from '../../main/adapters/voice-file.ts'
import { sha256OfFile } from '../../main/catalog/files.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { randomVoice } from '../helpers/random-voice.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'
import { findPeft, type PeftJob, trainPeft } from './peft.ts'
import { permuteRows, voiceFromPeft } from './peft-voice.ts'
import type { Peft } from './types.ts'

const root = temporaryFolder()

describe("PEFT's adapter as a voice", () => {
  it('undoes what an export does, value by value', async () => {
    const base = path.join(root, 'base.gguf')
    const [voice, back] = [path.join(root, 'voice.gguf'), path.join(root, 'back.gguf')]
    writeTinyModel(base, { heads: 4, kvHeads: 2 })
    randomVoice(voice, base, { seed: 5, rank: 3, alpha: 6, targets: { attn_q: 'q', attn_k: 'k', attn_v: 'v' } })
    const folder = path.join(root, 'peft')
    exportPeft(readVoiceFile(voice), readGguf(base), await sha256OfFile(base), 'Tiny', folder)
    voiceFromPeft(folder, base, back)
    const [before, after] = [readVoiceFile(voice), readVoiceFile(back)]
    expect(after).toMatchObject({ rank: 3, alpha: 6, architecture: 'llama' })
    const byName = new Map(readVoiceTensors(after).map((tensor) => [tensor.name, tensor]))
    for (const tensor of readVoiceTensors(before)) expect(byName.get(tensor.name)).toEqual(tensor)
    expect(byName.size).toBe(before.tensors.length)
  })

  it('turns rows of a head back where they were, and moves them at all', () => {
    const rows = Float32Array.from({ length: 2 * 8 * 2 }, (_, i) => i)
    const moved = permuteRows(rows, 2, 2)
    expect([...moved]).not.toEqual([...rows])
    expect([...unpermuteRows(moved, 2, 2)]).toEqual([...rows])
  })
})

const JOB: PeftJob = {
  examples: [{ tokens: Int32Array.of(1, 2, 3), answerFrom: 1 }],
  heldOut: [],
  lr: 1e-3,
  epochs: 1,
  batch: 16,
  rank: 8,
  alpha: 8,
  targets: ['q'],
  dropout: 0,
  warmup: 0,
  weightDecay: 0,
  clip: 1,
  seed: 1,
  threads: 1,
}

/** A program in Python's place that notes each call and answers as the script does. */
function standIn(name: string, body: string): string {
  const file = path.join(root, name)
  writeFileSync(file, `#!/bin/sh\necho called >> ${path.join(root, `${name}.calls`)}\n${body}\n`)
  chmodSync(file, 0o755)
  return file
}
const calls = (name: string): number =>
  readFileSync(path.join(root, `${name}.calls`), 'utf8')
    .trim()
    .split('\n').length

describe.skipIf(process.platform === 'win32')('a training by PEFT', () => {
  const answer = '{"seconds": 2, "tokens": 3, "stepSeconds": [2], "peakBytes": 5, "before": 4, "after": 3}'

  it('is kept, done again when asked to or when anything of the job changes', async () => {
    const python = standIn('good', `echo noise; echo '${answer}'`)
    const peft: Peft = { python, versions: 'torch 1', type: 'bf16' }
    const base = path.join(root, 'base-2.gguf')
    writeFileSync(base, 'weights')
    const keepIn = path.join(root, 'kept')
    const first = await trainPeft(peft, base, JOB, { keepIn })
    expect(first).toMatchObject({ seconds: 2, after: 3, kept: false })
    expect(await trainPeft(peft, base, JOB, { keepIn })).toEqual({ ...first, kept: true })
    expect(calls('good')).toBe(1)
    await trainPeft(peft, base, JOB, { keepIn, fresh: true })
    await trainPeft(peft, base, { ...JOB, lr: 2e-3 }, { keepIn })
    await trainPeft(peft, base, { ...JOB, examples: [{ tokens: Int32Array.of(1, 2, 4), answerFrom: 1 }] }, { keepIn })
    await trainPeft({ ...peft, versions: 'torch 2' }, base, JOB, { keepIn })
    await trainPeft({ ...peft, type: 'f32' }, base, JOB, { keepIn })
    expect(calls('good')).toBe(6)
  })

  it('that fails says its last words, and keeps nothing', async () => {
    const peft: Peft = { python: standIn('bad', 'echo no memory left >&2; exit 3'), versions: '', type: 'bf16' }
    const base = path.join(root, 'base-2.gguf')
    writeFileSync(base, 'weights')
    const keepIn = path.join(root, 'kept-bad')
    await expect(trainPeft(peft, base, JOB, { keepIn })).rejects.toThrow(/ended with 3: no memory left/)
    await expect(trainPeft(peft, base, JOB, { keepIn })).rejects.toThrow(/no memory left/)
  })

  it('is not there where Python is not, or lacks a package', async () => {
    expect(await findPeft(path.join(root, 'absent'))).toMatchObject({
      peft: null,
      why: expect.stringContaining('ENOENT'),
    })
    const lacking = standIn('lacking', 'echo "ModuleNotFoundError: No module named \'peft\'" >&2; exit 1')
    expect(await findPeft(lacking)).toMatchObject({
      peft: null,
      why: expect.stringContaining("No module named 'peft'"),
    })
    expect((await findPeft(standIn('there', 'echo torch 1'))).peft?.versions).toBe('torch 1')
  })
})
