/**
 * One pack at a time through all blocks, forward and backward, with the room that it takes. Weights and the adapter's
 * numbers are others'; an engine whose device has threads to spare has several lanes over them, which compute at once.
 *
 * A graph takes a block or a few, so that a run can stop, be paused or answer between graphs, and so that only what the
 * memory plan keeps stays from one block to the next.
 */
import type { Device } from '../ggml/device.ts'
import { Graph } from '../ggml/graph.ts'
import type { Tensor } from '../ggml/storage.ts'
import type { TypeNumber } from '../ggml/types.ts'
import type { Adapter } from './adapter.ts'
import { outputOf, type Pack, readRows } from './batch.ts'
import { type BlockContext, blockBackward, blockForward, seenByAttention } from './block.ts'
import type { FrozenLora } from './frozen-lora.ts'
import { HeadPass } from './head-pass.ts'
import type { Hyperparameters, LayerShape } from './hyperparameters.ts'
import { PromptTuning } from './prompt-tuning.ts'
import type { Weights } from './weights.ts'
import { Workspace } from './workspace.ts'

export interface LaneOptions {
  /** Most rows of a pack. */
  capacity: number
  /** Blocks whose forward results are kept; those from here on are computed again. */
  kept: number
  /** Its numbers and, for this lane alone, its gradients. */
  adapter: Adapter | null
  /** A LoRA that lies over the base and is not trained. */
  under: FrozenLora | null
  /** Type of one side of attention's products. */
  productType: TypeNumber
  dropout: number
  /** See `EngineOptions`. */
  graphSeconds: number
}

export interface PassOptions {
  /** Seed of the dropout masks; null: no dropout (measuring). */
  dropoutSeed?: string | null
  /** Called between graphs, of blocks and of the head's parts; may throw to abandon the pass. */
  between?: () => Promise<void>
}

/** Nodes of a block's graph at most, by rows of a pack: attention and LoRA's gradients go some rows at a time. */
const graphNodes = (capacity: number): number => Math.max(16_384, 2 * capacity)
/** Share of a graph's room that several blocks may fill; one may need all of it. */
const FILLED = 0.5

export class Lane implements Disposable {
  readonly adapter: Adapter | null
  readonly #device: Device
  readonly #h: Hyperparameters
  readonly #weights: Weights
  readonly #under: FrozenLora | null
  readonly #work: Workspace
  readonly #graph: Graph
  readonly #head: HeadPass
  readonly #kept: number
  readonly #productType: TypeNumber
  readonly #graphSeconds: number
  /** Blocks that a graph takes, by how long the last one took. What is computed, and in which order, does not hang on it. */
  #blocksAGraph = 1

  constructor(device: Device, h: Hyperparameters, weights: Weights, options: LaneOptions) {
    const { capacity, kept, adapter, dropout } = options
    this.#device = device
    this.#h = h
    this.#weights = weights
    this.adapter = adapter
    this.#under = options.under
    this.#kept = kept
    this.#productType = options.productType
    this.#graphSeconds = options.graphSeconds
    this.#work = new Workspace(device, h, { capacity, kept, adapter, dropout })
    this.#graph = new Graph(device, graphNodes(capacity))
    this.#head = new HeadPass(device, h, weights, this.#work)
  }

  /** Bytes on the device: kept results and intermediate results so far. */
  get bytes(): number {
    return this.#work.storage.bytes + this.#graph.bytes + this.#head.bytes
  }

  /** Bytes on this side, beside the device's. */
  get hostBytes(): number {
    return this.#work.dropout.hostBytes
  }

