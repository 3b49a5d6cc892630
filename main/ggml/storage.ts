/**
 * Tensors that live longer than a graph: weights, adapters, activations kept between graphs. A Storage collects
 * tensors, allocates them in buffers of one kind (one, unless the device bounds a buffer's size), and frees all of it at
 * once (`using`).
 */
import { IdiolectError } from '../errors.ts'
import type { Ggml, Pointer } from './api.ts'
import type { Device } from './device.ts'
import { TYPE, type TypeNumber } from './types.ts'

/** A tensor's address in ggml with its shape: `ne` as ggml orders it, the fastest dimension first, always four. */
export interface Tensor {
  readonly ptr: Pointer
  readonly type: TypeNumber
  readonly ne: readonly [number, number, number, number]
  /** A view whose matrices (dimensions 0 and 1) do not follow one another without a gap. */
  readonly apart?: true
}

export function elements(tensor: Tensor): number {
  return tensor.ne[0] * tensor.ne[1] * tensor.ne[2] * tensor.ne[3]
}

export function shape4(ne: readonly number[]): [number, number, number, number] {
  if (ne.length < 1 || ne.length > 4 || ne.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new Error(`a tensor's shape must be 1 to 4 positive integers, not [${ne.join(', ')}]`)
  }
  return [ne[0] as number, ne[1] ?? 1, ne[2] ?? 1, ne[3] ?? 1]
}

export interface Place {
  buffer: Pointer
  address: Pointer
}

export class Storage implements Disposable {
  readonly #device: Device
  readonly #ggml: Ggml
  readonly #kind: Pointer
  readonly #context: Pointer
  readonly #tensors: Tensor[] = []
  readonly #places = new Map<Tensor, Place>()
  readonly #buffers: Pointer[] = []
  #bytes = 0

  /** @param kind the kind of buffer; the device's default one when left out. */
  constructor(device: Device, kind: Pointer = device.buffers, capacity = 4096) {
    this.#device = device
    this.#ggml = device.ggml
    this.#kind = kind
    this.#context = this.#ggml.init({
      mem_size: this.#ggml.tensorOverhead() * (capacity + 8),
      mem_buffer: null,
      no_alloc: true,
    })
  }

  get bytes(): number {
    return this.#bytes
  }

  tensor(type: TypeNumber, ne: readonly number[]): Tensor {
    if (this.#buffers.length > 0) throw new Error('a storage takes no more tensors once it is allocated')
    const shape = shape4(ne)
    const tensor = { ptr: this.#ggml.newTensor4d(this.#context, type, ...shape), type, ne: shape }
    this.#tensors.push(tensor)
    return tensor
  }

  /** Bytes that `allocate` will ask for. */
  planned(): number {
    const align = this.#ggml.buftAlignment(this.#kind)
    return this.#dealt().reduce((sum, { bytes }) => sum + bytes + align, 0)
  }

  /** Bytes that a tensor takes in this kind of buffer, up to where the next may begin. */
  #room(tensor: Tensor): number {
    const align = this.#ggml.buftAlignment(this.#kind)
    return Math.ceil(this.#ggml.buftAllocSize(this.#kind, tensor.ptr) / align) * align
  }

  /** The tensors dealt, in order, over buffers of at most the size that the device allows. */
  #dealt(): { tensors: Tensor[]; bytes: number }[] {
    // Without a bound the number is too large for exact arithmetic.
    const most = Number(this.#ggml.buftMaxSize(this.#kind)) - this.#ggml.buftAlignment(this.#kind)
    const buffers: { tensors: Tensor[]; bytes: number }[] = []
    for (const tensor of this.#tensors) {
      const room = this.#room(tensor)
      let last = buffers.at(-1)
      if (!last || last.bytes + room > most) {
        last = { tensors: [], bytes: 0 }
        buffers.push(last)
      }
      last.tensors.push(tensor)
      last.bytes += room
    }
    return buffers
  }

  /** @throws IdiolectError `OutOfMemory` naming the bytes */
  allocate(): void {
    const align = this.#ggml.buftAlignment(this.#kind)
    for (const { tensors, bytes } of this.#dealt()) {
      const buffer = this.#ggml.buftAllocBuffer(this.#kind, bytes + align)
      if (!buffer) {
        throw new IdiolectError(
          'OutOfMemory',
          `${((bytes + align) / 1e6).toFixed(0)} MB could not be had from ${this.#device.name}`,
          'Close other programs, or train with a smaller base model.',
        )
      }
      this.#buffers.push(buffer)
      this.#bytes += bytes + align
      let address = this.#ggml.bufferBase(buffer)
      for (const tensor of tensors) {
        this.#ggml.backendTensorAlloc(buffer, tensor.ptr, address)
        this.#places.set(tensor, { buffer, address })
        address += BigInt(this.#room(tensor))
      }
    }
  }

  /** Writes raw bytes or numbers into a tensor, from element 0. */
  set(tensor: Tensor, data: ArrayBufferView, byteOffset = 0): void {
    const size = this.#ggml.nbytes(tensor.ptr)
    if (byteOffset + data.byteLength > size) {
      throw new Error(`${data.byteLength} bytes at ${byteOffset} do not fit a tensor of ${size} bytes`)
    }
    this.#ggml.backendTensorSet(tensor.ptr, data, byteOffset, data.byteLength)
  }

  /** Reads an F32 tensor. */
  get(tensor: Tensor, into = new Float32Array(elements(tensor))): Float32Array {
    if (tensor.type !== TYPE.F32) throw new Error(`only F32 tensors are read as numbers, not type ${tensor.type}`)
    this.#ggml.backendTensorGet(tensor.ptr, into, 0, into.byteLength)
    return into
  }

  getBytes(tensor: Tensor): Uint8Array {
    const into = new Uint8Array(this.#ggml.nbytes(tensor.ptr))
    this.#ggml.backendTensorGet(tensor.ptr, into, 0, into.byteLength)
    return into
  }

  /** Another storage's tensor of this type and shape, whole, in the layout that this one's kind of buffer has. */
  copy(from: Tensor, to: Tensor): void {
    this.#ggml.backendTensorCopy(from.ptr, to.ptr)
  }

  zero(tensor: Tensor): void {
    this.#ggml.backendTensorMemset(tensor.ptr, 0, 0, this.#ggml.nbytes(tensor.ptr))
  }

  /** Where a tensor lies, so that a graph's node can be computed right into it. */
  place(tensor: Tensor): Place {
    const place = this.#places.get(tensor)
    if (place === undefined) throw new Error('this tensor is not in this storage')
    return place
  }

  [Symbol.dispose](): void {
    for (const buffer of this.#buffers.splice(0)) this.#ggml.bufferFree(buffer)
    this.#ggml.free(this.#context)
  }
}
