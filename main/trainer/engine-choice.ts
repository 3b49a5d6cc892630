/**
 * How a run will compute: the weights' type, how many rows are packed together, and how many blocks are computed
 * again instead of kept. Chosen once by measuring this device for a moment and by the memory there is, and kept in
 * the run folder.
 */
import os from 'node:os'
import { IdiolectError } from '../errors.ts'
import type { Device } from '../ggml/device.ts'
import { Graph } from '../ggml/graph.ts'
import { Storage } from '../ggml/storage.ts'
import { TYPE, type TypeName } from '../ggml/types.ts'
import type { GgufFile } from '../gguf/read.ts'
import type { Hyperparameters } from '../model/hyperparameters.ts'

export interface EngineChoice {
  weightType: TypeName
  capacity: number
  recomputed: number
  /** Giga floating point operations a second that were measured for each candidate type. */
  measured: Partial<Record<TypeName, number>>
  forecastBytes: number
}

/** Rows that products want to be efficient; more takes memory and gains little. */
const USUAL_ROWS = 512
/** Left for everything else on the machine when no cap is given. */
const RESERVE = 1 << 30

/**
 * Measures the candidate types that are as exact as the file, and picks the fastest. Q8_0 wins unless another is at
 * least a tenth faster, since it takes half the memory of 16 bits.
 */
export function pickWeightType(
  device: Device,
  gguf: GgufFile,
  h: Hyperparameters,
): Pick<EngineChoice, 'weightType' | 'measured'> {
  const own = gguf.tensor('blk.0.ffn_up.weight').typeName
  if (own === 'F32') return { weightType: 'F32', measured: {} }
  const measured: EngineChoice['measured'] = {}
  const candidates: TypeName[] = ['Q8_0', 'BF16', 'F16']
  for (const type of candidates) measured[type] = gflops(device, TYPE[type], h.width, h.ff)
  const q8 = measured.Q8_0 as number
  const faster = candidates.filter((type) => (measured[type] as number) > q8 * 1.1)
  faster.sort((a, b) => (measured[b] as number) - (measured[a] as number))
  return { weightType: faster[0] ?? 'Q8_0', measured }
}

/** Speed of one [k, m] × [k, 256] product, in 10⁹ operations a second: the best of a few. */
function gflops(device: Device, type: (typeof TYPE)[TypeName], k: number, m: number): number {
  if (k % device.ggml.blockSize(type) !== 0) return 0
  const rows = 256
  using storage = new Storage(device)
  const weights = storage.tensor(type, [k, m])
  const input = storage.tensor(TYPE.F32, [k, rows])
  storage.allocate()
  storage.zero(weights)
  storage.zero(input)
  using graph = new Graph(device, 16)
  graph.output(graph.mulMat(weights, input))
  let best = Number.POSITIVE_INFINITY
  const until = performance.now() + 250
  for (let i = 0; i < 12 && (i < 3 || performance.now() < until); i++) {
    const start = performance.now()
    graph.compute()
    best = Math.min(best, performance.now() - start)
  }
  return (2 * k * m * rows) / best / 1e6
}

export interface MemoryQuestion {
  h: Hyperparameters
  weightType: TypeName
  embeddingBytes: number
  loraParameters: number
  longestRows: number
  /** Bytes the worker may take; default: what is free, less a reserve. */
  cap?: number
}

/** Bytes that a plan will take, the worker's own 90 MB of Node included. */
export function forecast(q: MemoryQuestion, capacity: number, recomputed: number): number {
  const { h } = q
  const bytesPer = q.weightType === 'Q8_0' ? 34 / 32 : q.weightType === 'F32' ? 4 : 2
  const qWidth = h.heads * h.headSize
  const kvWidth = h.kvHeads * h.headSize
  const block = h.width * (2 * qWidth + 2 * kvWidth + 3 * h.ff)
  const weights = 2 * bytesPer * (block * h.blocks + h.width * h.vocabulary) + q.embeddingBytes
  const kept = qWidth + 2 * kvWidth + h.width + 2 * h.ff
  const sets = Math.min(h.blocks, h.blocks - recomputed + 1)
  const rows = capacity * 4 * (h.width * (h.blocks + 3) + kept * sets + 3 * qWidth + 2 * kvWidth + h.width)
  // Intermediate results of one block at a time: about ten arrays of the inner width, and attention's of one text.
  const passing = capacity * 4 * (6 * h.ff + 12 * h.width) + 6 * q.longestRows ** 2 * h.heads * 4
  const head = 2 * 64 * h.vocabulary * 4
  // Adapter: padded values and gradients on the device; values, moments, best and gradients here.
  const lora = q.loraParameters * 4 * (4 + 7)
  return Math.round(90e6 + weights + rows + passing + head + lora)
}

/**
 * Picks rows a pack and recomputation so that the forecast stays under the cap.
 * @throws IdiolectError `NotEnoughMemory` with what the smallest plan takes
 */
export function planMemory(q: MemoryQuestion): Pick<EngineChoice, 'capacity' | 'recomputed' | 'forecastBytes'> {
  const cap = q.cap ?? Math.max(os.freemem() - RESERVE, os.freemem() / 2)
  const roomy = Math.max(USUAL_ROWS, q.longestRows)
  const plans = [
    [roomy, 0],
    [Math.max(256, q.longestRows), 0],
    [Math.max(256, q.longestRows), q.h.blocks],
    [q.longestRows, q.h.blocks],
  ] as const
  for (const [capacity, recomputed] of plans) {
    const forecastBytes = forecast(q, capacity, recomputed)
    if (forecastBytes <= cap) return { capacity, recomputed, forecastBytes }
  }
  const least = forecast(q, q.longestRows, q.h.blocks)
  throw new IdiolectError(
    'NotEnoughMemory',
    `training takes at least ${(least / 1e6).toFixed(0)} MB with texts this long, and ${(cap / 1e6).toFixed(0)} MB may be used`,
    'Close other programs, lower --max-tokens, or train with a smaller base model.',
  )
}
