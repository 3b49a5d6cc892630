/**
 * In which form a base's matrices are multiplied fastest on this device, found by measuring for a moment. W x takes the
 * file's own blocks, as the chat does, in plain memory or in a kind of buffer with a layout of its own (AMX, repacked).
 * Wᵀ dy needs a transposed copy, whose type is free: a gradient may be rougher than a loss (see docs/notebook.md for
 * what each costs).
 */
import { existsSync, readFileSync } from 'node:fs'
import { writeAtomically } from '../atomic.ts'
import type { Device } from '../ggml/device.ts'
import { Graph } from '../ggml/graph.ts'
import { Storage } from '../ggml/storage.ts'
import { TYPE, type TypeName } from '../ggml/types.ts'
import type { GgufFile } from '../gguf/read.ts'
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
  /** Type and kind of buffer of transposed copies. */
  backward: { type: TypeName; buffers: string | null }
  /** Kinds of buffer that the file's own types are multiplied fastest in; plain memory where a type isn't named. */
  forward: Partial<Record<TypeName, string>>
  /** Type of one side of products between results; see `EngineOptions.productType`. */
  productType: TypeName
  /** All is F32, since the file is: nothing is lost where nothing was. */
  exact: boolean
  measured: MeasuredForm[]
}

/** Types that some kind of buffer may hold in a faster layout. */
const LAID_OUT: readonly TypeName[] = ['Q4_0', 'Q4_1', 'Q8_0', 'Q2_K', 'Q4_K', 'Q5_K', 'Q6_K', 'IQ4_NL', 'IQ4_XS']
/** Candidates for transposed copies, the exacter first: a rougher one must be so much faster than those before it. */
const BACKWARD: readonly TypeName[] = ['Q8_0', 'BF16', 'F16', 'Q4_0']
const WORTH = 1.15
const ROWS = 256

/** Measures candidates on a product of the base's shape; some seconds. */
export function measureForms(device: Device, h: Hyperparameters): MeasuredForm[] {
  const measured: MeasuredForm[] = []
  for (const type of new Set([...BACKWARD, ...LAID_OUT, 'F32' as const])) {
    const laidOut = LAID_OUT.includes(type) ? [...device.extraBuffers.keys()] : []
    for (const buffers of [null, ...laidOut]) {
      const gflops = speed(device, type, buffers, h.width, h.ff)
      if (gflops !== null) measured.push({ type, buffers, gflops })
    }
  }
  return measured
}

/** @param own type of the file's matrices */
export function chooseForms(device: Device, own: TypeName, measured: MeasuredForm[]): FormChoice {
  const plain = { type: 'F32' as const, buffers: null }
  if (own === 'F32') return { backward: plain, forward: {}, productType: 'F32', exact: true, measured }
  const best = (type: TypeName): MeasuredForm | undefined =>
    measured.filter((m) => m.type === type).sort((a, b) => b.gflops - a.gflops)[0]
  const forward: FormChoice['forward'] = {}
  for (const type of LAID_OUT) {
    const fastest = best(type)
    if (fastest?.buffers) forward[type] = fastest.buffers
  }
  let backward = best('Q8_0') ?? { ...plain, gflops: 0 }
  for (const type of BACKWARD) {
    const candidate = best(type)
    if (candidate && candidate.gflops > backward.gflops * WORTH) backward = candidate
  }
  // A GPU's own graphs stay in F32: not all of them multiply BF16, and conversions would go by way of the CPU.
  const faster = (best('BF16')?.gflops ?? 0) > (best('F32')?.gflops ?? 0) * WORTH
  const productType = device.fallback === null && faster ? 'BF16' : 'F32'
  return { backward: { type: backward.type, buffers: backward.buffers }, forward, productType, exact: false, measured }
}

/** The head stays in plain memory: single rows of it are read, and its transposed copy is Q8_0 (see `head.ts`). */
export function formsOf({ backward, forward, exact }: FormChoice): WeightForms {
  if (exact) return plainForms(TYPE.F32)
  const buffers: Partial<Record<number, string>> = {}
  for (const [type, kind] of Object.entries(forward)) buffers[TYPE[type as TypeName]] = kind
  return {
    blocks: {
      forward: { type: 'own', buffers },
      backward: { type: TYPE[backward.type], buffers: backward.buffers },
    },
    head: { forward: { type: 'own', buffers: {} }, backward: { type: TYPE.Q8_0, buffers: null } },
  }
}

/** Type of a base's matrices, by one that every architecture has; files mix types. */
export function typeOfMatrices(gguf: GgufFile): TypeName {
  return gguf.tensor('blk.0.ffn_down.weight').typeName as TypeName
}

/** What is likely to be chosen, for a forecast that must not take seconds. */
export function usualForms(own: TypeName): FormChoice {
  const exact = own === 'F32'
  const backward = { type: exact ? ('F32' as const) : ('Q8_0' as const), buffers: null }
  return { backward, forward: {}, productType: exact ? 'F32' : 'BF16', exact, measured: [] }
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
