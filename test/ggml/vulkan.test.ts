import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Device } from '../../main/ggml/device.ts'
import { Graph } from '../../main/ggml/graph.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { lackingOperations, OPERATIONS } from '../../main/ggml/operations.ts'
import { Storage } from '../../main/ggml/storage.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { seeded } from '../../main/random.ts'
import { cosine } from '../helpers/cosine.ts'
import { vulkanDevice } from '../helpers/devices.ts'
import { computeOperation } from '../helpers/operations.ts'
import { quantize } from '../helpers/quantize.ts'

const vulkan = vulkanDevice()

// Without a GPU shaders are compiled for the CPU, of products for half a minute, and longer beside other tests.
describe.skipIf(vulkan === null)('Vulkan', { timeout: 300_000 }, () => {
  let cpu: Device
  beforeAll(() => {
    cpu = openDevice({ threads: 1 })
  })
  afterAll(() => {
    cpu.free()
    vulkan?.free()
  })

  it('is another device than the CPU, with memory of its own', () => {
    const device = vulkan as Device
    expect(device.kind).toBe('vulkan')
    expect(device.name).toMatch(/^Vulkan/)
    const { free, total } = device.memory()
    expect(total).toBeGreaterThan(0)
    expect(free).toBeLessThanOrEqual(total)
  })

  it.each(Object.keys(OPERATIONS))('computes %s as the CPU does', (name) => {
    const wanted = computeOperation(cpu, name).values
    const found = computeOperation(vulkan as Device, name).values
    expect(found.length).toBe(wanted.length)
    expect(cosine(found, wanted)).toBeGreaterThan(0.9999)
    expect(Math.hypot(...found) / Math.hypot(...wanted)).toBeCloseTo(1, 2)
  })

  it('lacks none of them', () => {
    expect(lackingOperations(vulkan as Device)).toEqual([])
  })

  it('leaves to the CPU what it lacks: decoding a K quantization', () => {
    const device = vulkan as Device
    const random = seeded('decode')
    const values = Float32Array.from({ length: 512 }, () => random.next() - 0.5)
    using storage = new Storage(device)
    const source = storage.tensor(TYPE.Q6_K, [256, 2])
    const target = storage.tensor(TYPE.F32, [256, 2])
    storage.allocate()
    storage.set(source, quantize('Q6_K', values, 256))
    using graph = new Graph(device, 16)
    graph.copy(source, target)
    graph.compute()
    expect([...graph.lacking.keys()]).toEqual(['CPY'])
    expect(cosine(storage.get(target), values)).toBeGreaterThan(0.999)
  })
})
