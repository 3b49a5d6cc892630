/**
 * A base model on a device, with an adapter and maybe a frozen one below it: packs in, losses and summed gradients out.
 * How a pack goes through it is in `lane.ts`; several go at once where there are several lanes.
 */
import type { Device } from '../ggml/device.ts'
import { TYPE, type TypeNumber } from '../ggml/types.ts'
import type { GgufFile } from '../gguf/read.ts'
import type { TokenExample } from '../trainer/types.ts'
import type { Adapter, AdapterSpec, Start } from './adapter.ts'
import { atOnce, type Between } from './at-once.ts'
import { ALIGN, PACK_MULTIPLE, type Pack, pack } from './batch.ts'
import { FrozenLora, type FrozenPair } from './frozen-lora.ts'
import { LOSS_SCALE } from './head-pass.ts'
import { type Hyperparameters, readHyperparameters } from './hyperparameters.ts'
import { Lane, type PassOptions } from './lane.ts'
import { type Lanes, sharedThreads } from './lanes.ts'
import { Lora, type LoraSpec, type PairValues, pairsOf } from './lora.ts'
import { openAdapter } from './open-adapter.ts'
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
  /**
   * Of the CPU: packs that are computed at the same time; not with streamed matrices. By default one, which has the
   * device's threads, as one always has.
   */
  lanes?: Lanes
  /** About how long a graph of several blocks is computed for, seconds; 0: each block has a graph. */
  graphSeconds?: number
  onLoad?: (fraction: number) => void
}

/** A pack, with the seed of its dropout masks. */
export interface PackJob {
  batch: Pack
  dropoutSeed: string | null
}

/** As long as whoever pauses a run may wait, and far longer than it takes to hand a graph to another thread. */
const GRAPH_SECONDS = 0.1

export class Engine implements Disposable {
  readonly h: Hyperparameters
  readonly adapter: Adapter | null
  readonly #under: FrozenLora | null
  readonly #weights: Weights
  readonly #lanes: Lane[]
  /** Each lane's, where there are several. */
  readonly #beside: Device[]
  /** Of all lanes together. */
  readonly #threads: number
  /** Gradients by the lane that they were dealt to, of passes that were dealt to more lanes than there are. */
  readonly #folded = new Map<number, Float32Array[]>()

