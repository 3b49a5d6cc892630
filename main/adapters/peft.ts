/**
 * A voice in PEFT's layout (adapter_config.json, adapter_model.safetensors), for programs on Transformers, and beside it a
 * README that says what it needs. Only llama: its GGUF holds q and k with each head's rows reordered for RoPE over
 * neighbouring pairs, and that is undone here.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type Append, writeAtomically } from '../atomic.ts'
import { IdiolectError } from '../errors.ts'
import type { GgufFile } from '../gguf/read.ts'
import { checkVoice } from './check-voice.ts'
import { underOf } from './task-adapter.ts'
import { readVoiceTensors, type VoiceFile, type VoiceTensor } from './voice-file.ts'

const MODULES = new Map([
  ['attn_q', 'self_attn.q_proj'],
  ['attn_k', 'self_attn.k_proj'],
  ['attn_v', 'self_attn.v_proj'],
  ['attn_output', 'self_attn.o_proj'],
  ['ffn_gate', 'mlp.gate_proj'],
  ['ffn_up', 'mlp.up_proj'],
  ['ffn_down', 'mlp.down_proj'],
])

/**
 * Rows of a q or k projection from GGUF's order to Transformers': in each head, row 2i goes to i and row 2i + 1 to
 * i + half. `b` has `heads * head` rows of `rank`.
 */
export function unpermuteRows(b: Float32Array, heads: number, rank: number): Float32Array {
  const head = b.length / rank / heads
  const out = new Float32Array(b.length)
  for (let row = 0; row < heads * head; row++) {
    const within = row % head
    const to = row - within + (within % 2) * (head / 2) + Math.floor(within / 2)
    out.set(b.subarray(row * rank, (row + 1) * rank), to * rank)
  }
  return out
}

/**
 * Writes the three files into `folder`, made when it is not there; the config last, so that a folder with one is whole.
 * Throws IdiolectError `NotForPeft` for an architecture or a weight that has no place there, `VoiceMismatch` for
 * another base, `FileExists` for a folder with a README of something else.
 * @param baseName what `base_model_name_or_path` shall say
 */
export function exportPeft(
  voice: VoiceFile,
  base: GgufFile,
  baseSha256: string,
  baseName: string,
  folder: string,
): void {
  checkVoice(voice, base, baseSha256)
  const refuse = (problem: string) => new IdiolectError('NotForPeft', problem, 'Export the voice as GGUF instead.')
  if (voice.kind !== 'lora')
    throw refuse(`Only LoRA voices are written for PEFT, this one is of the kind ${voice.kind}`)
  if (voice.architecture !== 'llama')
    throw refuse(`Only voices of the architecture llama are written for PEFT, this one is for ${voice.architecture}`)
  const odd = voice.tensors.find(({ rank }) => rank !== voice.rank)
  if (odd) throw refuse(`PEFT takes one rank for all, ${odd.name} has rank ${odd.rank} and others ${voice.rank}`)
  const heads = base.number('llama.attention.head_count')
  const kvHeads = base.number('llama.attention.head_count_kv', heads)
  const modules = new Set<string>()
  const tensors = readVoiceTensors(voice).flatMap((tensor) => {
    const [, block = '', part = ''] = /^blk\.(\d+)\.(\w+)\.weight$/.exec(tensor.name) ?? []
    const module = MODULES.get(part)
    if (module === undefined) throw refuse(`The voice changes ${tensor.name}, which has no place in PEFT's layout`)
    modules.add(module.split('.')[1] ?? module)
    return inPeftNames(
      tensor,
      `base_model.model.model.layers.${block}.${module}`,
      { attn_q: heads, attn_k: kvHeads }[part],
    )
  })
  const config = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: baseName,
    r: voice.rank,
    lora_alpha: voice.alpha || voice.rank,
    target_modules: [...modules],
    lora_dropout: 0,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    use_rslora: false,
  }
  const about = path.join(folder, 'README.md')
  const settings = path.join(folder, 'adapter_config.json')
  const weights = path.join(folder, 'adapter_model.safetensors')
  const there = [about, settings, weights].filter((file) => existsSync(file))
  if (there.length > 0 && !isOurs(about))
    throw new IdiolectError(
      'FileExists',
      `${there[0]} is there already and tells of something else`,
      'Choose another folder.',
    )
  mkdirSync(folder, { recursive: true })
  const under = underOf(voice.extra)
  const needs = { base: baseName, base_sha256: baseSha256 }
  // PEFT refuses keys in its config that it does not know; here it keeps them.
  const notes = under === null ? needs : { ...needs, task_adapter: under.name, task_adapter_sha256: under.sha256 }
  const readme = Buffer.from(readmeOf(voice, baseName, baseSha256))
  // First of the three: whose folder it is, should the others not come.
  writeAtomically(about, (append) => append(readme), { ofUser: true })
  writeSafetensors(weights, tensors, notes)
  const json = Buffer.from(`${JSON.stringify(config, null, 2)}\n`)
  writeAtomically(settings, (append) => append(json), { ofUser: true })
}

/** Is it the README of an earlier export, whose folder may be written anew? */
function isOurs(about: string): boolean {
  return existsSync(about) && readFileSync(about, 'utf8').includes('written by Idiolect')
}

/** What whoever finds the folder has to know: the base, and the task adapter where there is one below. */
function readmeOf(voice: VoiceFile, baseName: string, baseSha256: string): string {
  const under = underOf(voice.extra)
  const lines = [
    `# ${voice.name ?? 'A voice'}`,
    `A LoRA in PEFT's layout, written by Idiolect. It was trained on the base model ${baseName}, whose GGUF file has the SHA-256 ${baseSha256}. It says nothing on another base.`,
  ]
  if (under !== null)
    lines.push(
      `**It needs the task adapter “${under.name}”** (SHA-256 ${under.sha256}), over which it was trained and which is not in this folder. Export that by itself, and add its changes to the base first. Without it, this is another voice than the one that was proved.`,
    )
  return `${lines.join('\n\n')}\n`
}

interface NamedTensor {
  name: string
  /** Slowest dimension first, as safetensors has it. */
  shape: number[]
  data: Float32Array
}

function inPeftNames({ a, b, K, M }: VoiceTensor, prefix: string, permutedHeads: number | undefined): NamedTensor[] {
  const rank = a.length / K
  return [
    { name: `${prefix}.lora_A.weight`, shape: [rank, K], data: a },
    {
      name: `${prefix}.lora_B.weight`,
      shape: [M, rank],
      data: permutedHeads === undefined ? b : unpermuteRows(b, permutedHeads, rank),
    },
  ]
}

/** Safetensors: a uint64 length, a JSON header padded to 8 bytes, then the tensors' bytes. */
function writeSafetensors(file: string, tensors: NamedTensor[], notes: Record<string, string>): void {
  let end = 0
  const entries = tensors.map(({ name, shape, data }) => {
    const start = end
    end += data.byteLength
    return [name, { dtype: 'F32', shape, data_offsets: [start, end] }] as const
  })
  const json = JSON.stringify({ __metadata__: { format: 'pt', ...notes }, ...Object.fromEntries(entries) })
  const header = Buffer.from(json + ' '.repeat(Math.ceil(json.length / 8) * 8 - json.length))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  const fill = (append: Append): void => {
    append(length)
    append(header)
    for (const { data } of tensors) append(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  writeAtomically(file, fill, { ofUser: true })
}
