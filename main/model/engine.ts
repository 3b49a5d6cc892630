/**
 * A base model on a device, with an adapter and maybe a frozen one below it: packs in, losses and summed gradients out.
 * One graph a block, so that a run can stop, be paused or answer between blocks, and so that only what the memory plan
 * keeps stays from one to the next.
 */
import { IdiolectError } from '../errors.ts'
import type { Device } from '../ggml/device.ts'
import { Graph } from '../ggml/graph.ts'
import { elements, Storage, type Tensor } from '../ggml/storage.ts'
import { TYPE, type TypeNumber } from '../ggml/types.ts'
import type { GgufFile } from '../gguf/read.ts'
import type { TokenExample } from '../trainer/types.ts'
import type { Adapter, AdapterSpec, Start } from './adapter.ts'
import { type Band, createBand, SLACK } from './attention.ts'
import { ALIGN, PACK_MULTIPLE, type Pack, pack } from './batch.ts'
import {
  type BlockContext,
  blockBackward,
  blockForward,
  type Places,
  placeSizes,
  type Shared,
  seenByAttention,
} from './block.ts'
import { createDropout } from './dropout.ts'
import { FrozenLora, type FrozenPair } from './frozen-lora.ts'
import { HEAD_ROWS, headLogits, headLoss } from './head.ts'
import { type Hyperparameters, type LayerShape, readHyperparameters } from './hyperparameters.ts'
import { Lora, type LoraSpec, type PairValues, pairsOf } from './lora.ts'
import { productNodes } from './matrix.ts'
import { openAdapter } from './open-adapter.ts'
import { PromptTuning } from './prompt-tuning.ts'
import { loadWeights, plainForms, type WeightForms, type Weights } from './weights.ts'

export interface EngineOptions {
  /** Type that weights are converted to, or how each is held. */
  weightType: TypeNumber | WeightForms
  /** Most rows of a pack. */
  capacity: number
  lora?: LoraSpec | null
  /** An adapter of any kind, in place of `lora`. */
  adapter?: AdapterSpec | null
  /** A LoRA that lies over the base and is not trained. */
  under?: readonly FrozenPair[] | null
  /** Type of one side of attention's products; F32 by default where weights are. */
  productType?: TypeNumber
  /** Blocks whose forward results are computed again in the backward pass instead of kept. */
  recomputed?: number
  dropout?: number
  onLoad?: (fraction: number) => void
}

export interface PassOptions {
  /** Seed of the dropout masks; null: no dropout (measuring). */
  dropoutSeed?: string | null
  /** Called between blocks; may throw to abandon the pass. */
  between?: () => Promise<void>
}

/** Gradients carry this factor on the device (see `head.ts`); `Engine.takeGradient` divides it out. */
const LOSS_SCALE = 64
const GRAPH_NODES = 16384

export class Engine implements Disposable {
  readonly h: Hyperparameters
  readonly adapter: Adapter | null
  readonly #under: FrozenLora | null
  readonly #weights: Weights
  readonly #storage: Storage
  readonly #graph: Graph
  readonly #headGraph: Graph
  readonly #inputs: { tokens: Tensor; positions: Tensor; rows: Tensor; targets: Tensor; at: Tensor }
  /** Input of block i; the last one is the output of the last block. */
  readonly #x: Tensor[]
  readonly #places: Places[]
  readonly #shared: Shared
  readonly #dx: [Tensor, Tensor] | null
  readonly #dropout: ReturnType<typeof createDropout>
  readonly #options: EngineOptions
  readonly #kept: number
  readonly #capacity: number
  readonly #productType: TypeNumber
  readonly #dry: boolean
  /** Masks by attention window. */
  readonly #bands = new Map<number | null, Band>()

