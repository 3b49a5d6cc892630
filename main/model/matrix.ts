/**
 * A frozen weight matrix W on a device, and the two products that training needs: W x, and Wᵀ dy for the gradient with
 * respect to the input. A product with a transposed quantized matrix is slow or missing on most devices, so a
 * transposed copy is held. Only this file knows how a matrix is held; blocks and heads ask for products.
 */
import type { Pointer } from '../ggml/api.ts'
import type { Device } from '../ggml/device.ts'
import { Graph } from '../ggml/graph.ts'
import { Storage, type Tensor } from '../ggml/storage.ts'
import { TYPE, type TypeNumber } from '../ggml/types.ts'
import { type GgufFile, readTensorChunks } from '../gguf/read.ts'
import { conversionNodes, convert, convertedRows, convertTransposed, sliceElements, whole } from './convert.ts'
import { nodesOfProduct, type StreamedMatrix, streamedProduct, streamedTransposedProduct } from './streamed-matrix.ts'

/** Held twice, converted, where memory allows; else once, in the file's own type. */
export type Matrix = HeldMatrix | StreamedMatrix

export interface HeldMatrix {
  readonly kind: 'held'
  readonly inputs: number
  readonly outputs: number
  /** [in, out]. */
  readonly forward: Tensor
  /** [out, in]. */
  readonly backward: Tensor
  /** W in the file's own type, where single rows are read and `forward` lies in a layout of its own; else null. */
  readonly own: Tensor | null
  readonly held: { forward: Held; backward: Held }
}

interface Held {
  storage: Storage
  tensor: Tensor
  /** In the device's usual memory, where it can be read and written in parts. */
  plain: boolean
}

/** y [out, n] = W x, for x [in, n]. */
export function product(graph: Graph, matrix: Matrix, x: Tensor): Tensor {
  if (matrix.kind === 'streamed') return streamedProduct(graph, matrix, x)
  return graph.mulMat(matrix.forward, x)
}

/** dx [in, n] = Wᵀ dy, for dy [out, n]. */
export function transposedProduct(graph: Graph, matrix: Matrix, dy: Tensor): Tensor {
  if (matrix.kind === 'streamed') return streamedTransposedProduct(graph, matrix, dy)
  return graph.mulMat(matrix.backward, dy)
}

/** Nodes of a graph that one product takes at most. */
export function productNodes(matrix: Matrix): number {
  return matrix.kind === 'streamed' ? nodesOfProduct(matrix) : 1
}

/** Rows of W (one an output) picked by `rows` (I32 [n]): F32 [in, n], with the very numbers that `product` uses. */
export function rowsOfMatrix(graph: Graph, matrix: Matrix, rows: Tensor): Tensor {
  if (matrix.kind === 'streamed') return convertedRows(graph, matrix.own, matrix.types.forward, rows)
  const { own, forward } = matrix
  return own ? convertedRows(graph, own, forward.type, rows) : graph.getRows(forward, rows)
}

/** The form of a matrix's copy: its type, and the kind of buffer where the device keeps one for faster products. */
export interface Form {
  type: TypeNumber
  /** Name of one of `Device.extraBuffers` (`CPU_REPACK`, `AMX`), or null for plain memory. */
  buffers: string | null
}

/** Storages by kind of buffer; a matrix takes its room in them before they are allocated. */
export class Storages implements Disposable {
  readonly #device: Device
  readonly #capacity: number
  readonly #byKind = new Map<string | null, Storage>()

  /** @param capacity most tensors of one kind */
  constructor(device: Device, capacity: number) {
    this.#device = device
    this.#capacity = capacity
  }

