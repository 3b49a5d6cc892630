import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { exportPeft, unpermuteRows } from '../../main/adapters/peft.ts'
import { readVoiceFile, type VoiceTensor } from '../../main/adapters/voice-file.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { float32, text } from '../../main/gguf/values.ts'
import { writeGguf } from '../../main/gguf/write.ts'
import { randomVoice, sha256 } from '../helpers/random-voice.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const folder = temporaryFolder()
const baseFile = path.join(folder, 'base.gguf')
const file = path.join(folder, 'voice.gguf')
const out = path.join(folder, 'peft')
let tensors: VoiceTensor[]
beforeAll(() => {
  writeTinyModel(baseFile)
  tensors = randomVoice(file, baseFile, { rank: 2, alpha: 6, targets: { attn_k: 'k', ffn_down: 'down' } })
})

function readSafetensors(at: string) {
  const bytes = readFileSync(at)
  const from = 8 + Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.toString('utf8', 8, from))
  delete header.__metadata__
  return new Map(
    Object.entries(header as Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [start, end],
        },
      ]) => {
        const part = bytes.subarray(from + start, from + end)
        return [
          name,
          { dtype, shape, data: Array.from({ length: part.length / 4 }, (_, i) => part.readFloatLE(i * 4)) },
        ]
      },
    ),
  )
}

describe('unpermuteRows', () => {
  it('sends neighbouring pairs to the two halves of each head', () => {
    const rows = Float32Array.from({ length: 16 }, (_, i) => Math.floor(i / 2))
    expect(Array.from(unpermuteRows(rows, 2, 2)).filter((_, i) => i % 2 === 0)).toEqual([0, 2, 1, 3, 4, 6, 5, 7])
    expect(Array.from(unpermuteRows(rows, 1, 2)).filter((_, i) => i % 2 === 0)).toEqual([0, 2, 4, 6, 1, 3, 5, 7])
  })
})

describe('exportPeft', () => {
  it('writes config and tensors under PEFT’s names', () => {
    exportPeft(readVoiceFile(file), readGguf(baseFile), sha256(baseFile), 'someone/tiny', out)
    expect(JSON.parse(readFileSync(path.join(out, 'adapter_config.json'), 'utf8'))).toMatchObject({
      peft_type: 'LORA',
      r: 2,
      lora_alpha: 6,
      target_modules: ['k_proj', 'down_proj'],
      base_model_name_or_path: 'someone/tiny',
    })
    const written = readSafetensors(path.join(out, 'adapter_model.safetensors'))
    const [k, down] = tensors as [VoiceTensor, VoiceTensor]
    const at = (name: string) => written.get(`base_model.model.model.layers.0.${name}.weight`)
    expect(written.size).toBe(8)
    expect(at('self_attn.k_proj.lora_A')).toEqual({ dtype: 'F32', shape: [2, 64], data: Array.from(k.a) })
    expect(at('self_attn.k_proj.lora_B')).toEqual({
      dtype: 'F32',
      shape: [32, 2],
      data: Array.from(unpermuteRows(k.b, 2, 2)),
    })
    expect(at('mlp.down_proj.lora_B')).toEqual({ dtype: 'F32', shape: [64, 2], data: Array.from(down.b) })
  })

  it('says in the folder which base it needs, and the task adapter below it', () => {
    const over = path.join(folder, 'over.gguf')
    const under = { name: 'Form', sha256: 'f'.repeat(64), createdAt: null }
    randomVoice(over, baseFile, { name: 'Edda', extra: { under } })
    const there = path.join(folder, 'peft-over')
    exportPeft(readVoiceFile(over), readGguf(baseFile), sha256(baseFile), 'someone/tiny', there)
    const readme = readFileSync(path.join(there, 'README.md'), 'utf8')
    expect(readme).toContain('someone/tiny')
    expect(readme).toContain('needs the task adapter “Form”')
    const bytes = readFileSync(path.join(there, 'adapter_model.safetensors'))
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0))))
    const { __metadata__: notes } = header
    const task = { task_adapter: 'Form', task_adapter_sha256: under.sha256 }
    expect(notes).toEqual({ format: 'pt', base: 'someone/tiny', base_sha256: sha256(baseFile), ...task })
    expect(readFileSync(path.join(out, 'README.md'), 'utf8')).not.toContain('task adapter')
    // A folder that is something else keeps what it says of itself.
    const taken = path.join(folder, 'taken')
    mkdirSync(taken)
    writeFileSync(path.join(taken, 'README.md'), 'My poems')
    expect(() => exportPeft(readVoiceFile(over), readGguf(baseFile), sha256(baseFile), 'x', taken)).toThrow('is there')
    expect(readFileSync(path.join(taken, 'README.md'), 'utf8')).toBe('My poems')
  })

  it('refuses a voice for another base, and weights that have no place there', () => {
    const nowhere = path.join(folder, 'nowhere')
    const other = path.join(folder, 'other.gguf')
    const write = (base: string) => () => exportPeft(readVoiceFile(file), readGguf(base), sha256(base), 'x', nowhere)
    writeTinyModel(other, { seed: 2 })
    expect(write(other)).toThrow('with SHA-256')
    const pair = [
      { name: 'token_embd.weight.lora_a', type: 'F32' as const, shape: [2, 320], data: new Float32Array(640) },
      { name: 'token_embd.weight.lora_b', type: 'F32' as const, shape: [2, 64], data: new Float32Array(128) },
    ]
    const metadata = {
      'general.type': text('adapter'),
      'general.architecture': text('llama'),
      'adapter.type': text('lora'),
      'adapter.lora.alpha': float32(2),
    }
    writeGguf(file, { metadata, tensors: pair })
    expect(write(baseFile)).toThrow('The voice changes token_embd.weight, which has no place')
    const factors = { name: 'blk.0.attn_v.weight.ia3', type: 'F32' as const, shape: [32], data: new Float32Array(32) }
    writeGguf(file, { metadata: { ...metadata, 'adapter.type': text('ia3') }, tensors: [factors] })
    expect(write(baseFile)).toThrow('this one is of the kind ia3')
    expect(existsSync(nowhere)).toBe(false)
  })
})