  constructor(device: Device, gguf: GgufFile, options: EngineOptions) {
    if (options.capacity % ALIGN !== 0)
      throw new Error(`capacity must be a multiple of ${ALIGN}, not ${options.capacity}`)
    const h = readHyperparameters(gguf)
    this.h = h
    const forms = typeof options.weightType === 'number' ? plainForms(options.weightType) : options.weightType
    const { count, threads } = options.lanes ?? { count: 1, threads: 1 }
    if (threads < count) throw new Error(`${count} lanes need as many threads, not ${threads}`)
    if (count > 1 && (forms.streamed?.head || (forms.streamed?.blocks ?? 0) > 0))
      throw new Error('streamed matrices have room for one lane')
    this.#weights = loadWeights(device, gguf, h, forms, options.capacity > h.rope.originalContext, options.onLoad)
    const capacity = Math.ceil(options.capacity / PACK_MULTIPLE) * PACK_MULTIPLE
    const spec = options.adapter ?? (options.lora ? { kind: 'lora' as const, ...options.lora } : null)
    const adapter = spec ? openAdapter(device, h, spec, capacity) : null
    this.adapter = adapter
    this.#under = options.under ? new FrozenLora(device, h, options.under) : null

    this.#threads = threads
    this.#beside = count > 1 ? Array.from({ length: count }, () => device.beside(1)) : []
    const devices = this.#beside.length > 0 ? this.#beside : [device]
    this.#lanes = devices.map(
      (own, i) =>
        new Lane(own, h, this.#weights, {
          capacity,
          kept: adapter ? h.blocks - Math.min(h.blocks, options.recomputed ?? 0) : 0,
          adapter: i === 0 ? adapter : (adapter?.beside() ?? null),
          under: this.#under,
          productType: options.productType ?? (forms.blocks.type === TYPE.F32 ? TYPE.F32 : TYPE.BF16),
          dropout: options.dropout ?? 0,
          graphSeconds: options.graphSeconds ?? GRAPH_SECONDS,
        }),
    )
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
    const own = this.#weights.bytes + (this.#under?.bytes ?? 0)
    return this.#lanes.reduce((sum, lane) => sum + lane.bytes + (lane.adapter?.bytes ?? 0), own)
  }

  /** Bytes on this side, beside the device's. */
  get hostBytes(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.hostBytes, 0)
  }

  /** The first lane, with the threads of all. */
  get #first(): Lane {
    this.#beside[0]?.setThreads(this.#threads)
    return this.#lanes[0] as Lane
  }

  /**
   * One forward and backward pass; gradients are added to the adapter's.
   * @returns sum of the negative log-likelihoods of the pack's supervised tokens, nats
   * @throws IdiolectError `NotANumber` when the loss is NaN or infinite
   */
  trainPack(batch: Pack, options: PassOptions = {}): Promise<number> {
    return this.#first.train(batch, options)
  }

  /** Forward only: the sum as in `trainPack`. */
  measurePack(batch: Pack, options: PassOptions = {}): Promise<number> {
    return this.#first.measure(batch, options)
  }

  /**
   * `trainPack` of each lane's packs, one after another, all lanes at once.
   * @param dealt packs by lane; where that is more lanes than there are, each has several one after another, and gives
   *   the very sums that they would
   * @returns sum of all packs' losses, nats
   * @throws IdiolectError `NotANumber`, `ComputeFailed`, and what `between` throws: then no lane computes any more
   */
  train(dealt: readonly (readonly PackJob[])[], between?: Between): Promise<number> {
    const fold = dealt.length > this.#lanes.length
    const one = async (lane: Lane, job: PackJob, pause: () => Promise<void>): Promise<number> =>
      lane.train(job.batch, { ...job, between: pause })
    return this.#all(dealt, one, between, (lane, i) => {
      if (fold) this.#folded.set(i, addAll(this.#folded.get(i) ?? null, lane.adapter?.takeGradients(1) ?? []))
    })
  }

  /** `measurePack` of each lane's packs, as `train`. */
  measure(dealt: readonly (readonly Pack[])[], between?: Between): Promise<number> {
    return this.#all(dealt, (lane, batch, pause) => lane.measure(batch, { between: pause }), between)
  }

  /** Sums what each pack gave, lane by lane, so that the sum is the same however fast each was. */
  async #all<T>(
    dealt: readonly (readonly T[])[],
    one: (lane: Lane, job: T, pause: () => Promise<void>) => Promise<number>,
    between?: Between,
    onDone?: (lane: Lane, dealtTo: number) => void,
  ): Promise<number> {
    const busy = dealt.filter((jobs) => jobs.length > 0)
    const sums = new Float64Array(busy.length)
    const lanes = this.#lanes.slice(0, busy.length)
    // Who computes has the threads of all.
    const threads = sharedThreads({ count: lanes.length, threads: this.#threads })
    for (const [i, own] of threads.entries()) this.#beside[i]?.setThreads(own)
    await atOnce(
      [...lanes.entries()],
      async ([first, lane], pause) => {
        for (let i = first; i < busy.length; i += lanes.length) {
          for (const job of busy[i] as readonly T[]) sums[i] = (sums[i] as number) + (await one(lane, job, pause))
          onDone?.(lane, i)
        }
      },
      between,
    )
    return sums.reduce((a, b) => a + b, 0)
  }

  /** Next-token logits after the positions listed, for one text of at most `capacity` tokens. */
  logits(tokens: Int32Array, positions: readonly number[]): Promise<Float32Array[]> {
    const longer = new Int32Array(tokens.length + 1)
    longer.set(tokens)
    const prefix = this.prefix
    const text = pack([{ tokens: longer, answerFrom: tokens.length } satisfies TokenExample], prefix)
    const rows = Int32Array.from(positions, (position) => position + prefix)
    return this.#first.logits({ ...text, rows, targets: rows.map(() => 0) })
  }

  /** Every pair's summed gradient, per answer token and with the loss scale divided out; sums begin anew. */
  takeGradient(answerTokens: number): PairValues[] {
    return this.lora ? pairsOf(this.takeGradients(answerTokens)) : []
  }

  /** The same for an adapter of any kind: one array for each of its tensors. */
  takeGradients(answerTokens: number): Float32Array[] {
    const factor = 1 / (LOSS_SCALE * answerTokens)
    let sums: Float32Array[] | null = null
    const folded = [...this.#folded].sort(([a], [b]) => a - b)
    this.#folded.clear()
    for (const [, gradients] of folded) {
      sums = addAll(
        sums,
        gradients.map((gradient) => gradient.map((value) => value * factor)),
      )
    }
    // One lane's after another: at most two of them are on this side.
    for (const { adapter } of this.#lanes) if (adapter) sums = addAll(sums, adapter.takeGradients(factor))
    return sums ?? []
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
    return { tokens: () => allTokens(examples), embed: (ids) => this.#first.embed(ids) }
  }

  /** What the prefix leaves in the attention's cache: each block's keys (after RoPE) and values, `prefix` rows each. */
  prefixCache(): Promise<{ k: Float32Array; v: Float32Array }[]> {
    return this.#first.prefixCache(pack([{ tokens: Int32Array.of(0), answerFrom: 1 }], this.prefix))
  }

  [Symbol.dispose](): void {
    for (const lane of this.#lanes) {
      lane[Symbol.dispose]()
      if (lane.adapter !== this.adapter) lane.adapter?.[Symbol.dispose]()
    }
    for (const device of this.#beside) device.free()
    this.adapter?.[Symbol.dispose]()
    this.#under?.[Symbol.dispose]()
    this.#weights[Symbol.dispose]()
  }
}

/** Adds each array of `more` to that of `sums`, which is given back; `more` itself where there are none yet. */
function addAll(sums: Float32Array[] | null, more: Float32Array[]): Float32Array[] {
  if (sums === null) return more
  for (const [n, sum] of sums.entries()) {
    const other = more[n] as Float32Array
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (other[i] as number)
  }
  return sums
}

function allTokens(examples: readonly TokenExample[]): Int32Array {
  const tokens = new Int32Array(examples.reduce((sum, example) => sum + example.tokens.length, 0))
  let at = 0
  for (const example of examples) {
    tokens.set(example.tokens, at)
    at += example.tokens.length
  }
  return tokens
}
