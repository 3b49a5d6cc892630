/**
 * In which form a base's matrices are multiplied fastest on this device, found by measuring for a moment. Candidates are
 * types that lose next to nothing of the file's numbers, in plain memory or in a kind of buffer with a layout of its own
 * (AMX, repacked). Beside them the file's own types, for the forward products alone: where those are no slower, they are
 * the smaller copy and the very numbers that chat. In plain memory alone, where streamed matrices are too: repacked ones
 * round otherwise, and a memory plan must not turn a gradient. Four bits for transposed copies would be a twelfth faster still, and
 * turn the gradient by 15 degrees (docs/notebook.md).
 */
import { existsSync, readFileSync } from 'node:fs'
import { writeJson } from '../atomic.ts'
import type { Device } from '../ggml/device.ts'
import { Graph } from '../ggml/graph.ts'
import { Storage } from '../ggml/storage.ts'
import { TYPE, type TypeName } from '../ggml/types.ts'
import type { GgufFile } from '../gguf/read.ts'
import { type Hyperparameters, readHyperparameters } from '../model/hyperparameters.ts'
import { matrices } from '../model/tensors.ts'
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
  /** Types of the file that forward products take as they are; absent in choices of earlier versions. */
  asFiled?: TypeName[]
  /** Type of one side of attention's products; see `EngineOptions.productType`. */
  productType: TypeName
  measured: MeasuredForm[]
}

/** What is measured: products of a base's shape, and the types of its matrices. */
export interface Products extends Pick<Hyperparameters, 'width' | 'ff'> {
  own?: readonly TypeName[]
}

const CANDIDATES: readonly TypeName[] = ['Q8_0', 'BF16', 'F16']
/** A form must be so much faster than plain Q8_0, which takes half the memory of 16 bits and can be read back. */
const WORTH = 1.1
const ROWS = 256
/** Every form is timed in each of several rounds: what else the machine does for a second slows one round, and no form. */
const ROUNDS = 3
const ROUND_MS = 80

/** Measures candidates and the file's own types on one product of the base's shape, and F32 for products of results; seconds. */
export function measureForms(device: Device, { width, ff, own = [] }: Products): MeasuredForm[] {
  // Rows of a narrow base may be no whole blocks of the types that its wider matrices have.
  const wide = own.some((type) => width % device.ggml.blockSize(TYPE[type]) !== 0)
  const [k, m] = wide ? [ff, width] : [width, ff]
  const measured: MeasuredForm[] = []
  for (const type of new Set<TypeName>([...CANDIDATES, 'F32', ...own])) {
    const laidOut = CANDIDATES.includes(type) ? [...device.extraBuffers.keys()] : []
    for (const buffers of [null, ...laidOut]) {
      const gflops = speed(device, type, buffers, k, m)
      if (gflops !== null) measured.push({ type, buffers, gflops })
    }
  }
  for (let round = 1; round < ROUNDS; round++) {
    for (const form of measured) {
      form.gflops = Math.max(form.gflops, speed(device, form.type, form.buffers, k, m) ?? 0)
    }
  }
  return measured
}

/** @param own type of the file's matrices: F32 stays F32, since nothing is to be lost where nothing was */
export function chooseForms(device: Device, own: TypeName, measured: MeasuredForm[]): FormChoice {
  if (own === 'F32') return { type: 'F32', buffers: null, productType: 'F32', measured }
  const plain = (type: TypeName): number => measured.find((m) => m.type === type && m.buffers === null)?.gflops ?? 0
  const fastest = (forms: MeasuredForm[]): MeasuredForm | undefined => [...forms].sort((a, b) => b.gflops - a.gflops)[0]
  const either = (type: TypeName): boolean => CANDIDATES.includes(type)
  const faster = fastest(measured.filter((m) => either(m.type) && m.gflops > plain('Q8_0') * WORTH))
  const chosen = faster ?? { type: 'Q8_0' as const, buffers: null, gflops: plain('Q8_0') }
  const asFiled = measured
    .filter((m) => !either(m.type) && m.type !== 'F32' && m.buffers === null && m.gflops >= chosen.gflops)
    .map(({ type }) => type)
  // A GPU's own graphs stay in F32: not all of them multiply BF16, and conversions would go by way of the CPU.
  const shorter = device.fallback === null && plain('BF16') > plain('F32') * WORTH
  return { type: chosen.type, buffers: chosen.buffers, asFiled, productType: shorter ? 'BF16' : 'F32', measured }
}

export function formsOf({ type, buffers, asFiled = [] }: FormChoice): WeightForms {
  return {
    ...uniformForms({ type: TYPE[type], buffers }),
    asFiled: new Set(asFiled.map((own) => TYPE[own])),
  }
}

/** What is to be measured for a base: its widths, and the types of its blocks' matrices. */
export function productsOf(gguf: GgufFile): Required<Products> {
  const h = readHyperparameters(gguf)
  const names = Object.values(matrices(h)).map(({ tensor }) => tensor)
  const types = new Set<TypeName>()
  for (let i = 0; i < h.blocks; i++) {
    for (const name of names) types.add(gguf.tensor(`blk.${i}.${name}.weight`).typeName as TypeName)
  }
  return { width: h.width, ff: h.ff, own: [...types] }
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

/** Speed of one [k, m] × [k, 256] product: the best of a few in one round; null where the device has none of this form. */
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
  if (buffers === null) weights.zero(w)
  else {
    // Whole and in the file's layout, as buffers with a layout of their own ask; and never in this side's memory.
    using plain = new Storage(device, device.buffers, 1)
    const zeros = plain.tensor(TYPE[type], [k, m])
    plain.allocate()
    plain.zero(zeros)
    weights.copy(zeros, w)
  }
  graph.output(product)
  let best = Number.POSITIVE_INFINITY
  const until = performance.now() + ROUND_MS
  for (let i = 0; i < 5 && (i < 2 || performance.now() < until); i++) {
    const start = performance.now()
    graph.compute()
    best = Math.min(best, performance.now() - start)
  }
  return (2 * k * m * ROWS) / best / 1e6
}

/** Measurements of this device that an earlier run kept, or fresh ones, kept from now on. @param file null: not kept */
export function measuredForms(device: Device, what: Products, threads: number, file: string | null): MeasuredForm[] {
  const known = file === null ? null : keptForms(device, what, threads, file)
  if (known) return known
  const measured = measureForms(device, what)
  if (file !== null) writeJson(file, { ...readKept(file), [keyOf(device, what, threads)]: measured })
  return measured
}

/** Measurements that an earlier run kept, or null. */
export function keptForms(device: Device, what: Products, threads: number, file: string): MeasuredForm[] | null {
  return readKept(file)[keyOf(device, what, threads)] ?? null
}

function keyOf(device: Device, { width, ff, own = [] }: Products, threads: number): string {
  const products = [width, ff, ...own.filter((type) => !CANDIDATES.includes(type)).sort()]
  return [device.ggml.version(), device.name, device.description, `${threads} threads`, ...products].join(' | ')
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
