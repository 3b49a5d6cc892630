/**
 * Bar 5: what this device's products can do, and what share of it a training step gets. Every weight type is measured
 * on the very shapes of the base's matrices, forward (W x) and backward (Wᵀ dy), in plain memory and in each of the
 * device's own layouts that takes it.
 */
import path from 'node:path'
import type { Device } from '../../main/ggml/device.ts'
import { Graph } from '../../main/ggml/graph.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { Storage } from '../../main/ggml/storage.ts'
import { TYPE, type TypeName } from '../../main/ggml/types.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { readHyperparameters } from '../../main/model/hyperparameters.ts'
import type { MeasuredForm } from '../../main/trainer/weight-forms.ts'
import { stepFlops } from './flops.ts'
import { type OurResult, trainOurs } from './ours.ts'
import { BATCH, formsOf, nameOf, ROWS, randomTexts, STEP_SETTINGS } from './step.ts'
import { median } from './table.ts'
import { thinTable } from './thin.ts'
import type { BenchOptions, PartResult } from './types.ts'

const TYPES: TypeName[] = ['F32', 'F16', 'BF16', 'Q8_0', 'Q4_0', 'Q4_1', 'Q4_K', 'Q6_K']
const PROBE_ROWS = 512
/** A layer's matrices and how often each stands in a block; [inputs, outputs]. */
interface Product {
  name: string
  k: number
  m: number
  count: number
}

interface Probe {
  type: TypeName
  buffers: string
  /** 10⁹ operations a second by product, null where this layout does not take it. */
  gflops: (number | null)[]
  /** Of all products of a block together, as often as each stands in it. */
  together: number | null
}

export async function gemmPart(options: BenchOptions): Promise<PartResult> {
  const { base, threads, quick, say } = options
  const gguf = readGguf(base)
  const h = readHyperparameters(gguf)
  const q = h.heads * h.headSize
  const kv = h.kvHeads * h.headSize
  const products: Product[] = [
    { name: 'q, o', k: h.width, m: q, count: 4 },
    { name: 'k, v', k: h.width, m: kv, count: 2 },
    { name: 'k, v back', k: kv, m: h.width, count: 2 },
    { name: 'gate, up', k: h.width, m: h.ff, count: 3 },
    { name: 'down', k: h.ff, m: h.width, count: 3 },
  ]
  const probes = probeAll(threads, products, quick, say)
  const thin = thinTable(options, [kv, q, h.width, h.ff], h)

  say('gemm: training steps')
  const steps = quick ? 2 : 8
  const settings = { ...STEP_SETTINGS, threads }
  const train = randomTexts(BATCH * steps, ROWS + 1, h.vocabulary)
  const run = await trainOurs({ folder: path.join(options.out, 'runs', 'gemm'), base, settings, train })
  const seconds = median(run.steps.slice(1).map((step) => step.seconds))
  const work = stepFlops(h, {
    texts: Array.from({ length: BATCH }, () => ROWS),
    supervised: BATCH * ROWS,
    rank: settings.rank,
    targets: [
      [h.width, q],
      [h.width, kv],
    ],
  })
  const reached = work.all / seconds / 1e9
  const usable = usableForms(run.choice)
  const best = [...usable].sort((one, other) => other.gflops - one.gflops)[0]
  const fastest = best ? Math.max(best.gflops, togetherOf(probes, best)) : null
  const share = fastest === null ? null : reached / fastest
  return {
    tables: [
      {
        title: `Products on ${path.basename(base)}'s shapes, ${PROBE_ROWS} rows, ${threads} thread${threads === 1 ? '' : 's'}: GFLOP/s`,
        head: ['type', 'layout', ...products.map(({ name, k, m }) => `${name} ${k} x ${m}`), 'block'],
        rows: probes.map(({ type, buffers, gflops, together }) => [
          type,
          buffers,
          ...gflops.map((value) => value?.toFixed(0) ?? '-'),
          together?.toFixed(0) ?? '-',
        ]),
        notes: [
          'Products of a block, forward and backward: the gradient through gate and up is a product like down, and the other way round.',
          `A step is ${(work.all / BATCH / ROWS / 1e9).toFixed(2)} GFLOP a token (counted in flops.ts), ${seconds.toFixed(2)} s for ${BATCH} x ${ROWS} tokens: ${reached.toFixed(0)} GFLOP/s with weights held as ${formsOf(run.choice)}.`,
          `What the engine may use here, as it measured it: ${usable.map((form) => `${nameOf(form)} ${form.gflops.toFixed(0)}`).join(', ') || 'nothing'}.`,
        ],
      },
      thin,
    ],
    bars: [
      {
        bar: "5 step's share of the fastest product",
        wanted: 'at least 70%',
        measured:
          share === null
            ? 'the engine measured no type'
            : `${(100 * share).toFixed(0)}% (${reached.toFixed(0)} of ${fastest?.toFixed(0)} GFLOP/s, ${best ? nameOf(best) : ''})`,
        met: share === null ? null : share >= 0.7,
      },
    ],
    data: { probes, work, seconds, reached, usable, fastest, share },
  }
}

