/**
 * The model room: a GGUF's weights as layers, their forward and backward pass. It knows architectures; it knows no
 * text, no user, no files but the GGUF, and leaves tensors and devices to the ggml room.
 *
 * This file reads the numbers that shape a model from the file's metadata, and refuses by name what isn't carried.
 * The source of truth for their meaning is llama.cpp's own model code at the release that node-llama-cpp brings.
 */
import { IdiolectError } from '../errors.ts'
import type { GgufFile } from '../gguf/read.ts'
import { ARCHITECTURES, type Architecture, type ArchitectureRules, RULES } from './architectures.ts'
import { type BlockRope, type RopeShape, readRope } from './rope.ts'
import { checkTensors } from './tensors.ts'

export interface Hyperparameters {
  architecture: Architecture
  blocks: number
  /** Width of the residual stream. */
  width: number
  heads: number
  kvHeads: number
  headSize: number
  /** Inner width of the feed-forward part. */
  ff: number
  vocabulary: number
  /** Tokens that the file says it was made for. */
  context: number
  /** Epsilon of RMSNorm. */
  eps: number
  activation: 'silu' | 'gelu'
  /** Factor on a token's embedding. */
  embeddingScale: number
  /** Factor on q·k. */
  attentionScale: number
  /** Logits z become cap·tanh(z / cap); 0: they stay. */
  logitCap: number
  /** Each head of q and k goes through an RMSNorm of its own before RoPE. */
  headNorms: boolean
  /** What attention and the feed-forward part give goes through an RMSNorm before it is added. */
  postNorms: boolean
  /** Whether q, k and v, and gate and up, are rows of one tensor. */
  fused: { qkv: boolean; gateUp: boolean }
  rope: RopeShape
  layers: LayerShape[]
  /** Output head shares the token embedding's weights. */
  tied: boolean
}

/** What may differ from block to block. */
export interface LayerShape {
  /** Null: positions are not seen in this block. */
  rope: BlockRope | null
  /** A key is seen by queries fewer than this many tokens after it; null: by all. */
  window: number | null
}

function refuse(gguf: GgufFile, what: string): never {
  throw new IdiolectError(
    'NotCarried',
    `${gguf.file}: ${what}`,
    `Voices can be trained on these architectures: ${ARCHITECTURES.join(', ')}. The file can still chat.`,
  )
}

/**
 * @throws IdiolectError `NotCarried` naming the architecture or the feature; `BadGguf` when metadata and shapes differ
 */
export function readHyperparameters(gguf: GgufFile): Hyperparameters {
  const name = gguf.string('general.architecture')
  const architecture = ARCHITECTURES.find((a) => a === name)
  if (!architecture) refuse(gguf, `the architecture ${JSON.stringify(name)} cannot be trained`)
  const rules = RULES[architecture]
  const number = (key: string, otherwise?: number): number => uniform(gguf, `${name}.${key}`, otherwise)
  if (number('expert_count', 0) > 0) refuse(gguf, 'mixtures of experts cannot be trained')

  const blocks = number('block_count')
  const width = number('embedding_length')
  const heads = number('attention.head_count')
  const headSize = number('attention.key_length', Math.floor(width / heads))
  const valueSize = number('attention.value_length', Math.floor(width / heads))
  if (valueSize !== headSize) refuse(gguf, `values of ${valueSize} beside keys of ${headSize} cannot be trained`)
  const context = number('context_length')
  const { shape: rope, block: blockRope } = readRope(gguf, rules, headSize, context)
  const scaledPast = number('attention.temperature_scale', 0) === 0 ? context : rope.originalContext
  const h: Hyperparameters = {
    architecture,
    blocks,
    width,
    heads,
    kvHeads: number('attention.head_count_kv', heads),
    headSize,
    ff: number('feed_forward_length'),
    vocabulary: gguf.tensor('token_embd.weight').shape[1] ?? 0,
    context: Math.min(context, scaledPast),
    eps: number('attention.layer_norm_rms_epsilon'),
    activation: rules.activation,
    embeddingScale: rules.embeddingScale(width),
    attentionScale: rules.attentionScale({ blocks, width, heads, headSize }),
    logitCap: architecture === 'gemma3' ? number('final_logit_softcapping', 0) : 0,
    headNorms: rules.headNorms,
    postNorms: rules.postNorms,
    fused: { qkv: gguf.tensors.has('blk.0.attn_qkv.weight'), gateUp: rules.fusedGateUp },
    rope,
    layers: [],
    tied: !gguf.tensors.has('output.weight'),
  }
  checkNumbers(gguf, h)
  h.layers = layersOf(gguf, h, rules, blockRope)
  checkTensors(gguf, h)
  return h
}

