/**
 * The trained part: for each chosen matrix W a pair A [in, rank], B [rank, out], so that y = W x + s B (A x) with
 * s = alpha / rank (Hu et al., LoRA, arXiv 2106.09685) or alpha / √rank, and the pair's gradients, summed until they are taken.
 *
 * On the device the rank is padded with zeros to a multiple of 8, because F32 products run fast only there; padding has
 * zero gradient and never leaves this file. B is held transposed, [out, rank], as A is [in, rank]: every product with a
 * pair is then one of long rows (see `widened` and `summed`). And it is held times s, so that none needs scaling.
 */
import { IdiolectError } from '../errors.ts'
import type { Device } from '../ggml/device.ts'
import { Storage, type Tensor } from '../ggml/storage.ts'
import { TYPE } from '../ggml/types.ts'
import { seeded } from '../random.ts'
import type { Adapter, AdapterTensor, Start } from './adapter.ts'
import type { Hyperparameters } from './hyperparameters.ts'
import type { LowRankPair } from './low-rank.ts'
import { type MatrixName, matrixOf, matrixShape, matrixTensor, TARGET_NAMES, type TargetName } from './tensors.ts'

export interface LoraSpec {
  rank: number
  alpha: number
  /** s = alpha / √rank, so that a higher rank learns as fast (Kalajdzievski, rsLoRA, arXiv 2312.03732). */
  rslora?: boolean
  targets: TargetName[]
}

export interface LoraPair extends LowRankPair {
  readonly kind: 'lora'
  readonly block: number
  readonly matrix: MatrixName
  /** Name of W in the base's file. */
  readonly tensor: string
  readonly inputs: number
  readonly outputs: number
  /** s of the formula above. */
  readonly scale: number
  readonly gradA: Tensor
  readonly gradB: Tensor
}

/** Numbers of one pair in llama.cpp's layout: `a` rank rows of `inputs`, `b` `outputs` rows of `rank`. */
export interface PairValues {
  a: Float32Array
  b: Float32Array
}

const RANK_MULTIPLE = 8

/** The rank that a pair has on the device. */
export function paddedRank(rank: number): number {
  return Math.ceil(rank / RANK_MULTIPLE) * RANK_MULTIPLE
}

/** A pair as it is held on the device: padded with zeros, B transposed and times s. */
export function paddedPair(
  { a, b }: PairValues,
  { inputs, outputs, rank, scale }: { inputs: number; outputs: number; rank: number; scale: number },
): PairValues {
  const padded = paddedRank(rank)
  const wide = { a: new Float32Array(inputs * padded), b: new Float32Array(padded * outputs) }
  wide.a.set(a)
  for (let row = 0; row < outputs; row++) {
    for (let r = 0; r < rank; r++) wide.b[r * outputs + row] = scale * (b[row * rank + r] as number)
  }
  return wide
}

/** @throws IdiolectError `BadOption` naming the wrong target, with the list of those there are; `all` means every one */
export function parseTargets(names: readonly string[]): TargetName[] {
  if (names.includes('all')) return [...TARGET_NAMES]
  for (const name of names) {
    if (!(TARGET_NAMES as readonly string[]).includes(name)) {
      throw new IdiolectError(
        'BadOption',
        `${JSON.stringify(name)} is no target`,
        `Targets are ${TARGET_NAMES.join(', ')}, or all.`,
      )
    }
  }
  return TARGET_NAMES.filter((name) => names.includes(name))
}

/** s in y = W x + s B (A x). */
export function loraScale({ rank, alpha, rslora }: Pick<LoraSpec, 'rank' | 'alpha' | 'rslora'>): number {
  return alpha / (rslora ? Math.sqrt(rank) : rank)
}

export class Lora implements Adapter {
  readonly kind = 'lora'
  readonly prefix = 0
  readonly spec: LoraSpec
  readonly pairs: LoraPair[] = []
  readonly scale: number
  readonly #storage: Storage
  readonly #matrices: MatrixName[]
  readonly beside: () => Lora

