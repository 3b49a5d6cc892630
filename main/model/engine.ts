/**
 * A base model on a device, with an adapter and maybe a frozen one below it: packs in, losses and summed gradients out.
 * One graph a block, so that a run can stop, be paused or answer between blocks, and so that only what the memory plan
 * keeps stays from one to the next.
 */
import type { Device } from '../ggml/device.ts'
import { Graph } from '../ggml/graph.ts'
import type { Tensor } from '../ggml/storage.ts'
import { TYPE, type TypeNumber } from '../ggml/types.ts'
import type { GgufFile } from '../gguf/read.ts'
import type { TokenExample } from '../trainer/types.ts'
import type { Adapter, AdapterSpec, Start } from './adapter.ts'
import { ALIGN, outputOf, PACK_MULTIPLE, type Pack, pack, readRows } from './batch.ts'
import { type BlockContext, blockBackward, blockForward, seenByAttention } from './block.ts'
import { FrozenLora, type FrozenPair } from './frozen-lora.ts'
import { HeadPass, LOSS_SCALE } from './head-pass.ts'
import { type Hyperparameters, type LayerShape, readHyperparameters } from './hyperparameters.ts'
import { Lora, type LoraSpec, type PairValues, pairsOf } from './lora.ts'
import { openAdapter } from './open-adapter.ts'
import { PromptTuning } from './prompt-tuning.ts'
import { loadWeights, plainForms, type WeightForms, type Weights } from './weights.ts'
import { Workspace } from './workspace.ts'

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
  /** Called between blocks, and between the head's parts; may throw to abandon the pass. */
  between?: () => Promise<void>
}

/** Nodes of a block's graph at most, by rows of a pack: attention and LoRA's gradients go some rows at a time. */
const graphNodes = (capacity: number): number => Math.max(16_384, 2 * capacity)

export class Engine implements Disposable {
  readonly h: Hyperparameters
  readonly adapter: Adapter | null
  readonly #under: FrozenLora | null
  readonly #weights: Weights
  readonly #work: Workspace
  readonly #graph: Graph
  readonly #head: HeadPass
  /** Blocks whose forward results are kept; those from here on are computed again. */
  readonly #kept: number
  readonly #productType: TypeNumber
  readonly #dry: boolean