/** A number that may stand once, or once a block if it is the same for all. */
function uniform(gguf: GgufFile, key: string, otherwise?: number): number {
  if (gguf.metadata.get(key)?.type !== 'array') return gguf.number(key, otherwise)
  const values = gguf.numbers(key)
  const [first] = values
  if (first === undefined || values.some((value) => value !== first)) {
    refuse(gguf, `${key} differs from block to block, which cannot be trained`)
  }
  return first
}

function layersOf(gguf: GgufFile, h: Hyperparameters, rules: ArchitectureRules, rope: BlockRope): LayerShape[] {
  const name = h.architecture
  const window = rules.windowPattern > 0 ? gguf.number(`${name}.attention.sliding_window`, 0) : 0
  const windowRope = { freqBase: gguf.number(`${name}.rope.freq_base_swa`, 10000), freqScale: 1 }
  const windowed = window > 0 ? windowPattern(gguf, h, rules.windowPattern) : (): boolean => false
  return Array.from({ length: h.blocks }, (_, block) => {
    const turned = rules.ropeSkips === 0 || (block + 1) % rules.ropeSkips !== 0
    const near = windowed(block)
    return { rope: turned ? (near ? windowRope : rope) : null, window: near ? window : null }
  })
}

/** Which blocks look through the window: the file's own list, or all but every n-th. */
function windowPattern(gguf: GgufFile, h: Hyperparameters, usual: number): (block: number) => boolean {
  const key = `${h.architecture}.attention.sliding_window_pattern`
  const value = gguf.metadata.get(key)
  if (value?.type === 'array') {
    const list = value.value.values()
    if (list.length < h.blocks) bad(gguf, `${key} has ${list.length} entries for ${h.blocks} blocks`)
    return (block) => Boolean(list[block])
  }
  const every = gguf.number(key, usual)
  return (block) => every === 0 || block % every < every - 1
}

function bad(gguf: GgufFile, what: string): never {
  throw new IdiolectError('BadGguf', `${gguf.file}: ${what}`, null)
}

/** So that nothing below divides by zero, loops for ever or hands ggml a shape that it aborts on. */
function checkNumbers(gguf: GgufFile, h: Hyperparameters): void {
  const counts = ['blocks', 'width', 'heads', 'kvHeads', 'headSize', 'ff', 'vocabulary', 'context'] as const
  for (const key of counts) {
    if (!Number.isSafeInteger(h[key]) || h[key] < 1) bad(gguf, `its metadata give ${h[key]} as ${key}`)
  }
  if (h.blocks > gguf.tensors.size) bad(gguf, `it has ${gguf.tensors.size} tensors for ${h.blocks} blocks`)
  if (h.headSize % 2 !== 0 || h.heads % h.kvHeads !== 0) {
    bad(gguf, `${h.heads} heads and ${h.kvHeads} key heads of ${h.headSize} do not fit together`)
  }
  if (!Number.isSafeInteger(h.rope.dims) || h.rope.dims < 2 || h.rope.dims % 2 !== 0 || h.rope.dims > h.headSize) {
    bad(gguf, `RoPE over ${h.rope.dims} elements does not fit heads of ${h.headSize}`)
  }
  if (!(h.eps >= 0)) bad(gguf, `its metadata give ${h.eps} as the norms' epsilon`)
}
