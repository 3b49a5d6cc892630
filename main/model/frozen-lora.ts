/**
 * A LoRA below the trained adapter, itself not trained: the task adapter of OPPU's first stage (arXiv 2402.04401, section
 * 3.2), laid over the base's weights instead of merged into them. To whatever is trained above it a matrix is
 * W + s_t B_t A_t: it changes the forward product and the gradient of the input, and has no gradients of its own.
 *
 * Knows nothing of the trained adapter: each matrix has the one, the other, both or neither.
 */
import { IdiolectError } from '../errors.ts'
import type { Device } from '../ggml/device.ts'
import { Storage, type Tensor } from '../ggml/storage.ts'
import { TYPE } from '../ggml/types.ts'
import type { Hyperparameters } from './hyperparameters.ts'
import { type PairValues, paddedPair, paddedRank } from './lora.ts'
import type { LowRankPair } from './low-rank.ts'
import { type MatrixName, matrices, matrixTensor } from './tensors.ts'

/** One pair, as a voice file has it. */
export interface FrozenPair {
  /** Name of W in the base's file. */
  readonly tensor: string
  readonly inputs: number
  readonly outputs: number
  readonly rank: number
  /** s_t. */
  readonly scale: number
  /** Reads the numbers: called once, and not at all for a forecast of memory. */
  values(): PairValues
}

export class FrozenLora implements Disposable {
  readonly #storage: Storage
  readonly #changes = new Map<string, LowRankPair>()

  /** @throws IdiolectError `NotCarried` for a pair on anything but a block's matrix */
  constructor(device: Device, h: Hyperparameters, pairs: readonly FrozenPair[]) {
    const keys = keysByTensor(h)
    this.#storage = new Storage(device, device.buffers, pairs.length * 2)
    const tensor = (ne: [number, number]): Tensor => this.#storage.tensor(TYPE.F32, ne)
    const placed = pairs.map((pair) => {
      const key = keys.get(pair.tensor)
      if (key === undefined) {
        throw new IdiolectError(
          'NotCarried',
          `the task adapter changes ${pair.tensor}, over which nothing can be trained`,
          'Merge it into the base, or take one that changes matrices of blocks alone.',
        )
      }
      const { inputs, outputs } = pair
      const padded = paddedRank(pair.rank)
      const change = { a: tensor([inputs, padded]), b: tensor([outputs, padded]) }
      this.#changes.set(key, change)
      return { pair, change }
    })
    this.#storage.allocate()
    if (device.dry) return
    for (const { pair, change } of placed) {
      const { a, b } = paddedPair(pair.values(), pair)
      this.#storage.set(change.a, a)
      this.#storage.set(change.b, b)
    }
  }

  /** Bytes on the device. */
  get bytes(): number {
    return this.#storage.bytes
  }

  /** What it adds to a block's matrix, or null. */
  on(block: number, matrix: MatrixName): LowRankPair | null {
    return this.#changes.get(keyOf(block, matrix)) ?? null
  }

  [Symbol.dispose](): void {
    this.#storage[Symbol.dispose]()
  }
}

const keyOf = (block: number, matrix: MatrixName): string => `${block}/${matrix}`

function keysByTensor(h: Hyperparameters): Map<string, string> {
  const names = Object.keys(matrices(h)) as MatrixName[]
  const blocks = Array.from({ length: h.blocks }, (_, block) => block)
  return new Map(
    blocks.flatMap((block) => names.map((name) => [matrixTensor(h, block, name), keyOf(block, name)] as const)),
  )
}
