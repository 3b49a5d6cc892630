/**
 * A frozen matrix kept once, in the file's own type, for bases whose two converted copies do not fit in memory. Each
 * product converts W for itself, into room that every matrix uses in turn: row by row for W x, and transposed, a slice
 * of columns at a time, for Wᵀ dy. The converted numbers are the very ones that a matrix held twice has, so the plan
 * changes no bit of the results (but for a matrix in several parts, whose sums are added in another order).
 */
import type { Device } from '../ggml/device.ts'
import type { Graph } from '../ggml/graph.ts'
import type { Storage, Tensor } from '../ggml/storage.ts'
import { TYPE, type TypeNumber } from '../ggml/types.ts'

export interface StreamedMatrix {
  readonly kind: 'streamed'
  readonly inputs: number
  readonly outputs: number
  /** W as the file has it, [in, out]. */
  readonly own: Tensor
  /** Types that W and Wᵀ are converted to. */
  readonly types: { forward: TypeNumber; backward: TypeNumber }
  /** Rows (outputs) converted at once; all of them for a block's matrix. */
  readonly part: number
  readonly scratch: StreamScratch
}

/** Elements that pass through F32 at once: a slice and its transposed twin stay in a usual CPU's cache. */
const SLICE_ELEMENTS = 2 << 20
/** Elements of one part of a large matrix (an output head) that are converted at once. */
const PART_ELEMENTS = 64 << 20
/** Floats between the rows of a slice that is read by columns: at a power of two, all of a column falls on few cache lines. */
const PADDING = 16

/** Room that all streamed matrices use in turn. What each needs is told before the storage is allocated. */
export class StreamScratch {
  readonly device: Device
  readonly #elements = new Map<TypeNumber, number>()
  readonly #tensors = new Map<TypeNumber, Tensor>()
  #sliceElements = 0
  #resultElements = 0
  #slice: Tensor | null = null
  #results: Tensor | null = null

  constructor(device: Device) {
    this.device = device
  }

  need(type: TypeNumber, elements: number): void {
    this.#elements.set(type, Math.max(elements, this.#elements.get(type) ?? 0))
  }
  needSlice(elements: number): void {
    this.#sliceElements = Math.max(elements, this.#sliceElements)
  }
  needResults(elements: number): void {
    this.#resultElements = Math.max(elements, this.#resultElements)
  }

