/**
 * Tensors that live longer than a graph: weights, adapters, activations kept between graphs. A Storage collects
 * tensors, allocates them in one buffer of one kind, and frees all of it at once (`using`).
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

export class Storage implements Disposable {
  readonly #device: Device
  readonly #ggml: Ggml
  readonly #kind: Pointer
  readonly #context: Pointer
  readonly #tensors: Tensor[] = []
  readonly #addresses = new Map<Tensor, Pointer>()
  #buffer: Pointer | null = null
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
    if (this.#buffer) throw new Error('a storage takes no more tensors once it is allocated')
    const shape = shape4(ne)
    const tensor = { ptr: this.#ggml.newTensor4d(this.#context, type, ...shape), type, ne: shape }
    this.#tensors.push(tensor)
    return tensor
  }

  /** Bytes that `allocate` will ask for. */
  planned(): number {
    const align = this.#ggml.buftAlignment(this.#kind)
    const sizes = this.#tensors.map((t) => Math.ceil(this.#ggml.buftAllocSize(this.#kind, t.ptr) / align) * align)
    return sizes.reduce((a, b) => a + b, 0) + align
  }

  /** @throws IdiolectError `OutOfMemory` naming the bytes */
  allocate(): void {
    if (this.#tensors.length === 0) return
    const align = this.#ggml.buftAlignment(this.#kind)
    const total = this.planned()
    const buffer = this.#ggml.buftAllocBuffer(this.#kind, total)
    if (!buffer) {
      throw new IdiolectError(
        'OutOfMemory',
        `${(total / 1e6).toFixed(0)} MB could not be had from ${this.#device.name}`,
        'Close other programs, or train with a smaller base model.',
      )
    }
    this.#buffer = buffer
    this.#bytes = total
    let address = this.#ggml.bufferBase(buffer)
    for (const tensor of this.#tensors) {
      this.#ggml.backendTensorAlloc(buffer, tensor.ptr, address)
      this.#addresses.set(tensor, address)
      address += BigInt(Math.ceil(this.#ggml.buftAllocSize(this.#kind, tensor.ptr) / align) * align)
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

  zero(tensor: Tensor): void {
    this.#ggml.backendTensorMemset(tensor.ptr, 0, 0, this.#ggml.nbytes(tensor.ptr))
  }

  /** Where a tensor lies, so that a graph's node can be computed right into it. */
  place(tensor: Tensor): { buffer: Pointer; address: Pointer } {
    const address = this.#addresses.get(tensor)
    if (address === undefined || this.#buffer === null) throw new Error('this tensor is not in this storage')
    return { buffer: this.#buffer, address }
  }

  [Symbol.dispose](): void {
    if (this.#buffer) this.#ggml.bufferFree(this.#buffer)
    this.#buffer = null
    this.#ggml.free(this.#context)
  }
}
