/**
 * A matrix W in the file's type to another type, as it is or transposed, by operations of a graph: in slices, so that
 * what stands in F32 for a moment is some megabytes, however large W is.
 */
import type { Device } from '../ggml/device.ts'
import type { Graph } from '../ggml/graph.ts'
import type { Tensor } from '../ggml/storage.ts'
import { TYPE, type TypeNumber } from '../ggml/types.ts'

/** Elements that pass through F32 at once: a slice and its transposed twin stay in a usual CPU's cache. */
const SLICE_ELEMENTS = 2 << 20
/** Floats after each row of a slice that is read by columns: at a power of two, a column falls on few lines of cache. */
const PADDING = 16

/** W, or some of its rows: [in, out], whose rows `first`.. to `first + count` are converted. */
export interface Source {
  tensor: Tensor
  first: number
  count: number
}

export function whole(tensor: Tensor): Source {
  return { tensor, first: 0, count: tensor.ne[1] }
}

function rowsAtOnce(inputs: number, rows: number): number {
  return Math.min(rows, Math.max(1, Math.floor(SLICE_ELEMENTS / inputs)))
}

/** Whole blocks of the file's type, and as many as fit a slice. */
function columnsAtOnce(device: Device, type: TypeNumber, inputs: number, rows: number): number {
  const block = device.ggml.blockSize(type)
  return Math.min(inputs, Math.max(block, Math.floor(SLICE_ELEMENTS / rows / block) * block))
}

/** F32 elements that `convert` and `convertTransposed` want as their slice, for a source of `rows` rows. */
export function sliceElements(device: Device, type: TypeNumber, inputs: number, rows: number): number {
  if (device.ggml.blockSize(type) === 1) return 1
  const transposed = (columnsAtOnce(device, type, inputs, rows) + PADDING) * rows
  return Math.max(rowsAtOnce(inputs, rows) * inputs, transposed)
}

/** Nodes of a graph that either conversion takes at most. */
export function conversionNodes(device: Device, type: TypeNumber, inputs: number, rows: number): number {
  const slices = Math.max(rows / rowsAtOnce(inputs, rows), inputs / columnsAtOnce(device, type, inputs, rows))
  return 8 * Math.ceil(slices) + 8
}

/** What can be copied into any type: quantized numbers pass through the slice, as ggml asks. */
function floats(graph: Graph, device: Device, source: Tensor, slice: Tensor, padding: number): Tensor {
  if (device.ggml.blockSize(source.type) === 1) return source
  const [columns, rows] = source.ne
  return graph.copy(source, graph.view(slice, [columns, rows], [(columns + padding) * 4]))
}

/** Writes the rows into `target` [in, count], which may be the beginning of something larger; returns that part. */
export function convert(graph: Graph, device: Device, source: Source, slice: Tensor, target: Tensor): Tensor {
  const { tensor, first, count } = source
  const inputs = tensor.ne[0]
  const { rowSize } = device.ggml
  const step = rowsAtOnce(inputs, count)
  for (let at = 0; at < count; at += step) {
    const rows = Math.min(step, count - at)
    const some = graph.view(tensor, [inputs, rows], [], (first + at) * rowSize(tensor.type, inputs))
    const place = graph.view(target, [inputs, rows], [], at * rowSize(target.type, inputs))
    graph.copy(tensor.type === target.type ? some : floats(graph, device, some, slice, 0), place)
  }
  return graph.view(target, [inputs, count])
}

/**
 * Writes the rows as columns into `target` [count, in], which may be the beginning of something larger; returns that
 * part. Slices are of columns, because rows of a quantized target have to be written whole.
 */
export function convertTransposed(graph: Graph, device: Device, source: Source, slice: Tensor, target: Tensor): Tensor {
  const { tensor, first, count } = source
  const inputs = tensor.ne[0]
  const { rowSize } = device.ggml
  const row = rowSize(tensor.type, inputs)
  const step = columnsAtOnce(device, tensor.type, inputs, count)
  for (let at = 0; at < inputs; at += step) {
    const columns = Math.min(step, inputs - at)
    const some = graph.view(tensor, [columns, count], [row], first * row + rowSize(tensor.type, at))
    const place = graph.view(target, [count, columns], [], at * rowSize(target.type, count))
    graph.copy(graph.transposed(floats(graph, device, some, slice, PADDING)), place)
  }
  return graph.view(target, [count, inputs])
}

/** Rows of W picked by `rows` (I32 [n]), as conversion to `type` would leave them: F32 [in, n]. */
export function convertedRows(graph: Graph, source: Tensor, type: TypeNumber, rows: Tensor): Tensor {
  const picked = graph.getRows(source, rows)
  if (type === source.type || type === TYPE.F32) return picked
  return graph.cast(graph.cast(picked, type), TYPE.F32)
}
