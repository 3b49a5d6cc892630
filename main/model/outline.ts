/**
 * A base that is not on this machine, as its GGUF's header would tell it: enough to build an engine on a dry device and
 * so to know what a training on it would take. Types of tensors are those of llama.cpp's usual Q4_K_M.
 */
import type { ModelShape } from '../catalog/manifest.ts'
import { type GgufFile, type GgufTensor, gettersOf } from '../gguf/read.ts'
import { GGML_TYPES, type GgmlTypeName } from '../gguf/types.ts'
import { float32, type GgufValue, text, uint32 } from '../gguf/values.ts'
import { type Architecture, RULES } from './architectures.ts'

/** Rows of K types are cut into blocks of so many. */
const K_BLOCK = 256

/** Elements of a model of this shape, with its output head sharing the embedding's: its parameters. */
export function parametersOf(architecture: Architecture, shape: ModelShape): number {
  return [...outlineOf(architecture, shape).tensors.values()]
    .filter(({ name }) => !name.startsWith('rope_'))
    .reduce((sum, { shape: ne }) => sum + ne.reduce((a, b) => a * b, 1), 0)
}

export function outlineOf(architecture: Architecture, shape: ModelShape): GgufFile {
  const file = `a model of ${shape.blocks} blocks`
  const tensors = tensorsOf(architecture, shape)
  const last = [...tensors.values()].at(-1)
  const metadata = metadataOf(architecture, shape)
  const dataOffset = 0
  return {
    file,
    version: 3,
    metadata,
    tensors,
    alignment: 32,
    dataOffset,
    fileSize: (last?.offset ?? 0) + (last?.bytes ?? 0),
    ...gettersOf(file, metadata, tensors),
  }
}

function metadataOf(architecture: Architecture, shape: ModelShape): Map<string, GgufValue> {
  const own: Record<string, GgufValue> = {
    block_count: uint32(shape.blocks),
    embedding_length: uint32(shape.width),
    feed_forward_length: uint32(shape.ff),
    context_length: uint32(8192),
    'attention.head_count': uint32(shape.heads),
    'attention.head_count_kv': uint32(shape.kvHeads),
    'attention.key_length': uint32(shape.headSize),
    'attention.value_length': uint32(shape.headSize),
    'attention.layer_norm_rms_epsilon': float32(1e-5),
    'rope.dimension_count': uint32(shape.headSize),
    'rope.freq_base': float32(10_000),
  }
  return new Map([
    ['general.architecture', text(architecture)],
    ...Object.entries(own).map(([key, value]): [string, GgufValue] => [`${architecture}.${key}`, value]),
  ])
}

function tensorsOf(architecture: Architecture, shape: ModelShape): Map<string, GgufTensor> {
  const { headNorms, postNorms } = RULES[architecture]
  const { width, ff, heads, kvHeads, headSize, vocabulary } = shape
  const tensors = new Map<string, GgufTensor>()
  let offset = 0
  const add = (part: string, ne: number[], typeName: GgmlTypeName): void => {
    const type = GGML_TYPES.find((each) => each.name === typeName)
    if (!type) throw new Error(`ggml has no ${typeName}`)
    const name = `${part}.weight`
    const bytes = (ne.reduce((a, b) => a * b, 1) / type.block) * type.bytes
    tensors.set(name, { name, type: type.id, typeName, shape: ne, offset, bytes })
    offset += bytes
  }
  const matrix = (name: string, row: number, rows: number): void =>
    add(name, [row, rows], row % K_BLOCK === 0 ? 'Q4_K' : 'Q5_0')
  const norm = (name: string, length: number): void => add(name, [length], 'F32')
  add('token_embd', [width, vocabulary], width % K_BLOCK === 0 ? 'Q6_K' : 'Q8_0')
  for (let i = 0; i < shape.blocks; i++) {
    const at = (name: string): string => `blk.${i}.${name}`
    norm(at('attn_norm'), width)
    norm(at('ffn_norm'), width)
    if (headNorms) for (const name of ['attn_q_norm', 'attn_k_norm']) norm(at(name), headSize)
    if (postNorms) for (const name of ['post_attention_norm', 'post_ffw_norm']) norm(at(name), width)
    matrix(at('attn_q'), width, heads * headSize)
    matrix(at('attn_k'), width, kvHeads * headSize)
    matrix(at('attn_v'), width, kvHeads * headSize)
    matrix(at('attn_output'), heads * headSize, width)
    matrix(at('ffn_gate'), width, ff)
    matrix(at('ffn_up'), width, ff)
    matrix(at('ffn_down'), ff, width)
  }
  norm('output_norm', width)
  return tensors
}
