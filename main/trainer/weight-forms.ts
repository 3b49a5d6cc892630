/**
 * In which form a base's matrices are multiplied fastest on this device, found by measuring for a moment. Candidates are
 * types that lose next to nothing of the file's numbers, in plain memory or in a kind of buffer with a layout of its own
 * (AMX, repacked). Four bits for transposed copies would be a twelfth faster still, and turn the gradient by 15 degrees;
 * the file's own blocks forward round activations otherwise than converted ones do, no less (docs/notebook.md).
 */
import { existsSync, readFileSync } from 'node:fs'
import { writeJson } from '../atomic.ts'
import type { Device } from '../ggml/device.ts'
import { Graph } from '../ggml/graph.ts'
import { Storage } from '../ggml/storage.ts'
import { TYPE, type TypeName } from '../ggml/types.ts'
import type { GgufFile } from '../gguf/read.ts'
import type { Hyperparameters } from '../model/hyperparameters.ts'
import { uniformForms, type WeightForms } from '../model/weights.ts'

/** One candidate and its speed, in 10⁹ operations a second. */
export interface MeasuredForm {
  type: TypeName
  /** Kind of buffer; null: plain memory. */
  buffers: string | null
  gflops: number
}

export interface FormChoice {
  type: TypeName
  /** Kind of buffer of the blocks' matrices. */
  buffers: string | null
  /** Type of one side of attention's products; see `EngineOptions.productType`. */
  productType: TypeName
  measured: MeasuredForm[]
}

type Widths = Pick<Hyperparameters, 'width' | 'ff'>

const CANDIDATES: readonly TypeName[] = ['Q8_0', 'BF16', 'F16']
/** A form must be so much faster than plain Q8_0, which takes half the memory of 16 bits and can be read back. */
const WORTH = 1.1
const ROWS = 256

/** Measures candidates on a product of the base's shape, and F32 for products of results; a second or two. */
export function measureForms(device: Device, h: Widths): MeasuredForm[] {
  const measured: MeasuredForm[] = []
  for (const type of [...CANDIDATES, 'F32'] as const) {
    const laidOut = type === 'F32' ? [] : [...device.extraBuffers.keys()]
    for (const buffers of [null, ...laidOut]) {
      const gflops = speed(device, type, buffers, h.width, h.ff)
      if (gflops !== null) measured.push({ type, buffers, gflops })
    }
  }
  return measured
}

/** @param own type of the file's matrices: F32 stays F32, since nothing is to be lost where nothing was */
export function chooseForms(device: Device, own: TypeName, measured: MeasuredForm[]): FormChoice {
  if (own === 'F32') return { type: 'F32', buffers: null, productType: 'F32', measured }
  const plain = (type: TypeName): number => measured.find((m) => m.type === type && m.buffers === null)?.gflops ?? 0
  const faster = measured.filter((m) => m.type !== 'F32' && m.gflops > plain('Q8_0') * WORTH)
  const { type, buffers } = faster.sort((a, b) => b.gflops - a.gflops)[0] ?? { type: 'Q8_0' as const, buffers: null }
  // A GPU's own graphs stay in F32: not all of them multiply BF16, and conversions would go by way of the CPU.
  const shorter = device.fallback === null && plain('BF16') > plain('F32') * WORTH
  return { type, buffers, productType: shorter ? 'BF16' : 'F32', measured }
}

export function formsOf({ type, buffers }: FormChoice): WeightForms {
  return uniformForms({ type: TYPE[type], buffers })
}

/** Type of a base's matrices, by one that every architecture has; files mix types. */
export function typeOfMatrices(gguf: GgufFile): TypeName {
  return gguf.tensor('blk.0.ffn_down.weight').typeName as TypeName
}

/** What is likely to be chosen, for a forecast that must not take seconds. */
export function usualForms(own: TypeName): FormChoice {
  const exact = own === 'F32'
  return { type: exact ? 'F32' : 'Q8_0', buffers: null, productType: exact ? 'F32' : 'BF16', measured: [] }
}

/** Speed of one [k, m] × [k, 256] product: the best of a few; null where the device has none of this form. */
function speed(device: Device, type: TypeName, buffers: string | null, k: number, m: number): number | null {
  if (k % device.ggml.blockSize(TYPE[type]) !== 0) return null
  using weights = new Storage(device, buffers === null ? device.buffers : device.extraBuffers.get(buffers), 1)
  using storage = new Storage(device, device.buffers, 1)
  const w = weights.tensor(TYPE[type], [k, m])
  const x = storage.tensor(TYPE.F32, [k, ROWS])
  weights.allocate()
  storage.allocate()
  storage.zero(x)
  using graph = new Graph(device, 16)
  const product = graph.mulMat(w, x)
  if (!device.computes(product.ptr)) return null
  // Whole and in the file's layout, as buffers with a layout of their own ask.
  weights.set(w, new Uint8Array(device.ggml.rowSize(TYPE[type], k) * m))
  graph.output(product)
  let best = Number.POSITIVE_INFINITY
  const until = performance.now() + 250
  for (let i = 0; i < 12 && (i < 3 || performance.now() < until); i++) {
    const start = performance.now()
    graph.compute()
    best = Math.min(best, performance.now() - start)
  }
  return (2 * k * m * ROWS) / best / 1e6
}

/** Measurements of this device that an earlier run kept, or fresh ones, kept from now on. @param file null: not kept */
export function measuredForms(device: Device, h: Widths, threads: number, file: string | null): MeasuredForm[] {
  const key = [device.ggml.version(), device.name, device.description, `${threads} threads`, h.width, h.ff].join(' | ')
  const kept = file === null ? {} : readKept(file)
  const known = kept[key]
  if (known) return known
  const measured = measureForms(device, h)
  if (file !== null) writeJson(file, { ...kept, [key]: measured })
  return measured
}

function readKept(file: string): Record<string, MeasuredForm[]> {
  if (!existsSync(file)) return {}
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, MeasuredForm[]>
  } catch {
    // A file that can't be read costs a few seconds of measuring, no more.
    return {}
  }
}
