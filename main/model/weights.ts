/** A base's frozen weights on a device, read from its file. */
import type { Device } from '../ggml/device.ts'
import type { Tensor } from '../ggml/storage.ts'
import { TYPE, type TypeNumber } from '../ggml/types.ts'
import type { GgufFile } from '../gguf/read.ts'
import type { Hyperparameters } from './hyperparameters.ts'
import { loadMatrix, type Matrix, type MatrixForms, planMatrix, Scratch, Storages } from './matrix.ts'
import { type MatrixName, matrices, type NormName, norms } from './tensors.ts'

export interface Block {
  matrices: Partial<Record<MatrixName, Matrix>>
  /** F32 [out], for the matrices that have one. */
  biases: Partial<Record<MatrixName, Tensor>>
  norms: Partial<Record<NormName, Tensor>>
}

export interface Weights extends Disposable {
  /** Rows are picked from it: kept in the file's own type, [width, vocabulary]. */
  embedding: Tensor
  head: Matrix
  outputNorm: Tensor
  ropeFactors: Tensor | null
  blocks: Block[]
  bytes: number
}

/** How matrices are held: those of the blocks, and the output head's, whose rows must stay readable. */
export interface WeightForms {
  blocks: MatrixForms
  head: MatrixForms
}

/** Both copies of every matrix in one type, in plain memory. */
export function plainForms(type: TypeNumber): WeightForms {
  const form = { type, buffers: null }
  const forms = { forward: form, backward: form }
  return { blocks: forms, head: forms }
}

/**
 * Reads every weight.
 * @param forms how matrices are held; see `pickForms`
 * @param longTexts takes the frequency factors for texts past the original context, where the file has two sets
 * @param onProgress called with 0..1
 */
export function loadWeights(
  device: Device,
  gguf: GgufFile,
  h: Hyperparameters,
  forms: WeightForms,
  longTexts = false,
  onProgress: (fraction: number) => void = () => {},
): Weights {
  const storages = new Storages(device, h.blocks * 32 + 16)
  const storage = storages.of(null)
  const matrix = ([k, m]: [number, number], f = forms.blocks): Matrix => planMatrix(device, storages, f, k, m)
  const vector = (length: number): Tensor => storage.tensor(TYPE.F32, [length])
  const embeddingType = gguf.tensor('token_embd.weight').type as TypeNumber
  const factors = longTexts ? h.rope.factors.long : h.rope.factors.usual
  const weights: Weights = {
    embedding: storage.tensor(embeddingType, [h.width, h.vocabulary]),
    head: matrix([h.width, h.vocabulary], forms.head),
    outputNorm: vector(h.width),
    ropeFactors: factors ? vector(h.rope.dims / 2) : null,
    blocks: Array.from({ length: h.blocks }, (_, i) => planBlock(gguf, h, i, matrix, vector)),
    bytes: storages.bytes,
    [Symbol.dispose]: () => storages[Symbol.dispose](),
  }
  storages.allocate()

  const scratch = new Scratch(gguf)
  const copyInto = (name: string, target: Tensor): void => storage.set(target, scratch.read(name))
  copyInto('token_embd.weight', weights.embedding)
  copyInto('output_norm.weight', weights.outputNorm)
  if (weights.ropeFactors && factors) copyInto(factors, weights.ropeFactors)
  loadMatrix(device, gguf, scratch, h.tied ? 'token_embd.weight' : 'output.weight', weights.head)
  weights.blocks.forEach((block, i) => {
    for (const [name, { tensor }] of entries(norms(h)))
      copyInto(`blk.${i}.${tensor}.weight`, block.norms[name] as Tensor)
    for (const [name, { tensor }] of entries(matrices(h))) {
      const bias = block.biases[name]
      if (bias) copyInto(`blk.${i}.${tensor}.bias`, bias)
      loadMatrix(device, gguf, scratch, `blk.${i}.${tensor}.weight`, block.matrices[name] as Matrix)
    }
    onProgress((i + 1) / h.blocks)
  })
  return weights
}

function planBlock(
  gguf: GgufFile,
  h: Hyperparameters,
  index: number,
  matrix: (shape: [number, number]) => Matrix,
  vector: (length: number) => Tensor,
): Block {
  const block: Block = { matrices: {}, biases: {}, norms: {} }
  for (const [name, { length }] of entries(norms(h))) block.norms[name] = vector(length)
  for (const [name, { tensor, shape }] of entries(matrices(h))) {
    block.matrices[name] = matrix(shape)
    if (gguf.tensors.has(`blk.${index}.${tensor}.bias`)) block.biases[name] = vector(shape[1])
  }
  return block
}

function entries<K extends string, V>(record: Partial<Record<K, V>>): [K, V][] {
  return Object.entries(record) as [K, V][]
}
