/**
 * Which tensors a file has for a block, by name and shape: matrices, which adapters can be trained on, and vectors.
 * A file with a tensor that isn't named here is refused: it would be trained as if the tensor were not there.
 */
import { IdiolectError } from '../errors.ts'
import type { GgufFile } from '../gguf/read.ts'
import type { Hyperparameters } from './hyperparameters.ts'
import { checkQuantization } from './quantizations.ts'

/** What a user names as targets of an adapter. */
export const TARGET_NAMES = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const
export type TargetName = (typeof TARGET_NAMES)[number]

/** A block's matrices: the targets, or in their place the tensors that hold several of them, one's rows after another's. */
export type MatrixName = TargetName | 'qkv' | 'gate_up'

export interface MatrixShape {
  /** The middle of its name in the file: `blk.3.<tensor>.weight`. */
  tensor: string
  /** [in, out]. */
  shape: [number, number]
}

/** The weight matrices that a block of this file has. */
export function matrices(h: Hyperparameters): Partial<Record<MatrixName, MatrixShape>> {
  const q = h.heads * h.headSize
  const kv = h.kvHeads * h.headSize
  const attention: Partial<Record<MatrixName, MatrixShape>> = h.fused.qkv
    ? { qkv: { tensor: 'attn_qkv', shape: [h.width, q + 2 * kv] } }
    : {
        q: { tensor: 'attn_q', shape: [h.width, q] },
        k: { tensor: 'attn_k', shape: [h.width, kv] },
        v: { tensor: 'attn_v', shape: [h.width, kv] },
      }
  const inner: Partial<Record<MatrixName, MatrixShape>> = h.fused.gateUp
    ? { gate_up: { tensor: 'ffn_up', shape: [h.width, 2 * h.ff] } }
    : { gate: { tensor: 'ffn_gate', shape: [h.width, h.ff] }, up: { tensor: 'ffn_up', shape: [h.width, h.ff] } }
  return {
    ...attention,
    o: { tensor: 'attn_output', shape: [q, h.width] },
    ...inner,
    down: { tensor: 'ffn_down', shape: [h.ff, h.width] },
  }
}

/** The matrix of this file that holds a target: `qkv` for `q` where the three are one tensor. */
export function matrixOf(h: Hyperparameters, target: TargetName): MatrixName {
  if (h.fused.qkv && (target === 'q' || target === 'k' || target === 'v')) return 'qkv'
  if (h.fused.gateUp && (target === 'gate' || target === 'up')) return 'gate_up'
  return target
}

/** @throws Error when a block of this file has no such matrix */
export function matrixShape(h: Hyperparameters, name: MatrixName): MatrixShape {
  const found = matrices(h)[name]
  if (!found) throw new Error(`a block of ${h.architecture} has no matrix ${name} of its own`)
  return found
}

/** `blk.3.attn_q.weight` for (3, 'q'): the name a LoRA in llama.cpp's layout refers to. */
export function matrixTensor(h: Hyperparameters, block: number, name: MatrixName): string {
  return `blk.${block}.${matrixShape(h, name).tensor}.weight`
}

export type NormName = 'attention' | 'attentionAfter' | 'ff' | 'ffAfter' | 'q' | 'k'

/** The norms' weights that a block of this file has, and their lengths. */
export function norms(h: Hyperparameters): Partial<Record<NormName, { tensor: string; length: number }>> {
  return {
    attention: { tensor: 'attn_norm', length: h.width },
    ff: { tensor: 'ffn_norm', length: h.width },
    ...(h.headNorms
      ? { q: { tensor: 'attn_q_norm', length: h.headSize }, k: { tensor: 'attn_k_norm', length: h.headSize } }
      : {}),
    ...(h.postNorms
      ? {
          attentionAfter: { tensor: 'post_attention_norm', length: h.width },
          ffAfter: { tensor: 'post_ffw_norm', length: h.width },
        }
      : {}),
  }
}

/** @throws IdiolectError `BadGguf` for a tensor that is missing or of another shape, `NotCarried` for one too many */
export function checkTensors(gguf: GgufFile, h: Hyperparameters): void {
  const known = new Set<string>()
  const expect = (name: string, shape: readonly number[]): void => {
    known.add(name)
    const found = gguf.tensor(name)
    if (found.shape.length !== shape.length || found.shape.some((n, i) => n !== shape[i])) {
      throw new IdiolectError(
        'BadGguf',
        `${gguf.file}: ${name} has the shape [${found.shape.join(', ')}], its metadata says [${shape.join(', ')}]`,
        null,
      )
    }
    if (shape.length > 1) checkQuantization(gguf, found)
    if (shape.length === 1 && found.typeName !== 'F32') refuse(gguf, `the vector ${name} of type ${found.typeName}`)
  }
  const expectWhereFound = (name: string, shape: readonly number[]): void => {
    if (gguf.tensors.has(name)) expect(name, shape)
  }
  expect('token_embd.weight', [h.width, h.vocabulary])
  expect('output_norm.weight', [h.width])
  if (!h.tied) expect('output.weight', [h.width, h.vocabulary])
  for (const name of Object.values(h.rope.factors)) if (name) expect(name, [h.rope.dims / 2])
  for (let block = 0; block < h.blocks; block++) {
    for (const { tensor, length } of Object.values(norms(h))) expect(`blk.${block}.${tensor}.weight`, [length])
    for (const { tensor, shape } of Object.values(matrices(h))) {
      expect(`blk.${block}.${tensor}.weight`, shape)
      expectWhereFound(`blk.${block}.${tensor}.bias`, [shape[1]])
    }
  }
  for (const name of gguf.tensors.keys()) if (!known.has(name)) refuse(gguf, `the tensor ${name}`)
}

function refuse(gguf: GgufFile, what: string): never {
  throw new IdiolectError('NotCarried', `${gguf.file}: ${what} cannot be trained around`, 'The file can still chat.')
}
