/**
 * A frozen weight matrix W on a device, and the two products that training needs: W x, and Wᵀ dy for the gradient with
 * respect to the input. A product with a transposed quantized matrix is slow or missing on most devices, so a
 * transposed copy is held. Only this file knows how a matrix is held; blocks and heads ask for products.
 */
import type { Device } from '../ggml/device.ts'
import { Graph } from '../ggml/graph.ts'
import { Storage, type Tensor } from '../ggml/storage.ts'
import { TYPE, type TypeNumber } from '../ggml/types.ts'
import { type GgufFile, readTensorInto } from '../gguf/read.ts'

export interface Matrix {
  readonly inputs: number
  readonly outputs: number
  /** [in, out]. */
  readonly forward: Tensor
  /** [out, in]. */
  readonly backward: Tensor
}

/** y [out, n] = W x, for x [in, n]. */
export function product(graph: Graph, matrix: Matrix, x: Tensor): Tensor {
  return graph.mulMat(matrix.forward, x)
}

/** dx [in, n] = Wᵀ dy, for dy [out, n]. */
export function transposedProduct(graph: Graph, matrix: Matrix, dy: Tensor): Tensor {
  return graph.mulMat(matrix.backward, dy)
}

/** Rows of W (one an output) picked by `rows` (I32 [n]): F32 [in, n], with the very numbers that `product` uses. */
export function rowsOfMatrix(graph: Graph, matrix: Matrix, rows: Tensor): Tensor {
  return graph.getRows(matrix.forward, rows)
}

/** Quantized rows must be a whole number of blocks; shorter ones stay F32. */
function fitting(device: Device, type: TypeNumber, row: number): TypeNumber {
  return row % device.ggml.blockSize(type) === 0 ? type : TYPE.F32
}

/** Room for a matrix in a storage that is not allocated yet. @param type what both copies are converted to */
export function planMatrix(
  device: Device,
  storage: Storage,
  type: TypeNumber,
  inputs: number,
  outputs: number,
): Matrix {
  return {
    inputs,
    outputs,
    forward: storage.tensor(fitting(device, type, inputs), [inputs, outputs]),
    backward: storage.tensor(fitting(device, type, outputs), [outputs, inputs]),
  }
}

/** One growing buffer for reading tensors, so that loading leaves no garbage of the model's size behind. */
export class Scratch {
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
export function loadMatrix(device: Device, gguf: GgufFile, scratch: Scratch, name: string, target: Matrix): void {
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
