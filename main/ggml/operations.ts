/**
 * Every operation that a `Graph` can build, once, on small tensors: what a device is asked for before it is used, and
 * what tests compare between devices.
 */
import type { Device } from './device.ts'
import { Graph, type Rope } from './graph.ts'
import { Storage, type Tensor } from './storage.ts'
import { TYPE } from './types.ts'

/** Small tensors to compute with. Features 64, rows 32, heads 2. */
export interface Samples {
  /** F32 [64, 32]. */
  x: Tensor
  y: Tensor
  /** F32 [64, 48]. */
  weight: Tensor
  /** Q8_0 [64, 48]. */
  quantized: Tensor
  /** F32 [64]. */
  vector: Tensor
  /** F32 [32, 32, 2]. */
  scores: Tensor
  /** F32 [32, 2, 32]. */
  heads: Tensor
  /** I32 [32]: 0, 1, 2, … */
  positions: Tensor
  /** F32 [64, 32], written into. */
  target: Tensor
}

const rope = (mode: Rope['mode']): Rope => ({
  dims: 32,
  mode,
  contextOriginal: 256,
  freqBase: 10_000,
  freqScale: 1,
  extFactor: 0,
  attnFactor: 1,
  betaFast: 32,
  betaSlow: 1,
  factors: null,
})

/** Each operation, named as `Graph` names it; what follows a space tells variants of one apart. */
export const OPERATIONS: Record<string, (g: Graph, s: Samples) => Tensor> = {
  view: (g, s) => g.scale(g.view(s.x, [64, 16], [], 64 * 4 * 8), 2),
  reshape: (g, s) => g.scale(g.reshape(s.x, [32, 64]), 2),
  permute: (g, s) => g.cont(g.permute(s.heads, [0, 2, 1, 3])),
  cont: (g, s) => g.cont(g.view(s.x, [32, 32], [64 * 4])),
  transpose: (g, s) => g.cont(g.transpose(s.x)),
  transposed: (g, s) => g.transposed(s.x),
  cast: (g, s) => g.cast(g.cast(s.x, TYPE.F16), TYPE.F32),
  copy: (g, s) => g.copy(s.x, s.target),
  'copy to Q8_0 and back': (g, s) => g.copy(g.cast(s.x, TYPE.Q8_0), s.target),
  add: (g, s) => g.add(s.x, s.vector),
  sub: (g, s) => g.sub(s.x, s.y),
  mul: (g, s) => g.mul(s.x, s.vector),
  div: (g, s) => g.div(s.x, g.scaleBias(g.sqr(s.y), 1, 1)),
  sqr: (g, s) => g.sqr(s.x),
  sqrt: (g, s) => g.sqrt(g.sqr(s.x)),
  sumRows: (g, s) => g.sumRows(s.x),
  accumulate: (g, s) => {
    g.copy(s.y, s.target)
    return g.accumulate(s.target, s.x)
  },
  scale: (g, s) => g.scale(s.x, -1.5),
  scaleInPlace: (g, s) => g.scaleInPlace(g.add(s.x, s.y), -1.5),
  scaleBias: (g, s) => g.scaleBias(s.x, 2, 1),
  mulMat: (g, s) => g.mulMat(s.weight, s.x),
  'mulMat of matrices that lie apart': (g, s) =>
    g.mulMat(
      g.view(s.scores, [32, 16, 2], [32 * 4, 32 * 32 * 4], 32 * 4),
      g.view(s.scores, [32, 8, 2], [32 * 4, 32 * 32 * 4]),
    ),
  'mulMat Q8_0': (g, s) => g.mulMat(s.quantized, s.x),
  outProd: (g, s) => g.outProd(s.x, g.view(s.y, [8, 32], [64 * 4])),
  'outProd with a transposed view': (g, s) => g.outProd(g.view(s.x, [64, 8]), g.transpose(g.view(s.weight, [8, 48]))),
  'outProd of several matrices': (g, s) =>
    g.outProd(
      g.view(s.scores, [32, 16, 2], [32 * 4, 32 * 32 * 4]),
      g.view(s.scores, [32, 16, 2], [32 * 4, 32 * 32 * 4], 64),
    ),
  getRows: (g, s) => g.getRows(s.x, s.positions),
  'getRows Q8_0': (g, s) => g.getRows(s.quantized, s.positions),
  setRows: (g, s) => g.setRows(s.target, g.scale(s.x, 2), s.positions),
  rmsNorm: (g, s) => g.rmsNorm(s.x, 1e-5),
  rmsNormBack: (g, s) => g.rmsNormBack(s.y, s.x, 1e-5),
  silu: (g, s) => g.silu(s.x),
  siluBack: (g, s) => g.siluBack(s.y, s.x),
  swiglu: (g, s) => g.swiglu(s.x, s.y),
  geglu: (g, s) => g.geglu(s.x, s.y),
  sigmoid: (g, s) => g.sigmoid(s.x),
  tanh: (g, s) => g.tanh(s.x),
  concat: (g, s) => g.concat(s.x, s.y),
  softMax: (g, s) => g.softMax(s.scores, 0.5),
  softMaxBack: (g, s) => g.softMaxBack(g.scale(s.scores, 3), g.softMax(s.scores, 0.5), 0.5),
  rope: (g, s) => g.rope(s.heads, s.positions, rope(0)),
  'rope of halves': (g, s) => g.rope(s.heads, s.positions, rope(2)),
  ropeBack: (g, s) => g.ropeBack(s.heads, s.positions, rope(0)),
  'ropeBack of halves': (g, s) => g.ropeBack(s.heads, s.positions, rope(2)),
}

/** Samples on a device, not yet filled: see `Samples` for shapes. */
export function planSamples(storage: Storage): Samples {
  const floats = (...ne: number[]): Tensor => storage.tensor(TYPE.F32, ne)
  return {
    x: floats(64, 32),
    y: floats(64, 32),
    weight: floats(64, 48),
    quantized: storage.tensor(TYPE.Q8_0, [64, 48]),
    vector: floats(64),
    scores: floats(32, 32, 2),
    heads: floats(32, 2, 32),
    positions: storage.tensor(TYPE.I32, [32]),
    target: floats(64, 32),
  }
}

/** ggml's names of the operations that this device leaves to the CPU; nothing is computed. */
export function lackingOperations(device: Device): string[] {
  using storage = new Storage(device)
  const samples = planSamples(storage)
  storage.allocate()
  using graph = new Graph(device, 512)
  for (const build of Object.values(OPERATIONS)) build(graph, samples)
  return [...graph.lacking.keys()].sort()
}
