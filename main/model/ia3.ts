/**
 * (IA)3 (Liu et al., Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper, arXiv 2205.05638): learned factors
 * l_k, l_v and l_ff over the outputs of W_k, W_v and W_up of every block, ones at first. l_ff is the paper's factor on
 * the inner activations: silu(gate) ⊙ (l ⊙ up) is l ⊙ (silu(gate) ⊙ up).
 *
 * Exact in training: gradients are those of the factors themselves. A factor scales W x before a bias is added, where
 * the architecture has one (PEFT scales after it). For generation the factors are merged into the base's own rows: see
 * `main/adapters/merge.ts`, which says what that rounds.
 */
import { FACTORS_END } from '../adapters/array-voice.ts'
import type { Device } from '../ggml/device.ts'
import { Storage, type Tensor } from '../ggml/storage.ts'
import { TYPE } from '../ggml/types.ts'
import { seeded } from '../random.ts'
import type { Adapter, AdapterTensor, Start } from './adapter.ts'
import type { Hyperparameters } from './hyperparameters.ts'
import type { Scale } from './scale.ts'
import { type MatrixName, matrixShape, matrixTensor } from './tensors.ts'

export interface Ia3Spec {
  kind: 'ia3'
}

/** What (IA)3 scales, as users name it. */
export const IA3_TARGETS = ['k', 'v', 'up'] as const

/** The same as a file holds it, with the first row that is scaled: rows of q or of the gate, where one tensor holds several. */
function scaledMatrices(h: Hyperparameters): { matrix: MatrixName; from: number }[] {
  const attention = h.fused.qkv
    ? [{ matrix: 'qkv' as const, from: h.heads * h.headSize }]
    : [
        { matrix: 'k' as const, from: 0 },
        { matrix: 'v' as const, from: 0 },
      ]
  return [...attention, h.fused.gateUp ? { matrix: 'gate_up', from: h.ff } : { matrix: 'up', from: 0 }]
}

interface Vector extends Scale {
  readonly block: number
  readonly matrix: MatrixName
  readonly outputs: number
  /** The rows before it keep the factor 1. */
  readonly from: number
}

export class Ia3 implements Adapter {
  readonly kind = 'ia3'
  readonly prefix = 0
  readonly tensors: readonly AdapterTensor[]
  readonly #vectors: Vector[] = []
  readonly #storage: Storage
  readonly beside: () => Ia3

  /**
   * @param capacity most rows of a pack
   * @param numbersOf whose factors these are; its own when left out
   */
  constructor(device: Device, h: Hyperparameters, capacity: number, numbersOf: Ia3 | null = null) {
    this.beside = () => new Ia3(device, h, capacity, this)
    this.#storage = new Storage(device, device.buffers, h.blocks * scaledMatrices(h).length * 2 + 1)
    const floats = (n: number): Tensor => this.#storage.tensor(TYPE.F32, [n])
    const ones = floats(capacity)
    for (let block = 0; block < h.blocks; block++) {
      for (const { matrix, from } of scaledMatrices(h)) {
        const [, outputs] = matrixShape(h, matrix).shape
        this.#vectors.push({
          kind: 'scale',
          block,
          matrix,
          from,
          outputs,
          tensor: matrixTensor(h, block, matrix),
          factor: numbersOf?.on(block, matrix)?.factor ?? floats(outputs),
          gradient: floats(outputs),
          ones,
        })
      }
    }
    this.tensors = this.#vectors.map(({ tensor, outputs }) => ({ name: tensor + FACTORS_END, shape: [outputs] }))
    this.#storage.allocate()
    this.#storage.set(ones, new Float32Array(capacity).fill(1))
    for (const { gradient } of this.#vectors) this.#storage.zero(gradient)
    if (!numbersOf) this.put(this.#vectors.map(({ outputs }) => new Float32Array(outputs).fill(1)))
  }

  get bytes(): number {
    return this.#storage.bytes
  }

  on(block: number, matrix: string): Scale | null {
    return this.#vectors.find((vector) => vector.block === block && vector.matrix === matrix) ?? null
  }

  unit(): number {
    return 1
  }

  initial({ seed, disturbed }: Start): Float32Array[] {
    return this.#vectors.map(({ tensor, outputs, from }) => {
      const values = new Float32Array(outputs).fill(1)
      const random = seeded(`${seed}/init/${tensor}`)
      if (disturbed) for (let i = from; i < outputs; i++) values[i] = 0.75 + random.next() / 2
      return values
    })
  }

  put(values: readonly Float32Array[]): void {
    this.#vectors.forEach(({ factor }, i) => {
      this.#storage.set(factor, values[i] as Float32Array)
    })
  }

  takeGradients(factor: number): Float32Array[] {
    return this.#vectors.map(({ gradient, from }) => {
      const values = this.#storage.get(gradient)
      for (let i = 0; i < values.length; i++) values[i] = i < from ? 0 : (values[i] as number) * factor
      this.#storage.zero(gradient)
      return values
    })
  }

  [Symbol.dispose](): void {
    this.#storage[Symbol.dispose]()
  }
}