  constructor(device: Device, gguf: GgufFile, options: EngineOptions) {
    if (options.capacity % ALIGN !== 0)
      throw new Error(`capacity must be a multiple of ${ALIGN}, not ${options.capacity}`)
    this.#options = options
    this.#dry = device.dry ?? false
    const h = readHyperparameters(gguf)
    this.h = h
    const forms = typeof options.weightType === 'number' ? plainForms(options.weightType) : options.weightType
    this.#weights = loadWeights(device, gguf, h, forms, options.capacity > h.rope.originalContext, options.onLoad)
    const capacity = Math.ceil(options.capacity / PACK_MULTIPLE) * PACK_MULTIPLE
    const spec = options.adapter ?? (options.lora ? { kind: 'lora' as const, ...options.lora } : null)
    this.adapter = spec ? openAdapter(device, h, spec, capacity) : null
    this.#under = options.under ? new FrozenLora(device, h, options.under) : null
    this.#kept = this.adapter ? h.blocks - Math.min(h.blocks, options.recomputed ?? 0) : 0

    this.#capacity = capacity
    this.#productType = options.productType ?? (forms.blocks.type === TYPE.F32 ? TYPE.F32 : TYPE.BF16)
    const storage = new Storage(device, device.buffers, h.blocks * 10 + 64)
    this.#storage = storage
    const floats = (features: number, more = 0): Tensor => storage.tensor(TYPE.F32, [features, capacity + more])
    const integers = (n: number): Tensor => storage.tensor(TYPE.I32, [n])
    const q = h.heads * h.headSize
    const kv = h.kvHeads * h.headSize
    this.#inputs = {
      tokens: integers(capacity),
      positions: integers(capacity),
      rows: integers(HEAD_ROWS),
      targets: integers(HEAD_ROWS),
      at: integers(HEAD_ROWS),
    }
    this.#x = Array.from({ length: this.adapter ? h.blocks + 1 : 2 }, () => floats(h.width))
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
    // Blocks that are computed again share the last set.
    this.#places = Array.from({ length: Math.min(h.blocks, this.#kept + 1) }, places)
    const back = this.adapter !== null
    this.#shared = {
      k: h.headNorms ? floats(kv, SLACK) : null,
      o: floats(q),
      dO: floats(back ? q : 1),
      dQ: floats(back ? q : 1),
      dK: floats(back ? kv : 1),
      dV: floats(back ? kv : 1),
    }
    this.#dx = back ? [floats(h.width), floats(h.width)] : null
    this.#dropout = createDropout(storage, this.lora, options.dropout ?? 0, capacity)
    for (const { window } of h.layers) {
      if (!this.#bands.has(window)) this.#bands.set(window, createBand(storage, window, capacity))
    }
    storage.allocate()
    for (const { k, v } of this.#places) for (const place of [k, v]) storage.zero(place)
    if (this.#shared.k) storage.zero(this.#shared.k)
    for (const band of this.#bands.values()) band.fill()
    this.#graph = new Graph(device, GRAPH_NODES)
    this.#headGraph = new Graph(device, 128 + 2 * productNodes(this.#weights.head))
  }

  get lora(): Lora | null {
    return this.adapter instanceof Lora ? this.adapter : null
  }

  /** Rows that the adapter puts in front of every text; packs are laid out with them. */
  get prefix(): number {
    return this.adapter?.prefix ?? 0
  }

  /** Bytes on the device: weights, adapter, kept results, intermediate results so far. */
  get bytes(): number {
    const graphs = this.#graph.bytes + this.#headGraph.bytes
    const adapters = (this.adapter?.bytes ?? 0) + (this.#under?.bytes ?? 0)
    return this.#weights.bytes + adapters + this.#storage.bytes + graphs
  }

  /** Bytes on this side, beside the device's. */
  get hostBytes(): number {
    return this.#dropout.hostBytes
  }

  /**
   * One forward and backward pass; gradients are added to the adapter's.
   * @returns sum of the negative log-likelihoods of the pack's supervised tokens, nats
   * @throws IdiolectError `NotANumber` when the loss is NaN or infinite
   */
  async trainPack(batch: Pack, options: PassOptions = {}): Promise<number> {
    const { adapter } = this
    if (!adapter || !this.#dx) throw new Error('an engine without an adapter cannot train')
    await this.#forward(batch, options)
    const dx: [Tensor, Tensor] = this.#dx
    this.#storage.zero(dx[0])
    const loss = this.#head(batch, { dx: dx[0] })
    let from = 0
    for (let i = this.h.blocks - 1; i >= 0; i--) {
      await options.between?.()
      if (i >= this.#kept) this.#runForward(batch, i, options)
      const target = i > 0 || adapter.prefix > 0 ? (dx[1 - from] as Tensor) : null
      this.#graph.reset()
      const view = (a: Tensor): Tensor => this.#graph.view(a, [a.ne[0], batch.tokens.length])
      blockBackward(this.#context(batch, options, i), view(this.#x[i] as Tensor), view(dx[from] as Tensor), target)
      this.#graph.compute()
      from = 1 - from
    }
    if (adapter instanceof PromptTuning) {
      this.#graph.reset()
      adapter.gather(this.#graph, dx[from] as Tensor, batch.segments)
      this.#graph.compute()
    }
    return loss
  }

  /** Forward only: the sum as in `trainPack`. */
  async measurePack(batch: Pack, options: PassOptions = {}): Promise<number> {
    await this.#forward(batch, options)
    return this.#head(batch, null)
  }

  /** Next-token logits after the positions listed, for one text of at most `capacity` tokens. */
  async logits(tokens: Int32Array, positions: readonly number[]): Promise<Float32Array[]> {
    const longer = new Int32Array(tokens.length + 1)
    longer.set(tokens)
    const prefix = this.prefix
    const batch = pack([{ tokens: longer, answerFrom: tokens.length } satisfies TokenExample], prefix)
    await this.#forward(batch, {})
    const out: Float32Array[] = []
    for (let from = 0; from < positions.length; from += HEAD_ROWS) {
      const rows = Int32Array.from(positions.slice(from, from + HEAD_ROWS), (position) => position + prefix)
      this.#headGraph.reset()
      this.#storage.set(this.#inputs.rows, rows)
      const result = this.#headGraph.output(
        headLogits(this.#headContext(), this.#output(batch.tokens.length), this.#count(this.#inputs.rows, rows.length)),
      )
      this.#headGraph.compute()
      const all = this.#storage.get(result, new Float32Array(elements(result)))
      for (const i of rows.keys()) out.push(all.slice(i * this.h.vocabulary, (i + 1) * this.h.vocabulary))
    }
    return out
  }

  /** Every pair's summed gradient, per answer token and with the loss scale divided out; sums begin anew. */
  takeGradient(answerTokens: number): PairValues[] {
    return this.lora ? pairsOf(this.takeGradients(answerTokens)) : []
  }

  /** The same for an adapter of any kind: one array for each of its tensors. */
  takeGradients(answerTokens: number): Float32Array[] {
    return this.adapter?.takeGradients(1 / (LOSS_SCALE * answerTokens)) ?? []
  }

  /** First values of the adapter. @param examples of the run: what its texts are made of */
  initial(seed: number, examples: readonly TokenExample[], disturbed = false): Float32Array[] {
    return this.adapter?.initial({ seed, ...this.#texts(examples), disturbed }) ?? []
  }

  /** What a learning rate is a share of; see `Adapter.unit`. */
  unit(examples: readonly TokenExample[]): number {
    return this.adapter?.unit(this.#texts(examples)) ?? 1
  }

  #texts(examples: readonly TokenExample[]): Pick<Start, 'tokens' | 'embed'> {
    const tokens = Int32Array.from(examples.flatMap((example) => [...example.tokens]))
    return { tokens, embed: (ids) => this.#embed(ids) }
  }

  /** What the prefix leaves in the attention's cache: each block's keys (after RoPE) and values, `prefix` rows each. */
  async prefixCache(): Promise<{ k: Float32Array; v: Float32Array }[]> {
    const out: { k: Float32Array; v: Float32Array }[] = []
    const kv = this.h.kvHeads * this.h.headSize
    const front = (a: Tensor): Float32Array => this.#storage.get(a).slice(0, kv * this.prefix)
    const batch = pack([{ tokens: Int32Array.of(0), answerFrom: 1 }], this.prefix)
    await this.#forward(batch, {}, (i) => {
      this.#graph.reset()
      const { k, v } = seenByAttention(this.#context(batch, {}, i))
      this.#graph.compute()
      out.push({ k: front(k), v: front(v) })
    })
    return out
  }

  #embed(ids: Int32Array): Float32Array {
    const out = new Float32Array(ids.length * this.h.width)
    for (let from = 0; from < ids.length; from += this.#options.capacity) {
      const part = ids.subarray(from, from + this.#options.capacity)
      this.#storage.set(this.#inputs.tokens, part)
      this.#graph.reset()
      const rows = this.#graph.output(
        this.#graph.getRows(this.#weights.embedding, this.#view1(this.#inputs.tokens, part.length)),
      )
      this.#graph.compute()
      out.set(
        this.#storage.get(rows).map((value) => value * this.h.embeddingScale),
        from * this.h.width,
      )
    }
    return out
  }

  /** @param after called when a block's results lie in its places */
  async #forward(batch: Pack, options: PassOptions, after?: (block: number) => void): Promise<void> {
    this.#check(batch)
    this.#storage.set(this.#inputs.tokens, batch.tokens)
    this.#storage.set(this.#inputs.positions, batch.positions)
    if (options.dropoutSeed && !this.#dry) this.#dropout.deal(options.dropoutSeed)
    this.#graph.reset()
    const embedded = this.#graph.getRows(this.#weights.embedding, this.#view1(this.#inputs.tokens, batch.tokens.length))
    const scale = this.h.embeddingScale
    const first = scale === 1 ? embedded : this.#graph.scale(embedded, scale)
    this.#graph.into(first, this.#storage, this.#x[0] as Tensor)
    if (this.adapter instanceof PromptTuning) this.adapter.lay(this.#graph, this.#x[0] as Tensor, batch.segments)
    this.#graph.compute()
    for (let i = 0; i < this.h.blocks; i++) {
      await options.between?.()
      this.#runForward(batch, i, options)
      after?.(i)
    }
  }

  #runForward(batch: Pack, i: number, options: PassOptions): void {
    this.#graph.reset()
    const x = this.#xOf(i)
    blockForward(
      this.#context(batch, options, i),
      this.#graph.view(x, [x.ne[0], batch.tokens.length]),
      this.#xOf(i + 1),
    )
    this.#graph.compute()
  }

  #head(batch: Pack, gradient: { dx: Tensor } | null): number {
    const { vocabulary } = this.h
    let loss = 0
    for (let from = 0; from < batch.rows.length; from += HEAD_ROWS) {
      const rows = batch.rows.slice(from, from + HEAD_ROWS)
      const targets = batch.targets.slice(from, from + HEAD_ROWS)
      this.#storage.set(this.#inputs.rows, rows)
      this.#storage.set(this.#inputs.targets, targets)
      this.#storage.set(
        this.#inputs.at,
        targets.map((target, i) => i * vocabulary + target),
      )
      this.#headGraph.reset()
      const view = (a: Tensor): Tensor => this.#count(a, rows.length)
      const { rows: r, targets: t, at } = this.#inputs
      const g = this.#headGraph
      const probability = headLoss(
        this.#headContext(),
        this.#output(batch.tokens.length),
        { rows: view(r), targets: view(t), at: view(at) },
        gradient ? { dx: g.view(gradient.dx, [this.h.width, batch.tokens.length]), lossScale: LOSS_SCALE } : null,
      )
      g.compute()
      for (const p of this.#storage.get(probability)) loss -= Math.log(Math.max(p, 1e-37))
    }
    if (!Number.isFinite(loss)) {
      throw new IdiolectError('NotANumber', `the loss of a pack came out as ${loss}`, 'Try a smaller learning rate.')
    }
    return loss
  }

  #check(batch: Pack): void {
    if (batch.tokens.length > this.#capacity) {
      throw new Error(`a pack of ${batch.tokens.length} rows is larger than the capacity of ${this.#capacity}`)
    }
    const wrong = batch.tokens.find((token) => token < 0 || token >= this.h.vocabulary)
    if (wrong !== undefined) throw new Error(`token ${wrong} is not in the vocabulary of ${this.h.vocabulary}`)
  }

  #xOf(i: number): Tensor {
    return this.#x[this.adapter ? i : i % 2] as Tensor
  }

  #placesOf(i: number): Places {
    return this.#places[Math.min(i, this.#places.length - 1)] as Places
  }

  #output(rows: number): Tensor {
    return this.#headGraph.view(this.#xOf(this.h.blocks), [this.h.width, rows])
  }

  #view1(a: Tensor, n: number): Tensor {
    return this.#graph.view(a, [n])
  }

  #count(a: Tensor, n: number): Tensor {
    return this.#headGraph.view(a, [n])
  }

  #headContext() {
    const { eps, logitCap } = this.h
    return { graph: this.#headGraph, storage: this.#storage, weights: this.#weights, eps, logitCap }
  }

  #context(batch: Pack, options: PassOptions, index: number): BlockContext {
    const { h } = this
    const rows = batch.tokens.length
    const { rope, window } = h.layers[index] as LayerShape
    return {
      graph: this.#graph,
      storage: this.#storage,
      rows,
      segments: batch.segments,
      positions: this.#view1(this.#inputs.positions, rows),
      index,
      block: this.#weights.blocks[index] as Weights['blocks'][number],
      places: this.#placesOf(index),
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
        band: this.#bands.get(window) as Band,
        type: this.#productType,
      },
      dropped: new Map(),
      activation: h.activation,
      eps: h.eps,
      shared: this.#shared,
      adapter: this.adapter,
      under: this.#under,
      dropout: options.dropoutSeed
        ? (pair) => this.#dropout.mask(this.#graph, pair, rows, options.dropoutSeed as string)
        : () => null,
    }
  }

  [Symbol.dispose](): void {
    this.#graph[Symbol.dispose]()
    this.#headGraph[Symbol.dispose]()
    this.#storage[Symbol.dispose]()
    this.adapter?.[Symbol.dispose]()
    this.#under?.[Symbol.dispose]()
    this.#weights[Symbol.dispose]()
  }
}