  constructor(device: Device, gguf: GgufFile, options: EngineOptions) {
    if (options.capacity % ALIGN !== 0)
      throw new Error(`capacity must be a multiple of ${ALIGN}, not ${options.capacity}`)
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

    this.#productType = options.productType ?? (forms.blocks.type === TYPE.F32 ? TYPE.F32 : TYPE.BF16)
    this.#work = new Workspace(device, h, {
      capacity,
      kept: this.#kept,
      adapter: this.adapter,
      dropout: options.dropout ?? 0,
    })
    this.#graph = new Graph(device, graphNodes(capacity))
    this.#head = new HeadPass(device, h, this.#weights, this.#work)
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
    const graphs = this.#graph.bytes + this.#head.bytes
    const adapters = (this.adapter?.bytes ?? 0) + (this.#under?.bytes ?? 0)
    return this.#weights.bytes + adapters + this.#work.storage.bytes + graphs
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
  async trainPack(batch: Pack, options: PassOptions = {}): Promise<number> {
    const { adapter } = this
    const { dx, storage } = this.#work
    if (!adapter || !dx) throw new Error('an engine without an adapter cannot train')
    await this.#forward(batch, options)
    storage.zero(dx[0])
    const loss = await this.#head.loss(outputOf(batch), dx[0], options.between)
    let from = 0
    for (let i = this.h.blocks - 1; i >= 0; i--) {
      await options.between?.()
      if (i >= this.#kept) this.#runForward(batch, i, options)
      const target = i > 0 || adapter.prefix > 0 ? (dx[1 - from] as Tensor) : null
      this.#graph.reset()
      const context = this.#context(batch, options, i)
      const view = (a: Tensor, rows = context.rows): Tensor => this.#graph.view(a, [a.ne[0], rows])
      blockBackward(context, view(this.#work.x(i)), view(dx[from] as Tensor, context.read?.ne[0]), target)
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
    return this.#head.loss(outputOf(batch), null, options.between)
  }

  /** Next-token logits after the positions listed, for one text of at most `capacity` tokens. */
  async logits(tokens: Int32Array, positions: readonly number[]): Promise<Float32Array[]> {
    const longer = new Int32Array(tokens.length + 1)
    longer.set(tokens)
    const prefix = this.prefix
    const text = pack([{ tokens: longer, answerFrom: tokens.length } satisfies TokenExample], prefix)
    const rows = Int32Array.from(positions, (position) => position + prefix)
    const batch = { ...text, rows, targets: rows.map(() => 0) }
    await this.#forward(batch, {})
    return this.#head.logits(outputOf(batch))
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
    const front = (a: Tensor): Float32Array => this.#work.storage.get(a).slice(0, kv * this.prefix)
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
    const { storage, inputs, capacity } = this.#work
    const out = new Float32Array(ids.length * this.h.width)
    for (let from = 0; from < ids.length; from += capacity) {
      const part = ids.subarray(from, from + capacity)
      storage.set(inputs.tokens, part)
      this.#graph.reset()
      const rows = this.#graph.output(this.#embedded(part.length))
      this.#graph.compute()
      out.set(storage.get(rows), from * this.h.width)
    }
    return out
  }

  /** Of the first `n` tokens that were put in. */
  #embedded(n: number): Tensor {
    const rows = this.#graph.getRows(this.#weights.embedding, this.#graph.view(this.#work.inputs.tokens, [n]))
    const scale = this.h.embeddingScale
    return scale === 1 ? rows : this.#graph.scale(rows, scale)
  }

  /** @param after called when a block's results lie in its places */
  async #forward(batch: Pack, options: PassOptions, after?: (block: number) => void): Promise<void> {
    this.#check(batch)
    const { storage, inputs, dropout } = this.#work
    const first = this.#work.x(0)
    storage.set(inputs.tokens, batch.tokens)
    storage.set(inputs.positions, batch.positions)
    const read = readRows(batch)
    if (read) storage.set(inputs.read, read)
    if (options.dropoutSeed && !this.#dry) dropout.deal(options.dropoutSeed)
    this.#graph.reset()
    this.#graph.into(this.#embedded(batch.tokens.length), storage, first)
    if (this.adapter instanceof PromptTuning) this.adapter.lay(this.#graph, first, batch.segments)
    this.#graph.compute()
    for (let i = 0; i < this.h.blocks; i++) {
      await options.between?.()
      this.#runForward(batch, i, options)
      after?.(i)
    }
  }

  #runForward(batch: Pack, i: number, options: PassOptions): void {
    this.#graph.reset()
    const x = this.#work.x(i)
    blockForward(
      this.#context(batch, options, i),
      this.#graph.view(x, [x.ne[0], batch.tokens.length]),
      this.#work.x(i + 1),
    )
    this.#graph.compute()
  }

  #check(batch: Pack): void {
    const { capacity } = this.#work
    if (batch.tokens.length > capacity) {
      throw new Error(`a pack of ${batch.tokens.length} rows is larger than the capacity of ${capacity}`)
    }
    const wrong = batch.tokens.find((token) => token < 0 || token >= this.h.vocabulary)
    if (wrong !== undefined) throw new Error(`token ${wrong} is not in the vocabulary of ${this.h.vocabulary}`)
  }

  #context(batch: Pack, options: PassOptions, index: number): BlockContext {
    const { h } = this
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
    this.adapter?.[Symbol.dispose]()
    this.#under?.[Symbol.dispose]()
    this.#weights[Symbol.dispose]()
  }
}
