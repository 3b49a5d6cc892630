/**
 * A device on which nothing is allocated, read or computed: an engine built and stepped on it goes the very way of a
 * real one, and what it asks for is added up. So a forecast of memory comes from where memory is asked for.
 */
import type { Ggml, Pointer } from './api.ts'
import type { Device } from './device.ts'

export interface DryDevice {
  readonly device: Device
  /** Most bytes held at once since the last mark, the backend's own workspace included. */
  readonly peak: number
  /** Begins `peak` anew. */
  mark(): void
}

/** Where pretended buffers begin: no address that a process has, and never read. */
const FIRST_ADDRESS = 1n << 44n

/** A product's second operand in the first one's kind of numbers: Q8_0 and Q8_K take 1.1 bytes of F32's 4. */
const WORKSPACE = 0.3

export function dryDevice(real: Device): DryDevice {
  const { ggml } = real
  let now = 0
  let peak = 0
  let workspace = 0
  /** Devices beside this one: each graph that is computed at the same time has a workspace. */
  let others = 0
  const add = (bytes: number): void => {
    now += bytes
    peak = Math.max(peak, now)
  }
  let next = FIRST_ADDRESS
  const buffers = new Map<Pointer, number>()
  const graphs = new Map<Pointer, number>()
  const grow = (allocator: Pointer, bytes: number): void => {
    const before = graphs.get(allocator) ?? 0
    if (bytes <= before) return
    graphs.set(allocator, bytes)
    add(bytes - before)
  }
  const pretended: Partial<Ggml> = {
    buftAllocBuffer(_kind, bytes) {
      const buffer = ggml.cpuBufferFromPtr(next, bytes)
      next += BigInt(Math.ceil(bytes / 4096 + 1)) * 4096n
      buffers.set(buffer, bytes)
      add(bytes)
      return buffer
    },
    bufferFree(buffer) {
      add(-(buffers.get(buffer) ?? 0))
      buffers.delete(buffer)
      ggml.bufferFree(buffer)
    },
    gallocrAllocGraph(allocator, graph) {
      const size: [number] = [0]
      ggml.gallocrReserveSize(allocator, graph, null, null, size)
      grow(allocator, Number(size[0]))
      return true
    },
    gallocrBufferSize: (allocator) => graphs.get(allocator) ?? 0,
    gallocrFree(allocator) {
      add(-(graphs.get(allocator) ?? 0))
      graphs.delete(allocator)
      ggml.gallocrFree(allocator)
    },
    backendGraphCompute: () => 0,
    backendTensorSet: () => {},
    backendTensorGet: () => {},
    backendTensorMemset: () => {},
    backendTensorCopy: () => {},
  }
  const device: Device = {
    ...real,
    ggml: { ...ggml, ...pretended },
    dry: true,
    supports: null,
    fallback: null,
    beside() {
      others++
      return device
    },
    free() {},
  }
  // The CPU's products convert their second operand into a workspace of the largest that was ever asked for.
  device.ggml.mulMat = (context, a, b) => {
    workspace = Math.max(workspace, ggml.nbytes(b) * WORKSPACE)
    return ggml.mulMat(context, a, b)
  }
  return {
    device,
    mark() {
      peak = now
    },
    get peak() {
      return peak + workspace * Math.max(1, others)
    },
  }
}
