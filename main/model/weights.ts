/** A base's frozen weights on a device, read from its file. */
import type { Device } from '../ggml/device.ts'
import { Storage, type Tensor } from '../ggml/storage.ts'
import { TYPE, type TypeNumber } from '../ggml/types.ts'
import type { GgufFile } from '../gguf/read.ts'
import { type Hyperparameters, MATRIX_NAMES, type MatrixName, matrices } from './hyperparameters.ts'
import { loadMatrix, type Matrix, planMatrix, Scratch } from './matrix.ts'

export interface Block extends Record<MatrixName, Matrix> {
  attnNorm: Tensor
  ffnNorm: Tensor
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

/**
 * Reads every weight.
 * @param type the type that matrices are converted to; see `pickWeightType`
 * @param onProgress called with 0..1
 */
export function loadWeights(
  device: Device,
  gguf: GgufFile,
  h: Hyperparameters,
  type: TypeNumber,
  onProgress: (fraction: number) => void = () => {},
): Weights {
  const storage = new Storage(device, device.buffers, h.blocks * 16 + 16)
  const matrix = ([k, m]: [number, number]): Matrix => planMatrix(device, storage, type, k, m)
  const vector = (): Tensor => storage.tensor(TYPE.F32, [h.width])
  const embeddingType = gguf.tensor('token_embd.weight').type as TypeNumber
  const factors = gguf.tensors.get('rope_freqs.weight')
  const weights: Weights = {
    embedding: storage.tensor(embeddingType, [h.width, h.vocabulary]),
    head: matrix([h.width, h.vocabulary]),
    outputNorm: vector(),
    ropeFactors: factors ? storage.tensor(TYPE.F32, factors.shape) : null,
    blocks: Array.from({ length: h.blocks }, () => {
      const named = matrices(h)
      const block = { attnNorm: vector(), ffnNorm: vector() } as Block
      for (const name of MATRIX_NAMES) block[name] = matrix(named[name].shape)
      return block
    }),
    bytes: storage.planned(),
    [Symbol.dispose]: () => storage[Symbol.dispose](),
  }
  storage.allocate()

  const scratch = new Scratch(gguf)
  const copyInto = (name: string, target: Tensor): void => storage.set(target, scratch.read(name))
  copyInto('token_embd.weight', weights.embedding)
  copyInto('output_norm.weight', weights.outputNorm)
  if (weights.ropeFactors) copyInto('rope_freqs.weight', weights.ropeFactors)
  loadMatrix(device, gguf, scratch, h.tied ? 'token_embd.weight' : 'output.weight', weights.head)
  weights.blocks.forEach((block, i) => {
    copyInto(`blk.${i}.attn_norm.weight`, block.attnNorm)
    copyInto(`blk.${i}.ffn_norm.weight`, block.ffnNorm)
    for (const name of MATRIX_NAMES) {
      loadMatrix(device, gguf, scratch, `blk.${i}.${matrices(h)[name].tensor}.weight`, block[name])
    }
    onProgress((i + 1) / h.blocks)
  })
  return weights
}
