import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Device } from '../../main/ggml/device.ts'
import { Graph } from '../../main/ggml/graph.ts'
import { OPERATIONS } from '../../main/ggml/operations.ts'
import { Storage } from '../../main/ggml/storage.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { cosine } from '../helpers/cosine.ts'
import { cpuPair } from '../helpers/devices.ts'
import { computeOperation, without } from '../helpers/operations.ts'

let cpu: Device
let pair: Device
beforeAll(() => {
  ;({ cpu, pair } = cpuPair())
})
afterAll(() => cpu.free())

describe('operations', () => {
  it('has every operation of a graph', () => {
    // What is no operation, or cannot be had on a GPU.
    const building = ['constructor', 'reset', 'bytes', 'filled', 'lacking', 'expand', 'output', 'into']
    const others = [...building, 'compute', 'computeAside', 'inPlace']
    const onlyInPlace = ['causalInPlace', 'softMaxInPlace']
    const methods = Object.getOwnPropertyNames(Graph.prototype).filter(
      (name) => ![...others, ...onlyInPlace].includes(name),
    )
    const covered = new Set(Object.keys(OPERATIONS).map((name) => name.split(' ')[0]))
    expect([...covered].sort()).toEqual(methods.sort())
  })

  it.each([
    ['rmsNormBack', 'RMS_NORM_BACK'],
    ['softMaxBack', 'SOFT_MAX_BACK'],
  ])('writes %s from others where a device lacks it', (name, lacked) => {
    const own = computeOperation(cpu, name)
    const replaced = computeOperation(without(cpu, [lacked]), name)
    expect(replaced.lacking).toEqual([])
    expect(replaced.values).not.toEqual(own.values)
    for (const [i, value] of replaced.values.entries()) expect(value).toBeCloseTo(own.values[i] as number, 4)
  })
})

describe('two devices', () => {
  it.each(Object.keys(OPERATIONS))('computes %s through the scheduler', (name) => {
    const device = without(pair, ['CONT'])
    const found = computeOperation(device, name)
    expect(found.lacking).toContain('CONT')
    expect(cosine(found.values, computeOperation(cpu, name).values)).toBeGreaterThan(0.99999)
  })

  it('places results in stored memory, and computes a graph again and again', () => {
    const device = without(pair, ['SILU'])
    using storage = new Storage(device)
    const x = storage.tensor(TYPE.F32, [4, 2])
    const slot = storage.tensor(TYPE.F32, [4, 8])
    const end = storage.tensor(TYPE.F32, [4, 2])
    storage.allocate()
    using graph = new Graph(device, 64)
    const build = (): void => {
      graph.reset()
      graph.into(graph.scale(x, 2), storage, slot)
      // Reads the place, not the node: the order must be kept all the same.
      graph.into(graph.add(graph.view(slot, [4, 2]), graph.silu(x)), storage, end)
    }
    const silu = (v: number): number => v / (1 + Math.exp(-v))
    for (const [from, again] of [
      [1, true],
      [3, true],
      [-5, false],
    ] as const) {
      const values = Float32Array.from({ length: 8 }, (_, i) => from + i)
      storage.set(x, values)
      if (again) build()
      graph.compute()
      const found = storage.get(end)
      for (const [i, v] of values.entries()) expect(found[i]).toBeCloseTo(2 * v + silu(v), 4)
    }
  })

  it('says so instead of ending the process where nothing can write into the stored memory', () => {
    const device = without(pair, ['ADD'])
    using storage = new Storage(device)
    const x = storage.tensor(TYPE.F32, [4])
    storage.allocate()
    using graph = new Graph(device, 16)
    expect(() => graph.accumulate(x, x)).toThrow(/cannot compute ADD in stored memory/)
  })
})

describe('storage', () => {
  it('deals tensors over buffers where the device bounds their size', () => {
    const bounded: Device = { ...cpu, ggml: { ...cpu.ggml, buftMaxSize: () => 1000 } }
    using storage = new Storage(bounded)
    const tensors = [100, 100, 50, 200].map((n) => storage.tensor(TYPE.F32, [n]))
    storage.allocate()
    expect(new Set(tensors.map((tensor) => storage.place(tensor).buffer)).size).toBe(3)
    for (const [i, tensor] of tensors.entries()) storage.set(tensor, new Float32Array(tensor.ne[0]).fill(i))
    for (const [i, tensor] of tensors.entries()) expect(new Set(storage.get(tensor))).toEqual(new Set([i]))
  })
})
