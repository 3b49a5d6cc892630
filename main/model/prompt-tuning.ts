/**
 * Prompt tuning (Lester et al., The Power of Scale for Parameter-Efficient Prompt Tuning, arXiv 2104.08691): n learned
 * rows in front of every text, where the first block reads its embeddings; nothing else is trained. They begin as the
 * embeddings of tokens out of the run's own texts, which the paper (section 3.2) found better than random numbers.
 *
 * Exact in training. For generation they are carried as what they leave in the attention's cache: each block's keys
 * (after RoPE, at positions 0 … n−1) and values, which depend on nothing that follows. There they are rounded to F16,
 * as llama.cpp rounds every key and value; see `main/inference/prefix.ts`.
 */
import { PROMPT_ROWS } from '../adapters/array-voice.ts'
import type { Device } from '../ggml/device.ts'
import type { Graph } from '../ggml/graph.ts'
import { Storage, type Tensor } from '../ggml/storage.ts'
import { TYPE } from '../ggml/types.ts'
import { seeded } from '../random.ts'
import type { Adapter, AdapterTensor, Start } from './adapter.ts'
import type { Segment } from './batch.ts'

export interface PromptSpec {
  kind: 'prompt'
  /** Virtual tokens. */
  tokens: number
}

/** Tokens that tell how large embeddings are. */
const UNIT_TOKENS = 1024

export class PromptTuning implements Adapter {
  readonly kind = 'prompt'
  readonly prefix: number
  readonly tensors: readonly AdapterTensor[]
  readonly #width: number
  readonly #storage: Storage
  readonly #rows: Tensor
  readonly #gradient: Tensor
  readonly beside: () => PromptTuning

  /**
   * @param width of the residual stream
   * @param numbersOf whose rows these are; its own when left out
   */
  constructor(device: Device, width: number, spec: PromptSpec, numbersOf: PromptTuning | null = null) {
    const { tokens } = spec
    this.beside = () => new PromptTuning(device, width, spec, this)
    this.prefix = tokens
    this.#width = width
    this.tensors = [{ name: PROMPT_ROWS, shape: [width, tokens] }]
    this.#storage = new Storage(device, device.buffers, 2)
    this.#rows = numbersOf ? numbersOf.#rows : this.#storage.tensor(TYPE.F32, [width, tokens])
    this.#gradient = this.#storage.tensor(TYPE.F32, [width, tokens])
    this.#storage.allocate()
    if (!numbersOf) this.#storage.zero(this.#rows)
    this.#storage.zero(this.#gradient)
  }

  get bytes(): number {
    return this.#storage.bytes
  }

  on(): null {
    return null
  }

  /** The root mean square of the embeddings of what the texts are made of: 0.1 in one base, 1 in another. */
  unit({ tokens, embed }: Pick<Start, 'tokens' | 'embed'>): number {
    const rows = embed(Int32Array.from(new Set(tokens())).subarray(0, UNIT_TOKENS))
    let sum = 0
    for (let i = 0; i < rows.length; i++) sum += (rows[i] as number) ** 2
    return rows.length === 0 || sum === 0 ? 1 : Math.sqrt(sum / rows.length)
  }

  /** Tokens are drawn as often as the texts have them, and none twice while others are left. */
  initial({ seed, tokens, embed, disturbed }: Start): Float32Array[] {
    const random = seeded(`${seed}/init/${PROMPT_ROWS}`)
    const all = tokens()
    const known = new Set(all)
    const chosen: number[] = []
    while (chosen.length < this.prefix) {
      const token = all.length === 0 ? chosen.length : (all[random.below(all.length)] as number)
      if (chosen.length < known.size && chosen.includes(token)) continue
      chosen.push(token)
    }
    const values = embed(Int32Array.from(chosen))
    if (disturbed) for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) + random.next() * 0.02
    return [values]
  }

  put(values: readonly Float32Array[]): void {
    this.#storage.set(this.#rows, values[0] as Float32Array)
  }

  takeGradients(factor: number): Float32Array[] {
    const values = this.#storage.get(this.#gradient)
    for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * factor
    this.#storage.zero(this.#gradient)
    return [values]
  }

  /** Copies the learned rows to the front of every segment of x [width, rows]. */
  lay(graph: Graph, x: Tensor, segments: readonly Segment[]): void {
    for (const segment of segments) graph.copy(this.#rows, this.#front(graph, x, segment))
  }

  /** Sums the gradient at the front of every segment of dx [width, rows]. */
  gather(graph: Graph, dx: Tensor, segments: readonly Segment[]): void {
    for (const segment of segments) graph.accumulate(this.#gradient, this.#front(graph, dx, segment))
  }

  #front(graph: Graph, x: Tensor, { start }: Segment): Tensor {
    return graph.view(x, [this.#width, this.prefix], [], start * this.#width * 4)
  }

  [Symbol.dispose](): void {
    this.#storage[Symbol.dispose]()
  }
}
