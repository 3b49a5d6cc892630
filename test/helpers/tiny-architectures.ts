/** What tiny models of each architecture have in their files: metadata keys, and tensors by name and shape. */
import { arrayOf, bool, float32, type GgufValue, text, uint32 } from '../../main/gguf/values.ts'
import type { TinyModel } from './tiny-model.ts'

export interface Weight {
  name: string
  /** Fastest dimension first. */
  shape: number[]
  /** Matrices, embeddings and biases are drawn around 0, norms around 1; factors lie in 1..4, as llama 3's do. */
  kind: 'matrix' | 'embedding' | 'norm' | 'bias' | 'factors'
}

interface Traits {
  headNorms?: true
  postNorms?: true
  fused?: true
  /** Matrices with a bias. */
  biases?: readonly string[]
}

export const ARCHITECTURES = {
  llama: {},
  mistral3: {},
  smollm3: {},
  qwen2: { biases: ['attn_q', 'attn_k', 'attn_v'] },
  qwen3: { headNorms: true },
  gemma3: { headNorms: true, postNorms: true },
  phi3: { fused: true },
} satisfies Record<string, Traits>

export type TinyArchitecture = keyof typeof ARCHITECTURES

export function headSizeOf(model: TinyModel): number {
  return model.headSize ?? model.width / model.heads
}

export function metadataOf(model: TinyModel): Record<string, GgufValue> {
  const headSize = headSizeOf(model)
  const { rope, window } = model
  const keys: Record<string, GgufValue | undefined> = {
    block_count: uint32(model.blocks),
    context_length: uint32(model.context),
    embedding_length: uint32(model.width),
    feed_forward_length: uint32(model.ff),
    'attention.head_count': uint32(model.heads),
    'attention.head_count_kv': uint32(model.kvHeads),
    'attention.layer_norm_rms_epsilon': float32(model.rmsEpsilon),
    'attention.key_length': model.headSize ? uint32(headSize) : undefined,
    'attention.value_length': model.headSize ? uint32(headSize) : undefined,
    'attention.temperature_scale': model.temperatureScale ? float32(model.temperatureScale) : undefined,
    'attention.sliding_window': window ? uint32(window.tokens) : undefined,
    'attention.sliding_window_pattern': Array.isArray(window?.pattern)
      ? arrayOf('bool', window.pattern)
      : window?.pattern
        ? uint32(window.pattern)
        : undefined,
    'rope.freq_base_swa': window?.ropeBase ? float32(window.ropeBase) : undefined,
    final_logit_softcapping: model.logitCap ? float32(model.logitCap) : undefined,
    'rope.dimension_count': uint32(model.ropeDims ?? headSize),
    'rope.freq_base': float32(model.ropeBase),
    'rope.scaling.type': rope ? text(rope.type) : undefined,
    'rope.scaling.factor': rope?.factor ? float32(rope.factor) : undefined,
    'rope.scaling.original_context_length': rope?.originalContext ? uint32(rope.originalContext) : undefined,
    'rope.scaling.attn_factor': rope?.attnFactor ? float32(rope.attnFactor) : undefined,
    'rope.scaling.yarn_beta_fast': rope?.betaFast ? float32(rope.betaFast) : undefined,
    'rope.scaling.yarn_beta_slow': rope?.betaSlow ? float32(rope.betaSlow) : undefined,
    'rope.scaling.yarn_log_multiplier': rope?.logMultiplier ? float32(rope.logMultiplier) : undefined,
    'rope.scaling.finetuned': rope ? bool(true) : undefined,
    vocab_size: uint32(model.vocabulary),
  }
  const present = Object.entries(keys).filter((entry): entry is [string, GgufValue] => entry[1] !== undefined)
  return Object.fromEntries(present.map(([key, value]) => [`${model.architecture}.${key}`, value]))
}

const EVERY_MATRIX = ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down']

export function weightsOf(model: TinyModel): Weight[] {
  const { width, ff } = model
  const traits: Traits = ARCHITECTURES[model.architecture]
  const headSize = headSizeOf(model)
  const q = headSize * model.heads
  const kv = headSize * model.kvHeads
  const biases = model.biases ? EVERY_MATRIX : (traits.biases ?? [])
  const block = (i: number): Weight[] => {
    const norm = (name: string, length = width): Weight => ({
      name: `blk.${i}.${name}.weight`,
      shape: [length],
      kind: 'norm',
    })
    const matrix = (name: string, row: number, rows: number): Weight[] => [
      { name: `blk.${i}.${name}.weight`, shape: [row, rows], kind: 'matrix' },
      ...(biases.includes(name)
        ? [{ name: `blk.${i}.${name}.bias`, shape: [rows], kind: 'bias' } satisfies Weight]
        : []),
    ]
    return [
      norm('attn_norm'),
      ...(traits.fused
        ? matrix('attn_qkv', width, q + 2 * kv)
        : [...matrix('attn_q', width, q), ...matrix('attn_k', width, kv), ...matrix('attn_v', width, kv)]),
      ...matrix('attn_output', q, width),
      ...(traits.headNorms ? [norm('attn_q_norm', headSize), norm('attn_k_norm', headSize)] : []),
      ...(traits.postNorms ? [norm('post_attention_norm'), norm('post_ffw_norm')] : []),
      norm('ffn_norm'),
      ...(traits.fused
        ? matrix('ffn_up', width, 2 * ff)
        : [...matrix('ffn_gate', width, ff), ...matrix('ffn_up', width, ff)]),
      ...matrix('ffn_down', ff, width),
    ]
  }
  const factors = (name: string): Weight => ({
    name: `${name}.weight`,
    shape: [(model.ropeDims ?? headSize) / 2],
    kind: 'factors',
  })
  return [
    { name: 'token_embd.weight', shape: [width, model.vocabulary], kind: 'embedding' },
    ...(model.ropeFreqs ? [factors('rope_freqs')] : []),
    ...(model.rope?.type === 'longrope' ? [factors('rope_factors_long'), factors('rope_factors_short')] : []),
    ...Array.from({ length: model.blocks }, (_, i) => block(i)).flat(),
    { name: 'output_norm.weight', shape: [width], kind: 'norm' },
    ...(model.tiedEmbeddings
      ? []
      : [{ name: 'output.weight', shape: [width, model.vocabulary], kind: 'matrix' } satisfies Weight]),
  ]
}
