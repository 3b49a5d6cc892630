/**
 * How a run will compute: the weights' type, chosen by measuring this device for a moment, beside the memory plan (see
 * `memory-plan.ts`). Chosen once and kept in the run folder.
 */
import type { Device } from '../ggml/device.ts'
import { Graph } from '../ggml/graph.ts'
import type { Variant } from '../ggml/library.ts'
import { Storage } from '../ggml/storage.ts'
import { TYPE, type TypeName } from '../ggml/types.ts'
import type { GgufFile } from '../gguf/read.ts'
import type { Hyperparameters } from '../model/hyperparameters.ts'
import type { Forecast } from './memory-plan.ts'

/** The memory plan is missing where a run was begun by an earlier version. */
export interface EngineChoice extends Omit<Forecast, 'streamed'>, Partial<Pick<Forecast, 'streamed'>> {
  weightType: TypeName
  /** Giga floating point operations a second that were measured for each candidate type. */
  measured: Partial<Record<TypeName, number>>
  /** What it was chosen for; the CPU where a choice says nothing. On another device it is made anew. */
  device?: Variant
  /** Resident bytes of the worker before anything of the engine was there; part of the forecast. */
  nodeBytes?: number
}

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
