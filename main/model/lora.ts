/**
 * The trained part: for each chosen matrix W a pair A [in, rank], B [rank, out], so that y = W x + s B (A x) with
 * s = alpha / rank (Hu et al., LoRA, arXiv 2106.09685), and the pair's gradients, summed until they are taken.
 *
 * On the device the rank is padded with zeros to a multiple of 16, because F32 products run fast only there; padding
 * has zero gradient and never leaves this file. B's gradient is held transposed, [out, rank], for the same reason.
 */
import { IdiolectError } from '../errors.ts'
import type { Device } from '../ggml/device.ts'
import { Storage, type Tensor } from '../ggml/storage.ts'
import { TYPE } from '../ggml/types.ts'
import { type Hyperparameters, MATRIX_NAMES, type MatrixName, matrices, matrixTensor } from './hyperparameters.ts'

export interface LoraSpec {
  rank: number
  alpha: number
  targets: MatrixName[]
}

export interface LoraPair {
  readonly block: number
  readonly matrix: MatrixName
  /** Name of W in the base's file. */
  readonly tensor: string
  readonly inputs: number
  readonly outputs: number
  readonly a: Tensor
  readonly b: Tensor
  readonly gradA: Tensor
  readonly gradB: Tensor
}

/** Numbers of one pair in llama.cpp's layout: `a` rank rows of `inputs`, `b` `outputs` rows of `rank`. */
export interface PairValues {
  a: Float32Array
  b: Float32Array
}

export const RANK_MULTIPLE = 16

/** @throws IdiolectError `BadOption` naming the wrong target, with the list of those there are; `all` means every one */
export function parseTargets(names: readonly string[]): MatrixName[] {
  if (names.includes('all')) return [...MATRIX_NAMES]
  for (const name of names) {
    if (!(MATRIX_NAMES as readonly string[]).includes(name)) {
      throw new IdiolectError(
        'BadOption',
        `${JSON.stringify(name)} is no target`,
        `Targets are ${MATRIX_NAMES.join(', ')}, or all.`,
      )
    }
  }
  return MATRIX_NAMES.filter((name) => names.includes(name))
}

export class Lora implements Disposable {
  readonly spec: LoraSpec
  readonly pairs: LoraPair[] = []
  readonly scale: number
  readonly #storage: Storage
  readonly #padded: number

  constructor(device: Device, h: Hyperparameters, spec: LoraSpec) {
    this.spec = spec
    this.scale = spec.alpha / spec.rank
    this.#padded = Math.ceil(spec.rank / RANK_MULTIPLE) * RANK_MULTIPLE
    this.#storage = new Storage(device, device.buffers, h.blocks * spec.targets.length * 4)
    const shapes = matrices(h)
    const padded = this.#padded
    for (let block = 0; block < h.blocks; block++) {
      for (const matrix of spec.targets) {
        const [inputs, outputs] = shapes[matrix].shape
        const tensor = (ne: [number, number]): Tensor => this.#storage.tensor(TYPE.F32, ne)
        this.pairs.push({
          block,
          matrix,
          tensor: matrixTensor(h, block, matrix),
          inputs,
          outputs,
          a: tensor([inputs, padded]),
          b: tensor([padded, outputs]),
          gradA: tensor([inputs, padded]),
          gradB: tensor([outputs, padded]),
        })
      }
    }
    this.#storage.allocate()
    for (const pair of this.pairs) {
      this.#storage.zero(pair.a)
      this.#storage.zero(pair.b)
    }
    this.clearGradients()
  }

  get bytes(): number {
    return this.#storage.bytes
  }

  pair(block: number, matrix: MatrixName): LoraPair | null {
    const at = this.spec.targets.indexOf(matrix)
    return at < 0 ? null : (this.pairs[block * this.spec.targets.length + at] as LoraPair)
  }

  clearGradients(): void {
    for (const pair of this.pairs) {
      this.#storage.zero(pair.gradA)
      this.#storage.zero(pair.gradB)
    }
  }

  write(pair: LoraPair, { a, b }: PairValues): void {
    const { rank } = this.spec
    const padded = this.#padded
    const wideA = new Float32Array(pair.inputs * padded)
    wideA.set(a)
    const wideB = new Float32Array(padded * pair.outputs)
    for (let row = 0; row < pair.outputs; row++) wideB.set(b.subarray(row * rank, (row + 1) * rank), row * padded)
    this.#storage.set(pair.a, wideA)
    this.#storage.set(pair.b, wideB)
  }

  /** The gradient summed so far, times `factor`, in the layout of `PairValues`. */
  gradient(pair: LoraPair, factor: number): PairValues {
    const { rank } = this.spec
    const a = this.#storage.get(pair.gradA).slice(0, pair.inputs * rank)
    const wide = this.#storage.get(pair.gradB)
    const b = new Float32Array(pair.outputs * rank)
    for (let row = 0; row < pair.outputs; row++) {
      for (let r = 0; r < rank; r++) b[row * rank + r] = (wide[r * pair.outputs + row] as number) * factor
    }
    for (let i = 0; i < a.length; i++) a[i] = (a[i] as number) * factor
    return { a, b }
  }

  [Symbol.dispose](): void {
    this.#storage[Symbol.dispose]()
  }
}
