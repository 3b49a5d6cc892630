/** An adapter that PEFT saved, as a voice that llama.cpp runs: so that one judge scores both engines' voices. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { writeVoiceFile } from '../../main/adapters/voice-file.ts'
import { readGguf } from '../../main/gguf/read.ts'

const WEIGHTS: Record<string, { weight: string; target: string }> = {
  'self_attn.q_proj': { weight: 'attn_q', target: 'q' },
  'self_attn.k_proj': { weight: 'attn_k', target: 'k' },
  'self_attn.v_proj': { weight: 'attn_v', target: 'v' },
  'self_attn.o_proj': { weight: 'attn_output', target: 'o' },
  'mlp.gate_proj': { weight: 'ffn_gate', target: 'gate' },
  'mlp.up_proj': { weight: 'ffn_up', target: 'up' },
  'mlp.down_proj': { weight: 'ffn_down', target: 'down' },
}

/**
 * Writes `file` from the folder that `save_pretrained` wrote. Llama only: the GGUF holds each head's rows of q and k in
 * pairs of neighbours, Transformers in halves, so that row i of a head goes to 2i, and i + half to 2i + 1.
 */
export function voiceFromPeft(folder: string, base: string, file: string): void {
  const gguf = readGguf(base)
  const heads = gguf.number('llama.attention.head_count')
  const kvHeads = gguf.number('llama.attention.head_count_kv', heads)
  const config = JSON.parse(readFileSync(path.join(folder, 'adapter_config.json'), 'utf8')) as {
    r: number
    lora_alpha: number
  }
  const tensors = readSafetensors(path.join(folder, 'adapter_model.safetensors'))
  const targets = new Set<string>()
  const pairs = [...tensors]
    .filter(([name]) => name.endsWith('.lora_A.weight'))
    .map(([name, { data: a, shape }]) => {
      const found = /layers\.(\d+)\.(.+)\.lora_A\.weight$/.exec(name)
      const known = WEIGHTS[found?.[2] ?? '']
      const b = tensors.get(name.replace('lora_A', 'lora_B'))
      if (!found || !known || !b) throw new Error(`${name} has no place in a voice`)
      targets.add(known.target)
      const permuted = { q: heads, k: kvHeads }[known.target]
      return {
        name: `blk.${found[1]}.${known.weight}.weight`,
        K: shape[1] as number,
        M: b.shape[0] as number,
        a,
        b: permuted === undefined ? b.data : permuteRows(b.data, permuted, config.r),
      }
    })
  writeVoiceFile(file, {
    architecture: 'llama',
    alpha: config.lora_alpha,
    rank: config.r,
    targets: [...targets],
    baseSha256: '',
    baseName: '',
    name: 'PEFT',
    tensors: pairs,
  })
}

/** The inverse of `unpermuteRows` in main/adapters/peft.ts. */
export function permuteRows(b: Float32Array, heads: number, rank: number): Float32Array {
  const head = b.length / rank / heads
  const out = new Float32Array(b.length)
  for (let row = 0; row < heads * head; row++) {
    const within = row % head
    const half = head / 2
    const to = row - within + (within < half ? 2 * within : 2 * (within - half) + 1)
    out.set(b.subarray(row * rank, (row + 1) * rank), to * rank)
  }
  return out
}

function readSafetensors(file: string): Map<string, { shape: number[]; data: Float32Array }> {
  const bytes = readFileSync(file)
  const length = Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >
  return new Map(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(([name, { dtype, shape, data_offsets }]) => {
        const part = bytes.subarray(8 + length + data_offsets[0], 8 + length + data_offsets[1])
        return [name, { shape, data: floats(dtype, part) }]
      }),
  )
}

function floats(dtype: string, bytes: Buffer): Float32Array {
  if (dtype === 'F32') return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i))
  if (dtype !== 'BF16') throw new Error(`safetensors of ${dtype} are not read here`)
  const words = Uint32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(2 * i) << 16)
  return new Float32Array(words.buffer)
}