  /** Takes the room in a storage that is not allocated yet. */
  place(storage: Storage): void {
    for (const [type, elements] of this.#elements) this.#tensors.set(type, storage.tensor(type, [elements]))
    if (this.#sliceElements > 0) this.#slice = storage.tensor(TYPE.F32, [this.#sliceElements])
    if (this.#resultElements > 0) this.#results = storage.tensor(TYPE.F32, [this.#resultElements])
  }

  converted(type: TypeNumber): Tensor {
    const found = this.#tensors.get(type)
    if (!found) throw new Error(`no room was planned for matrices of type ${type}`)
    return found
  }
  get slice(): Tensor {
    if (!this.#slice) throw new Error('no room was planned for slices')
    return this.#slice
  }
  get results(): Tensor {
    if (!this.#results) throw new Error('no room was planned for results in parts')
    return this.#results
  }
}

/** Columns of Wᵀ's slices: whole blocks of the file's type, and as many as fit a slice. */
function columnsAtOnce(device: Device, own: TypeNumber, inputs: number, rows: number): number {
  const block = device.ggml.blockSize(own)
  return Math.min(inputs, Math.max(block, Math.floor(SLICE_ELEMENTS / rows / block) * block))
}

/**
 * Room for a streamed matrix in a storage that is not allocated yet.
 * @param own the file's type
 * @param type what products are done in; rows that are not whole blocks of it stay F32
 * @param rows most rows of x, for a matrix so large that its product is done in parts; null: never in parts
 */
export function planStreamed(
  scratch: StreamScratch,
  storage: Storage,
  own: TypeNumber,
  type: TypeNumber,
  [inputs, outputs]: readonly [number, number],
  rows: number | null = null,
): StreamedMatrix {
  const { device } = scratch
  const fitting = (row: number): TypeNumber => (row % device.ggml.blockSize(type) === 0 ? type : TYPE.F32)
  const inParts = rows !== null && inputs * outputs > PART_ELEMENTS
  const part = inParts ? Math.max(256, Math.floor(PART_ELEMENTS / inputs / 256) * 256) : outputs
  const lastPart = outputs % part
  const types = {
    forward: fitting(inputs),
    backward: fitting(part) === type && fitting(lastPart) === type ? type : TYPE.F32,
  }
  if (types.forward !== own) scratch.need(types.forward, inputs * part)
  scratch.need(types.backward, inputs * part)
  if (own !== TYPE.F32) {
    scratch.needSlice(sliceRows(inputs, part) * inputs)
    scratch.needSlice((columnsAtOnce(device, own, inputs, part) + PADDING) * part)
  }
  if (inParts) scratch.needResults(outputs * rows)
  return { kind: 'streamed', inputs, outputs, own: storage.tensor(own, [inputs, outputs]), types, part, scratch }
}

function sliceRows(inputs: number, rows: number): number {
  return Math.min(rows, Math.max(1, Math.floor(SLICE_ELEMENTS / inputs)))
}

/** Nodes of a graph that one product takes at most. */
export function nodesOfProduct(matrix: StreamedMatrix): number {
  const { inputs, outputs, part, own, scratch } = matrix
  const parts = Math.ceil(outputs / part)
  const slices = Math.ceil(inputs / columnsAtOnce(scratch.device, own.type, inputs, part))
  return parts * (8 + 8 * Math.max(slices, Math.ceil(part / sliceRows(inputs, part))))
}

function partsOf({ outputs, part }: StreamedMatrix): { from: number; rows: number }[] {
  const parts: { from: number; rows: number }[] = []
  for (let from = 0; from < outputs; from += part) parts.push({ from, rows: Math.min(part, outputs - from) })
  return parts
}

/** y [out, n] = W x, for x [in, n]. */
export function streamedProduct(graph: Graph, matrix: StreamedMatrix, x: Tensor): Tensor {
  const { own, types, inputs, outputs, part, scratch } = matrix
  if (types.forward === own.type) return graph.mulMat(own, x)
  // Ordered at once: the room is the next product's, too.
  if (part === outputs) return graph.expand(graph.mulMat(convertRows(graph, matrix, 0, outputs), x))
  const n = x.ne[1]
  const y = graph.view(scratch.results, [outputs, n])
  for (const { from, rows } of partsOf(matrix)) {
    const some = graph.mulMat(convertRows(graph, matrix, from, rows), x)
    graph.copy(some, graph.view(y, [rows, n], [outputs * 4], from * 4))
  }
  return graph.view(y, [outputs, n])

  function convertRows(g: Graph, m: StreamedMatrix, first: number, count: number): Tensor {
    const { rowSize } = scratch.device.ggml
    const whole = scratch.converted(m.types.forward)
    const step = sliceRows(inputs, count)
    for (let at = 0; at < count; at += step) {
      const rows = Math.min(step, count - at)
      const source = g.view(own, [inputs, rows], [], (first + at) * rowSize(own.type, inputs))
      const target = g.view(whole, [inputs, rows], [], at * rowSize(whole.type, inputs))
      g.copy(floatsOf(g, m, source, 0), target)
    }
    return g.view(whole, [inputs, count])
  }
}

/** What can be copied into any type: quantized numbers pass through the slice, with `padding` floats after each row. */
function floatsOf(graph: Graph, { scratch }: StreamedMatrix, source: Tensor, padding: number): Tensor {
  if (scratch.device.ggml.blockSize(source.type) === 1) return source
  const [columns, rows] = source.ne
  return graph.copy(source, graph.view(scratch.slice, [columns, rows], [(columns + padding) * 4]))
}

/** dx [in, n] = Wᵀ dy, for dy [out, n]. */
export function streamedTransposedProduct(graph: Graph, matrix: StreamedMatrix, dy: Tensor): Tensor {
  let dx: Tensor | null = null
  for (const { from, rows } of partsOf(matrix)) {
    const some = rows === matrix.outputs ? dy : graph.view(dy, [rows, dy.ne[1]], [matrix.outputs * 4], from * 4)
    const sum = graph.expand(graph.mulMat(convertColumns(graph, matrix, from, rows), some))
    dx = dx ? graph.accumulate(dx, sum) : sum
  }
  return dx as Tensor
}

/** Wᵀ's columns `first`.. (rows of W): [count, in]. */
function convertColumns(graph: Graph, matrix: StreamedMatrix, first: number, count: number): Tensor {
  const { own, inputs, types, part, scratch } = matrix
  const { rowSize } = scratch.device.ggml
  const whole = scratch.converted(types.backward)
  const row = rowSize(own.type, inputs)
  const step = columnsAtOnce(scratch.device, own.type, inputs, part)
  for (let at = 0; at < inputs; at += step) {
    const columns = Math.min(step, inputs - at)
    const source = graph.view(own, [columns, count], [row], first * row + rowSize(own.type, at))
    const target = graph.view(whole, [count, columns], [], at * rowSize(whole.type, count))
    graph.copy(graph.transposed(floatsOf(graph, matrix, source, PADDING)), target)
  }
  return graph.view(whole, [count, inputs])
}

/** Rows of W picked by `rows` (I32 [n]): F32 [in, n], with the very numbers that `streamedProduct` uses. */
export function streamedRows(graph: Graph, { own, types }: StreamedMatrix, rows: Tensor): Tensor {
  const picked = graph.getRows(own, rows)
  if (types.forward === own.type || types.forward === TYPE.F32) return picked
  return graph.cast(graph.cast(picked, types.forward), TYPE.F32)
}