/** The forms that this run multiplied weights in: the file's own types, each where it is fastest, and transposed copies. */
function usableForms(choice: OurResult['choice']): MeasuredForm[] {
  return choice?.forms.measured.filter(({ type }) => type !== 'F32') ?? []
}

/** The probe's figure of a form on all of a block's shapes, 0 where it has none. */
function togetherOf(probes: readonly Probe[], { type, buffers }: MeasuredForm): number {
  return probes.find((probe) => probe.type === type && probe.buffers === (buffers ?? 'plain'))?.together ?? 0
}

function probeAll(threads: number, products: Product[], quick: boolean, say: BenchOptions['say']): Probe[] {
  const device = openDevice({ threads })
  try {
    const layouts: (string | null)[] = [null, ...device.extraBuffers.keys()]
    return layouts.flatMap((layout) =>
      TYPES.flatMap((type) => {
        say(`gemm: ${type}, ${layout ?? 'plain'}`)
        const times = products.map((product) => probe(device, type, layout, product, quick ? 20 : 300))
        if (times.every((time) => time === null)) return []
        const all = products.map(({ k, m }, i) => ({ flops: 2 * k * m * PROBE_ROWS, time: times[i] ?? null }))
        let [flops, seconds] = [0, 0]
        for (const [i, { count }] of products.entries()) {
          flops += count * (all[i]?.flops ?? 0)
          seconds += count * (all[i]?.time ?? Number.NaN)
        }
        return {
          type,
          buffers: layout ?? 'plain',
          gflops: all.map((one) => (one.time === null ? null : one.flops / one.time / 1e9)),
          together: Number.isNaN(seconds) ? null : flops / seconds / 1e9,
        }
      }),
    )
  } finally {
    device.free()
  }
}

/** Best seconds of one product within `budget` milliseconds, or null where the layout does not take it. */
function probe(
  device: Device,
  type: TypeName,
  layout: string | null,
  { k, m }: Product,
  budget: number,
): number | null {
  const { ggml } = device
  if (k % ggml.blockSize(TYPE[type]) !== 0) return null
  const kind = layout === null ? device.buffers : device.extraBuffers.get(layout)
  using storage = new Storage(device, kind, 4)
  using inputs = new Storage(device, device.buffers, 4)
  const weights = storage.tensor(TYPE[type], [k, m])
  const x = inputs.tensor(TYPE.F32, [k, PROBE_ROWS])
  storage.allocate()
  inputs.allocate()
  using graph = new Graph(device, 16)
  const product = graph.output(graph.mulMat(weights, x))
  const dev = Array.from({ length: ggml.devCount() }, (_, i) => ggml.devGet(i)).find(
    (one) => ggml.devName(one) === device.name,
  )
  if (dev === undefined || !ggml.devSupportsOp(dev, product.ptr)) return null
  storage.set(weights, new Uint8Array(ggml.nbytes(weights.ptr)))
  inputs.zero(x)
  let best = Number.POSITIVE_INFINITY
  const until = performance.now() + budget
  for (let i = 0; i < 3 || performance.now() < until; i++) {
    const began = performance.now()
    graph.compute()
    if (i > 0) best = Math.min(best, performance.now() - began)
  }
  return best / 1000
}
