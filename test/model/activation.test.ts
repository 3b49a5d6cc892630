import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Device } from '../../main/ggml/device.ts'
import { Graph } from '../../main/ggml/graph.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { Storage } from '../../main/ggml/storage.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { activated, activatedBack } from '../../main/model/activation.ts'

let device: Device
beforeAll(() => {
  device = openDevice({ threads: 1 })
})
afterAll(() => device.free())

const ACTIVATIONS = {
  silu: (x: number): number => x / (1 + Math.exp(-x)),
  gelu: (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
}
const gate = Float32Array.from({ length: 64 }, (_, i) => (i - 31.5) / 5)
const up = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i))
const d = Float32Array.from({ length: 64 }, (_, i) => Math.cos(3 * i))

describe.each(['silu', 'gelu'] as const)('%s', (name) => {
  const f = ACTIVATIONS[name]
  const compute = (): { value: Float32Array; dGate: Float32Array; dUp: Float32Array } => {
    using storage = new Storage(device)
    const [a, b, c] = [gate, up, d].map(() => storage.tensor(TYPE.F32, [32, 2])) as [never, never, never]
    storage.allocate()
    storage.set(a, gate)
    storage.set(b, up)
    storage.set(c, d)
    using graph = new Graph(device, 64)
    const value = graph.output(activated(graph, name, a, b))
    const back = activatedBack(graph, name, c, a, b)
    graph.output(back.dGate)
    graph.output(back.dUp)
    graph.compute()
    return { value: storage.get(value), dGate: storage.get(back.dGate), dUp: storage.get(back.dUp) }
  }

  it('gives act(gate) times up', () => {
    // gelu comes from a table over inputs and outputs in F16.
    const places = name === 'gelu' ? 2 : 5
    compute().value.forEach((value, i) => {
      expect(value).toBeCloseTo(f(gate[i] as number) * (up[i] as number), places)
    })
  })

  it('has the slopes of the exact function, far from zero too', () => {
    const { dGate, dUp } = compute()
    const step = 1e-5
    for (const [i, x] of gate.entries()) {
      const slope = (f(x + step) - f(x - step)) / (2 * step)
      expect(dGate[i], `at ${x}`).toBeCloseTo((d[i] as number) * (up[i] as number) * slope, 5)
      expect(dUp[i], `at ${x}`).toBeCloseTo((d[i] as number) * f(x), 5)
    }
  })
})
