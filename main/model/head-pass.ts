/** The head over a whole pack: its supervised rows some at a time, each time in one graph of its own. */
import { IdiolectError } from '../errors.ts'
import type { Device } from '../ggml/device.ts'
import { Graph } from '../ggml/graph.ts'
import { elements, type Tensor } from '../ggml/storage.ts'
import type { Output } from './batch.ts'
import { HEAD_ROWS, type HeadContext, headLogits, headLoss } from './head.ts'
import type { Hyperparameters } from './hyperparameters.ts'
import { productNodes } from './matrix.ts'
import type { Weights } from './weights.ts'
import type { Workspace } from './workspace.ts'

/** Gradients carry this factor on the device (see `head.ts`); `Engine.takeGradients` divides it out. */
export const LOSS_SCALE = 64
/** Nodes of the head's graph beside those of its products. */
const OTHER_NODES = 128

export class HeadPass implements Disposable {
  readonly #graph: Graph
  readonly #h: Hyperparameters
  readonly #weights: Weights
  readonly #work: Workspace

  constructor(device: Device, h: Hyperparameters, weights: Weights, work: Workspace) {
    this.#graph = new Graph(device, OTHER_NODES + 2 * productNodes(weights.head))
    this.#h = h
    this.#weights = weights
    this.#work = work
  }

  /** Held for intermediate results. */
  get bytes(): number {
    return this.#graph.bytes
  }

  /**
   * The negative log-likelihoods of a pack's supervised tokens, summed, nats. The last block's output must lie in its place.
   * @param dx zeroed; gets the loss's gradient, times LOSS_SCALE
   * @param between awaited before each part: over a large vocabulary one takes as long as several blocks
   * @throws IdiolectError `NotANumber`
   */
  async loss(
    { rows: supervised, targets: all, length }: Output,
    dx: Tensor | null,
    between?: () => Promise<void>,
  ): Promise<number> {
    const { storage, inputs } = this.#work
    const { vocabulary, width } = this.#h
    let loss = 0
    for (let from = 0; from < supervised.length; from += HEAD_ROWS) {
      await between?.()
      const rows = supervised.slice(from, from + HEAD_ROWS)
      const targets = all.slice(from, from + HEAD_ROWS)
      storage.set(inputs.rows, rows)
      storage.set(inputs.targets, targets)
      storage.set(
        inputs.at,
        targets.map((target, i) => i * vocabulary + target),
      )
      const g = this.#graph
      g.reset()
      const first = (a: Tensor): Tensor => g.view(a, [rows.length])
      const probability = headLoss(
        this.#context(),
        this.#output(length),
        { rows: first(inputs.rows), targets: first(inputs.targets), at: first(inputs.at) },
        dx ? { dx: g.view(dx, [width, length]), lossScale: LOSS_SCALE } : null,
      )
      await g.computeAside()
      for (const p of storage.get(probability)) loss -= Math.log(Math.max(p, 1e-37))
    }
    if (!Number.isFinite(loss)) {
      throw new IdiolectError('NotANumber', `the loss of a pack came out as ${loss}`, 'Try a smaller learning rate.')
    }
    return loss
  }

  /** Next-token logits [vocabulary] of each of the rows. */
  logits({ rows, length }: Pick<Output, 'rows' | 'length'>): Float32Array[] {
    const { storage, inputs } = this.#work
    const { vocabulary } = this.#h
    const out: Float32Array[] = []
    for (let from = 0; from < rows.length; from += HEAD_ROWS) {
      const some = rows.slice(from, from + HEAD_ROWS)
      const g = this.#graph
      g.reset()
      storage.set(inputs.rows, some)
      const result = g.output(headLogits(this.#context(), this.#output(length), g.view(inputs.rows, [some.length])))
      g.compute()
      const all = storage.get(result, new Float32Array(elements(result)))
      for (const i of some.keys()) out.push(all.slice(i * vocabulary, (i + 1) * vocabulary))
    }
    return out
  }

  #output(length: number): Tensor {
    return this.#graph.view(this.#work.x(this.#h.blocks), [this.#h.width, length])
  }

  #context(): HeadContext {
    const { eps, logitCap } = this.#h
    return { graph: this.#graph, storage: this.#work.storage, weights: this.#weights, eps, logitCap }
  }

  [Symbol.dispose](): void {
    this.#graph[Symbol.dispose]()
  }
}
