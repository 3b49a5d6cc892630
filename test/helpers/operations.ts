/** Each operation of a graph computed on a device, from the same random samples everywhere. */
import type { Device } from '../../main/ggml/device.ts'
import { Graph } from '../../main/ggml/graph.ts'
import { OPERATIONS, planSamples, type Samples } from '../../main/ggml/operations.ts'
import { elements, Storage } from '../../main/ggml/storage.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { seeded } from '../../main/random.ts'

function fill(storage: Storage, samples: Samples): void {
  const random = seeded('operations')
  const draw = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.next() * 2 - 1)
  for (const tensor of Object.values(samples)) if (tensor.type === TYPE.F32) storage.set(tensor, draw(elements(tensor)))
  storage.set(
    samples.positions,
    Int32Array.from({ length: 32 }, (_, i) => i),
  )
}

/** The operation's result, and which operations the device left to the CPU. */
export function computeOperation(device: Device, name: string): { values: Float32Array; lacking: string[] } {
  using storage = new Storage(device)
  const samples = planSamples(storage)
  storage.allocate()
  fill(storage, samples)
  using graph = new Graph(device, 256)
  graph.copy(samples.weight, samples.quantized)
  graph.compute()
  graph.reset()
  const build = OPERATIONS[name]
  if (!build) throw new Error(`no operation ${name}`)
  const read = graph.output(graph.cast(graph.cont(build(graph, samples)), TYPE.F32))
  graph.compute()
  return { values: storage.get(read), lacking: [...graph.lacking.keys()] }
}

/** The same device, which says of some operations (ggml's names) that it lacks them. */
export function without(device: Device, names: readonly string[]): Device {
  const { supports, ggml } = device
  return { ...device, supports: (node) => !names.includes(ggml.opDesc(node)) && (supports?.(node) ?? true) }
}
