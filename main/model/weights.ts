/**
 * A base's frozen weights on a device. Each matrix is held twice: as it is for the forward pass, and transposed for
 * the gradient with respect to its input, because a product with a transposed quantized matrix is slow or missing on
 * most devices. Both are converted at load to the type that this device multiplies fastest.
 */

import type { Device } from '../ggml/device.ts'
import { Graph } from '../ggml/graph.ts'
import { Storage, type Tensor } from '../ggml/storage.ts'
import { TYPE, type TypeNumber } from '../ggml/types.ts'
import { type GgufFile, readTensorInto } from '../gguf/read.ts'
import { type Hyperparameters, MATRIX_NAMES, type MatrixName, matrices } from './hyperparameters.ts'

/** One matrix W: `forward` [in, out] for y = W x, `backward` [out, in] for dx = Wᵀ dy. */
export interface Matrix {
  forward: Tensor
  backward: Tensor
}

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

/** Quantized rows must be a whole number of blocks; shorter ones stay F32. */
function fitting(device: Device, type: TypeNumber, row: number): TypeNumber {
  return row % device.ggml.blockSize(type) === 0 ? type : TYPE.F32
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
  const matrix = ([k, m]: [number, number]): Matrix => ({
    forward: storage.tensor(fitting(device, type, k), [k, m]),
    backward: storage.tensor(fitting(device, type, m), [m, k]),
  })
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
  convert(device, gguf, scratch, h.tied ? 'token_embd.weight' : 'output.weight', weights.head)
  weights.blocks.forEach((block, i) => {
    copyInto(`blk.${i}.attn_norm.weight`, block.attnNorm)
    copyInto(`blk.${i}.ffn_norm.weight`, block.ffnNorm)
    for (const name of MATRIX_NAMES) {
      convert(device, gguf, scratch, `blk.${i}.${matrices(h)[name].tensor}.weight`, block[name])
    }
    onProgress((i + 1) / h.blocks)
  })
  return weights
}

/** One growing buffer for reading tensors, so that loading leaves no garbage of the model's size behind. */
class Scratch {
  #buffer = Buffer.alloc(0)
  readonly #gguf: GgufFile
  constructor(gguf: GgufFile) {
    this.#gguf = gguf
  }
  read(name: string): Buffer {
    const { bytes } = this.#gguf.tensor(name)
    if (this.#buffer.length < bytes) this.#buffer = Buffer.alloc(bytes)
    const part = this.#buffer.subarray(0, bytes)
    readTensorInto(this.#gguf, name, part)
    return part
  }
}

/**
 * Reads one matrix and computes both of its copies on the device. Rows of a quantized target must be written whole, so
 * the transposed copy is made from slices of W's columns, of at most some megabytes each.
 */
function convert(device: Device, gguf: GgufFile, scratch: Scratch, name: string, target: Matrix): void {
  const { shape, type } = gguf.tensor(name)
  const [k, m] = shape as [number, number]
  using staging = new Storage(device)
  const source = staging.tensor(type as TypeNumber, [k, m])
  const floats = staging.tensor(TYPE.F32, [k, m])
  staging.allocate()
  staging.set(source, scratch.read(name))
  using graph = new Graph(device, 32)
  graph.copy(source, floats)
  graph.copy(floats, target.forward)
  graph.compute()
  const step = Math.max(1, Math.min(k, Math.floor(SLICE_ELEMENTS / m)))
  for (let from = 0; from < k; from += step) {
    const columns = Math.min(step, k - from)
    graph.reset()
    const part = graph.view(floats, [columns, m], [k * 4], from * 4)
    const place = graph.view(target.backward, [m, columns], [], from * device.ggml.rowSize(target.backward.type, m))
    graph.copy(graph.transposed(part), place)
    graph.compute()
  }
}

const SLICE_ELEMENTS = 4 << 20