  /**
   * One forward and backward pass; gradients are added to the adapter's.
   * @returns sum of the negative log-likelihoods of the pack's supervised tokens, nats
   * @throws IdiolectError `NotANumber` when the loss is NaN or infinite
   */
  async train(batch: Pack, options: PassOptions): Promise<number> {
    const { adapter } = this
    const { dx, storage } = this.#work
    if (!adapter || !dx) throw new Error('an engine without an adapter cannot train')
    await this.#forward(batch, options)
    storage.zero(dx[0])
    const loss = await this.#head.loss(outputOf(batch), dx[0], options.between)
    let from = 0
    await this.#blocks(options, (n) => {
      const i = this.#h.blocks - 1 - n
      if (i >= this.#kept) this.#blockForward(batch, i, options)
      const target = i > 0 || adapter.prefix > 0 ? (dx[1 - from] as Tensor) : null
      const context = this.#context(batch, options, i)
      const view = (a: Tensor, rows = context.rows): Tensor => this.#graph.view(a, [a.ne[0], rows])
      blockBackward(context, view(this.#work.x(i)), view(dx[from] as Tensor, context.read?.ne[0]), target)
      from = 1 - from
    })
    if (adapter instanceof PromptTuning) {
      this.#graph.reset()
      adapter.gather(this.#graph, dx[from] as Tensor, batch.segments)
      await this.#graph.computeAside()
    }
    return loss
  }

  /** Forward only: the sum as in `train`. */
  async measure(batch: Pack, options: PassOptions): Promise<number> {
    await this.#forward(batch, options)
    return this.#head.loss(outputOf(batch), null, options.between)
  }

  /** Next-token logits [vocabulary] at the pack's supervised rows. */
  async logits(batch: Pack): Promise<Float32Array[]> {
    await this.#forward(batch, {})
    return this.#head.logits(outputOf(batch))
  }

  /** What attention reads of each block, as the prefix left it: keys (after RoPE) and values, `prefix` rows each. */
  async prefixCache(batch: Pack): Promise<{ k: Float32Array; v: Float32Array }[]> {
    const out: { k: Float32Array; v: Float32Array }[] = []
    const kv = this.#h.kvHeads * this.#h.headSize
    const front = (a: Tensor): Float32Array => this.#work.storage.get(a).slice(0, kv * (this.adapter?.prefix ?? 0))
    await this.#begin(batch, {})
    for (let i = 0; i < this.#h.blocks; i++) {
      this.#graph.reset()
      this.#blockForward(batch, i, {})
      const { k, v } = seenByAttention(this.#context(batch, {}, i))
      this.#graph.compute()
      out.push({ k: front(k), v: front(v) })
    }
    return out
  }

  /** Rows of the token embedding as the first block sees them, [width] each. */
  embed(ids: Int32Array): Float32Array {
    const { storage, inputs, capacity } = this.#work
    const out = new Float32Array(ids.length * this.#h.width)
    for (let from = 0; from < ids.length; from += capacity) {
      const part = ids.subarray(from, from + capacity)
      storage.set(inputs.tokens, part)
      this.#graph.reset()
      const rows = this.#graph.output(this.#embedded(part.length))
      this.#graph.compute()
      out.set(storage.get(rows), from * this.#h.width)
    }
    return out
  }

  /** Of the first `n` tokens that were put in. */
  #embedded(n: number): Tensor {
    const rows = this.#graph.getRows(this.#weights.embedding, this.#graph.view(this.#work.inputs.tokens, [n]))
    const scale = this.#h.embeddingScale
    return scale === 1 ? rows : this.#graph.scale(rows, scale)
  }

  async #forward(batch: Pack, options: PassOptions): Promise<void> {
    await this.#begin(batch, options)
    await this.#blocks(options, (i) => this.#blockForward(batch, i, options))
  }

  /** All blocks, in graphs of a few each. @param build puts the nth into the graph */
  async #blocks(options: PassOptions, build: (n: number) => void): Promise<void> {
    const { blocks } = this.#h
    for (let n = 0; n < blocks; ) {
      await options.between?.()
      this.#graph.reset()
      const first = n
      do build(n++)
      while (n < blocks && n - first < this.#blocksAGraph && this.#room(n - first))
      const began = performance.now()
      await this.#graph.computeAside()
      this.#learn((performance.now() - began) / 1000 / (n - first))
    }
  }

  /** Is there room in the graph for one more block like those in it? */
  #room(blocks: number): boolean {
    return (this.#graph.filled * (blocks + 1)) / blocks < FILLED
  }

  #learn(secondsABlock: number): void {
    // A GPU orders a graph's nodes by what reads what, and does not know that one block's places are the next one's.
    if (this.#device.dry || this.#device.supports !== null) return
    this.#blocksAGraph = Math.max(1, Math.floor(this.#graphSeconds / secondsABlock))
  }

  /** The pack's numbers in their places, and the first block's input. */
  async #begin(batch: Pack, options: PassOptions): Promise<void> {
    this.#check(batch)
    const { storage, inputs, dropout } = this.#work
    const first = this.#work.x(0)
    storage.set(inputs.tokens, batch.tokens)
    storage.set(inputs.positions, batch.positions)
    const read = readRows(batch)
    if (read) storage.set(inputs.read, read)
    if (options.dropoutSeed && !this.#device.dry) dropout.deal(options.dropoutSeed)
    this.#graph.reset()
    this.#graph.into(this.#embedded(batch.tokens.length), storage, first)
    if (this.adapter instanceof PromptTuning) this.adapter.lay(this.#graph, first, batch.segments)
    await this.#graph.computeAside()
  }

  /** Orders one block's forward pass. */
  #blockForward(batch: Pack, i: number, options: PassOptions): void {
    const x = this.#work.x(i)
    blockForward(
      this.#context(batch, options, i),
      this.#graph.view(x, [x.ne[0], batch.tokens.length]),
      this.#work.x(i + 1),
    )
  }

  #check(batch: Pack): void {
    const { capacity } = this.#work
    if (batch.tokens.length > capacity) {
      throw new Error(`a pack of ${batch.tokens.length} rows is larger than the capacity of ${capacity}`)
    }
    const wrong = batch.tokens.find((token) => token < 0 || token >= this.#h.vocabulary)
    if (wrong !== undefined) throw new Error(`token ${wrong} is not in the vocabulary of ${this.#h.vocabulary}`)
  }

  #context(batch: Pack, options: PassOptions, index: number): BlockContext {
    const h = this.#h
    const work = this.#work
    const rows = batch.tokens.length
    const { rope, window } = h.layers[index] as LayerShape
    const read = index === h.blocks - 1 ? readRows(batch) : null
    return {
      graph: this.#graph,
      storage: work.storage,
      rows,
      segments: batch.segments,
      positions: this.#graph.view(work.inputs.positions, [rows]),
      read: read && this.#graph.view(work.inputs.read, [read.length]),
      index,
      block: this.#weights.blocks[index] as Weights['blocks'][number],
      places: work.places(index),
      rope: rope && {
        dims: h.rope.dims,
        mode: h.rope.mode,
        contextOriginal: h.rope.originalContext,
        ...rope,
        extFactor: h.rope.extFactor,
        attnFactor: h.rope.attnFactor,
        betaFast: h.rope.betaFast,
        betaSlow: h.rope.betaSlow,
        factors: this.#weights.ropeFactors,
      },
      attention: {
        headSize: h.headSize,
        heads: h.heads,
        kvHeads: h.kvHeads,
        scale: h.attentionScale,
        window,
        band: work.band(window),
        type: this.#productType,
      },
      dropped: new Map(),
      activation: h.activation,
      eps: h.eps,
      shared: work.shared,
      adapter: this.adapter,
      under: this.#under,
      dropout: options.dropoutSeed
        ? (pair, n) => work.dropout.mask(this.#graph, pair, n, options.dropoutSeed as string)
        : () => null,
    }
  }

  [Symbol.dispose](): void {
    this.#graph[Symbol.dispose]()
    this.#head[Symbol.dispose]()
    this.#work[Symbol.dispose]()
  }
}
