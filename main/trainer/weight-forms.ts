/**
 * In which form a base's matrices are multiplied fastest on this device, found by measuring for a moment. Candidates are
 * the forms that lose next to nothing of the file's numbers: Q8_0 and 16-bit floats, in plain memory or in a kind of
 * buffer with a layout of its own (AMX, repacked). Four bits for the transposed copies would be a tenth faster still, and
 * turn the gradient by 15 degrees (docs/notebook.md).
 */
import { existsSync, readFileSync } from 'node:fs'
import { writeAtomically } from '../atomic.ts'
import type { Device } from '../ggml/device.ts'
import { Graph } from '../ggml/graph.ts'
import { Storage } from '../ggml/storage.ts'
import { TYPE, type TypeName } from '../ggml/types.ts'
import type { Hyperparameters } from '../model/hyperparameters.ts'
import { plainForms, type WeightForms } from '../model/weights.ts'

/** One candidate and its speed, in 10⁹ operations a second. */
export interface MeasuredForm {
  type: TypeName
  /** Kind of buffer; null: plain memory. */
  buffers: string | null
  gflops: number
}

export interface FormChoice {
  weightType: TypeName
  /** Kind of buffer of the blocks' matrices; plain where missing or null. */
  weightBuffers?: string | null
  /** Type of one side of products between results; see `EngineOptions.productType`. */
  productType?: TypeName
  measured: MeasuredForm[]
}

const CANDIDATES: readonly TypeName[] = ['Q8_0', 'BF16', 'F16']
/** A form must be so much faster than plain Q8_0, which takes half the memory of 16 bits and can be read back. */
const WORTH = 1.1
const ROWS = 256

/** Measures every candidate on a product of the base's shape; some seconds. F32 is measured for products of results. */
export function measureForms(device: Device, h: Hyperparameters): MeasuredForm[] {
  const kinds = [null, ...device.extraBuffers.keys()]
  const measured: MeasuredForm[] = []
  for (const type of [...CANDIDATES, 'F32'] as const) {
    for (const buffers of type === 'F32' ? [null] : kinds) {
      const gflops = speed(device, type, buffers, h.width, h.ff)
      if (gflops !== null) measured.push({ type, buffers, gflops })
    }
  }
  return measured
}

/**
 * @param own type of the file's matrices: F32 stays F32, so that nothing is lost where nothing was
 * @param exact products of results in F32 even where 16 bits are faster
 */
export function chooseForms(device: Device, own: TypeName, measured: MeasuredForm[]): FormChoice {
  if (own === 'F32') return { weightType: 'F32', weightBuffers: null, productType: 'F32', measured }
  const of = (type: TypeName): number => measured.find((m) => m.type === type && m.buffers === null)?.gflops ?? 0
  const plain = of('Q8_0')
  const faster = measured.filter((m) => m.type !== 'F32' && m.gflops > plain * WORTH)
  const best = faster.sort((a, b) => b.gflops - a.gflops)[0] ?? { type: 'Q8_0' as const, buffers: null }
  // A GPU's own graphs stay in F32: not all of them multiply BF16, and conversions would go by way of the CPU.
  const productType = device.fallback === null && of('BF16') > of('F32') * WORTH ? 'BF16' : 'F32'
  return { weightType: best.type, weightBuffers: best.buffers, productType, measured }
}

/** The head stays in plain memory: single rows of it are read. */
export function formsOf({ weightType, weightBuffers }: FormChoice): WeightForms {
  const plain = plainForms(TYPE[weightType])
  const form = { type: TYPE[weightType], buffers: weightBuffers ?? null }
  return { ...plain, blocks: { forward: form, backward: form } }
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
export function measuredForms(
  device: Device,
  h: Hyperparameters,
  threads: number,
  file: string | null,
): MeasuredForm[] {
  const key = [device.ggml.version(), device.name, device.description, `${threads} threads`, h.width, h.ff].join(' | ')
  const kept = file === null ? {} : readKept(file)
  const known = kept[key]
  if (known) return known
  const measured = measureForms(device, h)
  if (file !== null) {
    const text = `${JSON.stringify({ ...kept, [key]: measured }, null, 1)}\n`
    writeAtomically(file, (append) => append(Buffer.from(text)))
  }
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