  of(kind: string | null): Storage {
    const known = this.#byKind.get(kind)
    if (known) return known
    const storage = new Storage(this.#device, kindOf(this.#device, kind), this.#capacity)
    this.#byKind.set(kind, storage)
    return storage
  }

  get bytes(): number {
    return [...this.#byKind.values()].reduce((sum, storage) => sum + storage.planned(), 0)
  }

  allocate(): void {
    for (const storage of this.#byKind.values()) storage.allocate()
  }

  [Symbol.dispose](): void {
    for (const storage of this.#byKind.values()) storage[Symbol.dispose]()
  }
}

function kindOf(device: Device, kind: string | null): Pointer {
  if (kind === null) return device.buffers
  const found = device.extraBuffers.get(kind)
  if (found === undefined) throw new Error(`${device.name} has no buffers of the kind ${kind}`)
  return found
}

/** What ggml-cpu's layouts of their own take: inputs and outputs in whole groups of so many. */
const GROUPS: Record<string, { inputs: number; outputs: number }> = {
  CPU_REPACK: { inputs: 1, outputs: 8 },
  AMX: { inputs: 32, outputs: 32 },
}

/** Whether a copy of this shape can have this form: rows must be whole blocks, and what a layout groups whole groups. */
export function fits(device: Device, { type, buffers }: Form, inputs: number, outputs: number): boolean {
  if (inputs % device.ggml.blockSize(type) !== 0) return false
  const groups = buffers === null ? undefined : GROUPS[buffers]
  return groups === undefined || (inputs % groups.inputs === 0 && outputs % groups.outputs === 0)
}

/** The form itself, or the nearest that a copy of this shape can have. */
function fitting(device: Device, form: Form, inputs: number, outputs: number): Form {
  const plain = (type: TypeNumber): Form => ({ type, buffers: null })
  if (!fits(device, plain(form.type), inputs, outputs)) return plain(TYPE.F32)
  if (fits(device, form, inputs, outputs)) return form
  return fits(device, plain(TYPE.Q8_0), inputs, outputs) ? plain(TYPE.Q8_0) : plain(form.type)
}

/**
 * Room for a matrix in storages that are not allocated yet.
 * @param own W in the file's own type, for a matrix that single rows are read of; asked for only where they can't be
 * read from the copies, and to be filled beside `loadMatrix`
 */
export function planMatrix(
  device: Device,
  storages: Storages,
  forms: { forward: Form; backward: Form },
  inputs: number,
  outputs: number,
  own: (() => Tensor) | null = null,
): HeldMatrix {
  const place = (form: Form, k: number, m: number): Held => {
    const { type, buffers } = fitting(device, form, k, m)
    const storage = storages.of(buffers)
    return { storage, tensor: storage.tensor(type, [k, m]), plain: buffers === null }
  }
  const forward = place(forms.forward, inputs, outputs)
  const backward = place(forms.backward, outputs, inputs)
  return {
    kind: 'held',
    inputs,
    outputs,
    forward: forward.tensor,
    backward: backward.tensor,
    own: own && !forward.plain ? own() : null,
    held: { forward, backward },
  }
}

/** Reads tensors into storages by way of one buffer, so that loading leaves no garbage of the model's size behind. */
export class Reader {
  readonly #device: Device
  readonly #gguf: GgufFile
  readonly #buffer: Buffer

  constructor(device: Device, gguf: GgufFile) {
    this.#device = device
    this.#gguf = gguf
    this.#buffer = Buffer.allocUnsafeSlow(device.dry ? 0 : READ_BYTES)
  }

  /** Type and shape of a tensor in the file. */
  describe(name: string): { type: TypeNumber; shape: [number, number] } {
    const { type, shape } = this.#gguf.tensor(name)
    return { type: type as TypeNumber, shape: [shape[0] as number, shape[1] ?? 1] }
  }

  read(name: string, storage: Storage, target: Tensor): void {
    if (this.#device.dry) return
    readTensorChunks(this.#gguf, name, this.#buffer, (chunk, at) => storage.set(target, chunk, at))
  }
}

const READ_BYTES = 8 << 20

/**
 * Reads one matrix and computes both of its copies on the device. What gets a layout of its own is computed in plain memory
 * and handed over whole; one copy at a time, since a head's are as large as all blocks of a small base together.
 */
export function loadMatrix(device: Device, reader: Reader, name: string, target: HeldMatrix): void {
  const { type, shape } = reader.describe(name)
  const [inputs, outputs] = shape
  using reading = new Storage(device)
  const source = reading.tensor(type, shape)
  const slice = reading.tensor(TYPE.F32, [sliceElements(device, type, inputs, outputs)])
  reading.allocate()
  reader.read(name, reading, source)
  for (const [held, write] of [
    [target.held.forward, convert],
    [target.held.backward, convertTransposed],
  ] as const) {
    using graph = new Graph(device, conversionNodes(device, type, inputs, outputs))
    using staging = new Storage(device, device.buffers, 1)
    const tensor = held.plain ? held.tensor : staging.tensor(held.tensor.type, held.tensor.ne)
    if (!held.plain) staging.allocate()
    write(graph, device, whole(source), slice, tensor)
    graph.compute()
    if (!held.plain) held.storage.copy(tensor, held.tensor)
  }
}
