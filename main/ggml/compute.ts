/**
 * Memory for a graph's results, and computing it. On one device, ggml's graph allocator and the device alone. Where a
 * graph has operations that a GPU lacks, ggml's scheduler splits it between the GPU and the CPU and copies what passes
 * from one to the other.
 */
import { IdiolectError } from '../errors.ts'
import type { Pointer } from './api.ts'
import type { Device } from './device.ts'

interface Split {
  scheduler: Pointer
  /** Most nodes and leaves together. */
  size: number
}

export class Computer implements Disposable {
  readonly #device: Device
  readonly #allocator: Pointer
  #split: Split | null = null
  /** The scheduler rewrites a graph's sources, so a graph is given to it once and may then be computed again. */
  #scheduled: Pointer | null = null

  constructor(device: Device) {
    this.#device = device
    this.#allocator = device.ggml.gallocrNew(device.buffers)
  }

  /** Bytes held for intermediate results. */
  get bytes(): number {
    const { ggml, backend, fallback } = this.#device
    let bytes = ggml.gallocrBufferSize(this.#allocator, 0)
    if (this.#split && fallback !== null) {
      for (const one of [backend, fallback]) bytes += ggml.schedBufferSize(this.#split.scheduler, one)
    }
    return bytes
  }

  /** The graph that was computed is gone. */
  reset(): void {
    this.#scheduled = null
  }

  /**
   * Allocates and computes; returns when done.
   * @param lacking does the graph have a node that the device cannot compute
   * @throws IdiolectError `ComputeFailed` or `OutOfMemory`
   */
  compute(graph: Pointer, lacking: boolean): void {
    const { ggml, backend, fallback } = this.#device
    if (lacking && fallback !== null) {
      const scheduler = this.#schedule(graph, backend, fallback)
      this.#check(ggml.schedGraphCompute(scheduler, graph))
    } else {
      this.#allocate(graph)
      this.#check(ggml.backendGraphCompute(backend, graph))
    }
  }

  /**
   * The same on another thread, for a device without a fallback. Until it is done, nothing of this device, and nothing that
   * the graph reads or writes, may be touched.
   * @throws as `compute`
   */
  async computeAside(graph: Pointer): Promise<void> {
    this.#allocate(graph)
    this.#check(await this.#device.ggml.computeAside(this.#device.backend, graph))
  }

  #allocate(graph: Pointer): void {
    if (!this.#device.ggml.gallocrAllocGraph(this.#allocator, graph)) throw outOfMemory(this.#device.name)
  }

  #check(status: number): void {
    if (status === 0) return
    const { name, description } = this.#device
    throw new IdiolectError(
      'ComputeFailed',
      `the device ${name} (${description}) stopped computing with status ${status}`,
      'A run goes on from its last checkpoint when it is resumed.',
    )
  }

  #schedule(graph: Pointer, backend: Pointer, fallback: Pointer): Pointer {
    const { ggml, name } = this.#device
    // Every node and every stored tensor that it reads has to be known to the scheduler; one more ends the process.
    const needed = ggml.graphNodes(graph) * 3 + 64
    if (this.#split && this.#split.size < needed) this.#free()
    if (!this.#split) {
      const size = Math.ceil(needed * 1.5)
      const scheduler = ggml.schedNew(BigUint64Array.of(backend, fallback), null, 2, size, false, false)
      this.#split = { scheduler, size }
    }
    const { scheduler } = this.#split
    if (this.#scheduled === graph) return scheduler
    ggml.schedReset(scheduler)
    if (!ggml.schedAllocGraph(scheduler, graph)) throw outOfMemory(name)
    this.#scheduled = graph
    return scheduler
  }

  #free(): void {
    if (this.#split) this.#device.ggml.schedFree(this.#split.scheduler)
    this.#split = null
    this.#scheduled = null
  }

  [Symbol.dispose](): void {
    this.#free()
    this.#device.ggml.gallocrFree(this.#allocator)
  }
}

function outOfMemory(name: string): IdiolectError {
  return new IdiolectError(
    'OutOfMemory',
    `memory for a step of the computation could not be had from ${name}`,
    'Close other programs, or train with a smaller base model.',
  )
}
