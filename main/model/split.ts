/**
 * Q4_1 as Q4_0 and offsets. A block of Q4_1 says w = d q + m, one of Q4_0 w = d (q − 8); so a matrix of the one is a
 * matrix of the other, with the same d and q, plus the same offset m + 8 d for all of a block:
 *   W x = W₄₀ x + O s, where s holds the sum of x over each block.
 * On x86 Q4_0 has a fast repacked product and Q4_1 has none. Nothing is lost: the sums are taken by the same product
 * (with a matrix of ones), so that they are sums of x as it is rounded there, as in Q4_1's own product.
 */
import type { Graph } from '../ggml/graph.ts'
import type { Storage, Tensor } from '../ggml/storage.ts'
import { TYPE } from '../ggml/types.ts'
import { halfToFloat } from '../gguf/half.ts'
import type { Storages } from './matrix.ts'

export interface SplitOffsets {
  /** O, F32 [blocks, out]; blocks of 32 inputs, padded with zeros to a multiple of 16 for fast products. */
  readonly values: Tensor
  readonly storage: Storage
  readonly ones: BlockOnes
}

/** Q4_0 [in, blocks]: row i is 1 over block i and 0 elsewhere. */
export interface BlockOnes {
  readonly tensor: Tensor
  readonly storage: Storage
  readonly inputs: number
  filled: boolean
}

const BLOCK = 32
const Q4_1_BYTES = 20
const Q4_0_BYTES = 18
const MULTIPLE = 16

/** @param buffers kind of buffer that Q4_0 is multiplied fastest in */
export function planOffsets(storages: Storages, buffers: string, inputs: number, outputs: number): SplitOffsets {
  const blocks = Math.ceil(inputs / BLOCK / MULTIPLE) * MULTIPLE
  const storage = storages.of(null)
  return { values: storage.tensor(TYPE.F32, [blocks, outputs]), storage, ones: storages.ones(buffers, inputs, blocks) }
}

/** O s [out, n], for x [in, n]. */
export function offsetProduct(graph: Graph, { values, ones }: SplitOffsets, x: Tensor): Tensor {
  return graph.mulMat(
    values,
    graph.once(x, () => graph.mulMat(ones.tensor, x)),
  )
}

/** Writes the file's Q4_1 bytes as Q4_0 into `forward`, which lies in `storage`, and the offsets. */
export function loadSplit(bytes: Uint8Array, split: SplitOffsets, storage: Storage, forward: Tensor): void {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = source.length / Q4_1_BYTES
  const inRow = split.ones.inputs / BLOCK
  const padded = split.values.ne[0]
  const out = Buffer.allocUnsafe(count * Q4_0_BYTES)
  const offsets = new Float32Array(padded * split.values.ne[1])
  for (let block = 0; block < count; block++) {
    const from = block * Q4_1_BYTES
    source.copy(out, block * Q4_0_BYTES, from, from + 2)
    source.copy(out, block * Q4_0_BYTES + 2, from + 4, from + Q4_1_BYTES)
    const d = halfToFloat(source.readUInt16LE(from))
    const m = halfToFloat(source.readUInt16LE(from + 2))
    offsets[Math.floor(block / inRow) * padded + (block % inRow)] = m + 8 * d
  }
  storage.set(forward, out)
  split.storage.set(split.values, offsets)
  fillOnes(split.ones)
}

function fillOnes(ones: BlockOnes): void {
  if (ones.filled) return
  ones.filled = true
  const inRow = ones.inputs / BLOCK
  const bytes = Buffer.alloc(ones.tensor.ne[1] * inRow * Q4_0_BYTES, 0x88)
  for (let block = 0; block < bytes.length / Q4_0_BYTES; block++) {
    const at = block * Q4_0_BYTES
    bytes.writeUInt16LE(HALF_ONE, at)
    const own = Math.floor(block / inRow) === block % inRow
    // Four bits 9 stand for 1, 8 for 0.
    if (own) bytes.fill(0x99, at + 2, at + Q4_0_BYTES)
  }
  ones.storage.set(ones.tensor, bytes)
}

const HALF_ONE = 0x3c00