  /** @param numbersOf whose A and B these are; its own when left out */
  constructor(device: Device, h: Hyperparameters, spec: LoraSpec, numbersOf: Lora | null = null) {
    this.beside = () => new Lora(device, h, spec, this)
    this.spec = spec
    this.scale = loraScale(spec)
    const padded = paddedRank(spec.rank)
    this.#storage = new Storage(device, device.buffers, h.blocks * spec.targets.length * 4)
    // Targets that are rows of one tensor are trained as one: llama.cpp knows no LoRA on a part of a tensor.
    this.#matrices = [...new Set(spec.targets.map((target) => matrixOf(h, target)))]
    for (let block = 0; block < h.blocks; block++) {
      for (const matrix of this.#matrices) {
        const [inputs, outputs] = matrixShape(h, matrix).shape
        const tensor = (ne: [number, number]): Tensor => this.#storage.tensor(TYPE.F32, ne)
        const shared = numbersOf?.pair(block, matrix)
        this.pairs.push({
          kind: 'lora',
          block,
          matrix,
          tensor: matrixTensor(h, block, matrix),
          inputs,
          outputs,
          scale: this.scale,
          a: shared?.a ?? tensor([inputs, padded]),
          b: shared?.b ?? tensor([outputs, padded]),
          gradA: tensor([inputs, padded]),
          gradB: tensor([outputs, padded]),
        })
      }
    }
    this.#storage.allocate()
    for (const pair of numbersOf ? [] : this.pairs) {
      this.#storage.zero(pair.a)
      this.#storage.zero(pair.b)
    }
    this.clearGradients()
  }

  get bytes(): number {
    return this.#storage.bytes
  }

  pair(block: number, matrix: MatrixName): LoraPair | null {
    const at = this.#matrices.indexOf(matrix)
    return at < 0 ? null : (this.pairs[block * this.#matrices.length + at] as LoraPair)
  }

  on(block: number, matrix: string): LoraPair | null {
    return this.pair(block, matrix as MatrixName)
  }

  unit(): number {
    return 1
  }

  get tensors(): AdapterTensor[] {
    const { rank } = this.spec
    return this.pairs.flatMap(({ tensor, inputs, outputs }) => [
      { name: `${tensor}.lora_a`, shape: [inputs, rank] },
      { name: `${tensor}.lora_b`, shape: [rank, outputs] },
    ])
  }

  /** A uniform in ±1/√inputs, B zero (the usual start, Kaiming uniform with a = √5), so that training begins at the base. */
  initial({ seed, disturbed }: Start): Float32Array[] {
    return this.pairs.flatMap((pair) => {
      const random = seeded(`${seed}/init/${pair.tensor}`)
      const bound = 1 / Math.sqrt(pair.inputs)
      const a = new Float32Array(pair.inputs * this.spec.rank)
      for (let i = 0; i < a.length; i++) a[i] = (2 * random.next() - 1) * bound
      const b = new Float32Array(pair.outputs * this.spec.rank)
      if (disturbed) for (let i = 0; i < b.length; i++) b[i] = (2 * random.next() - 1) * 0.01
      return [a, b]
    })
  }

  /** A, B, A, B, … */
  put(values: readonly Float32Array[]): void {
    pairsOf(values).forEach((value, i) => {
      this.write(this.pairs[i] as LoraPair, value)
    })
  }

  takeGradients(factor: number): Float32Array[] {
    const gradients = this.pairs.flatMap((pair) => {
      const { a, b } = this.gradient(pair, factor)
      return [a, b]
    })
    this.clearGradients()
    return gradients
  }

  clearGradients(): void {
    for (const pair of this.pairs) {
      this.#storage.zero(pair.gradA)
      this.#storage.zero(pair.gradB)
    }
  }

  write(pair: LoraPair, values: PairValues): void {
    const wide = paddedPair(values, { ...pair, rank: this.spec.rank })
    this.#storage.set(pair.a, wide.a)
    this.#storage.set(pair.b, wide.b)
  }

  /** The gradient summed so far, times `factor`, in the layout of `PairValues`. */
  gradient(pair: LoraPair, factor: number): PairValues {
    const { rank } = this.spec
    const a = this.#storage.get(pair.gradA).slice(0, pair.inputs * rank)
    const wide = this.#storage.get(pair.gradB)
    const b = new Float32Array(pair.outputs * rank)
    for (let row = 0; row < pair.outputs; row++) {
      for (let r = 0; r < rank; r++) b[row * rank + r] = (wide[r * pair.outputs + row] as number) * factor * pair.scale
    }
    for (let i = 0; i < a.length; i++) a[i] = (a[i] as number) * factor
    return { a, b }
  }

  [Symbol.dispose](): void {
    this.#storage[Symbol.dispose]()
  }
}

/** A, B, A, B, … as pairs. */
export function pairsOf(values: readonly Float32Array[]): PairValues[] {
  return Array.from({ length: values.length / 2 }, (_, i) => ({
    a: values[2 * i] as Float32Array,
    b: values[2 * i + 1] as Float32Array,
  }))
}
