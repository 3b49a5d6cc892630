/**
 * A device that computes graphs: its backend, its kinds of buffer, and what it supports. A GPU comes with the CPU beside
 * it, which takes the operations that the GPU lacks (see `graph.ts`).
 */
import type { Ggml, Pointer } from './api.ts'
import type { Variant } from './library.ts'

export interface Device {
  readonly ggml: Ggml
  readonly backend: Pointer
  readonly kind: Variant
  /** e.g. `CPU`, `Vulkan0`. */
  readonly name: string
  readonly description: string
  /** Nothing is allocated, read or computed: sizes alone are of interest (see `dry-device.ts`). */
  readonly dry?: true
  /** Where activations and everything that must be read back live. */
  readonly buffers: Pointer
  /** Kinds of buffer that hold weights in a layout of their own for faster products, by name (`CPU_REPACK`, `AMX`). */
  readonly extraBuffers: Map<string, Pointer>
  /** The CPU's backend beside a GPU's; null where the device is the CPU itself, which can do everything. */
  readonly fallback: Pointer | null
  /** Can this node be computed here; null: always. Asked of every node while a graph is built. */
  readonly supports: ((node: Pointer) => boolean) | null
  /** What the device itself says of a node: of the CPU, whether a special kind of buffer can hold its weights. */
  computes(node: Pointer): boolean
  /** The device's own memory, bytes; of the CPU, the machine's. Some drivers call all of it free. */
  memory(): { free: number; total: number }
  setThreads(threads: number): void
  /** Others compute at the same time, so that its graphs are computed on another thread: it was made by `beside`. */
  readonly aside?: true
  /** Of the CPU: the same device with threads of its own, whose graphs can be computed at the same time as this one's. */
  beside(threads: number): Device
  free(): void
}
