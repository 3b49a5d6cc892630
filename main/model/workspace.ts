/**
 * What an engine keeps between its graphs, all in one storage: a pack's numbers, the input of each block, what forward
 * passes leave for backward passes, masks. Knows how much of it there is and where, and nothing of what is computed in it.
 */
import type { Device } from '../ggml/device.ts'
import { Storage, type Tensor } from '../ggml/storage.ts'
import { TYPE } from '../ggml/types.ts'
import type { Adapter } from './adapter.ts'
import { type Band, createBand, SLACK } from './attention.ts'
import { type Places, placeSizes, type Shared } from './block.ts'
import { createDropout, type Dropout } from './dropout.ts'
import { HEAD_ROWS } from './head.ts'
import type { Hyperparameters } from './hyperparameters.ts'
import { Lora } from './lora.ts'

export interface WorkspaceOptions {
  /** Most rows of a pack. */
  capacity: number
  /** Blocks that have places of their own; those after them share one more set, and are computed again. */
  kept: number
  /** Null: nothing is trained, so nothing is kept for a backward pass. */
  adapter: Adapter | null
  /** Share of inputs that dropout takes away. */
  dropout: number
}

export class Workspace implements Disposable {
  readonly storage: Storage
  readonly capacity: number
  /**
   * I32: a pack's tokens and positions, and the rows of its that are read [capacity]; rows of those, targets and places of the
   * targets that the head takes at a time.
   */
  readonly inputs: { tokens: Tensor; positions: Tensor; read: Tensor; rows: Tensor; targets: Tensor; at: Tensor }
  readonly shared: Shared
  /** F32 [width, capacity], by turns the gradient of a block's output and of its input; null without an adapter. */
  readonly dx: [Tensor, Tensor] | null
  readonly dropout: Dropout
  readonly #x: Tensor[]
  readonly #places: Places[]
  /** Masks by attention window. */
  readonly #bands = new Map<number | null, Band>()

  constructor(device: Device, h: Hyperparameters, { capacity, kept, adapter, dropout }: WorkspaceOptions) {
    this.capacity = capacity
    const storage = new Storage(device, device.buffers, h.blocks * 10 + 64)
    this.storage = storage
    const floats = (features: number, more = 0): Tensor => storage.tensor(TYPE.F32, [features, capacity + more])
    const integers = (n: number): Tensor => storage.tensor(TYPE.I32, [n])
    this.inputs = {
      tokens: integers(capacity),
      positions: integers(capacity),
      read: integers(capacity),
      rows: integers(HEAD_ROWS),
      targets: integers(HEAD_ROWS),
      at: integers(HEAD_ROWS),
    }
    this.#x = Array.from({ length: adapter ? h.blocks + 1 : 2 }, () => floats(h.width))
    const sizes = placeSizes(h)
    const places = (): Places => ({
      q: floats(sizes.q),
      k: floats(sizes.k, SLACK),
      v: floats(sizes.v, SLACK),
      y: floats(sizes.y),
      gate: floats(sizes.gate),
      up: floats(sizes.up),
      attended: sizes.attended > 0 ? floats(sizes.attended) : null,
      fed: sizes.fed > 0 ? floats(sizes.fed) : null,
    })
    this.#places = Array.from({ length: Math.min(h.blocks, kept + 1) }, places)
    this.shared = {
      k: h.headNorms ? floats(sizes.k, SLACK) : null,
      o: floats(sizes.q),
      dO: floats(adapter ? sizes.q : 1),
      dQ: floats(adapter ? sizes.q : 1),
      dK: floats(adapter ? sizes.k : 1),
      dV: floats(adapter ? sizes.v : 1),
    }
    this.dx = adapter ? [floats(h.width), floats(h.width)] : null
    this.dropout = createDropout(storage, adapter instanceof Lora ? adapter : null, dropout, capacity)
    for (const { window } of h.layers) {
      if (!this.#bands.has(window)) this.#bands.set(window, createBand(storage, window, capacity))
    }
    storage.allocate()
    for (const { k, v } of this.#places) for (const place of [k, v]) storage.zero(place)
    if (this.shared.k) storage.zero(this.shared.k)
    for (const band of this.#bands.values()) band.fill()
  }

  /** F32 [width, capacity]: input of block `i`; for the number of blocks, the output of the last. */
  x(i: number): Tensor {
    return this.#x[i % this.#x.length] as Tensor
  }

  places(block: number): Places {
    return this.#places[Math.min(block, this.#places.length - 1)] as Places
  }

  band(window: number | null): Band {
    return this.#bands.get(window) as Band
  }

  [Symbol.dispose](): void {
    this.storage[Symbol.dispose]()
  }
}
