import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Device, openDevice } from '../../main/ggml/device.ts'
import { Graph } from '../../main/ggml/graph.ts'
import { Storage } from '../../main/ggml/storage.ts'
import { TYPE } from '../../main/ggml/types.ts'
import { readGguf } from '../../main/gguf/read.ts'
import { loadMatrix, planMatrix, product, Reader, Storages, transposedProduct } from '../../main/model/matrix.ts'
import { normals, seeded } from '../helpers/random.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

const REPACK = 'CPU_REPACK'
let device: Device
beforeAll(() => {
  device = openDevice({ threads: 1 })
})
afterAll(() => device.free())

describe('Q4_1 as Q4_0 and offsets', () => {
  // A width that is no multiple of 512, so that offsets are padded.
  it.for([
    [64, 96],
    [192, 256],
  ] as const)('gives the product of the file’s own blocks: width %s', ([width, ff], { skip }) => {
    if (!device.extraBuffers.has(REPACK)) skip(`this device has no ${REPACK}`)
    const file = path.join(temporaryFolder(), 'base.gguf')
    writeTinyModel(file, { width, ff, heads: 4, kvHeads: 2, type: 'Q4_1', seed: 3 })
    const reader = new Reader(device, readGguf(file))
    const name = 'blk.1.ffn_up.weight'
    const x = normals(seeded(5), width * 24, 1)
    const dy = normals(seeded(6), ff * 24, 1)
    const results = [{ [TYPE.Q4_0]: REPACK }, {}].map((buffers) => {
      using storages = new Storages(device, 8)
      const backward = { type: TYPE.F32, buffers: null }
      const matrix = planMatrix(
        device,
        storages,
        { forward: { type: 'own', buffers }, backward },
        reader.describe(name),
      )
      storages.allocate()
      loadMatrix(device, reader, name, matrix)
      expect(matrix.split !== null).toBe(TYPE.Q4_0 in buffers)
      using storage = new Storage(device)
      const [input, gradient] = [storage.tensor(TYPE.F32, [width, 24]), storage.tensor(TYPE.F32, [ff, 24])]
      storage.allocate()
      storage.set(input, x)
      storage.set(gradient, dy)
      using graph = new Graph(device, 32)
      const y = graph.output(product(graph, matrix, input))
      const dx = graph.output(transposedProduct(graph, matrix, gradient))
      graph.compute()
      return { y: storage.get(y), dx: storage.get(dx) }
    })
    const [split, own] = results as [(typeof results)[0], (typeof results)[0]]
    const size = Math.sqrt(own.y.reduce((sum, v) => sum + v * v, 0) / own.y.length)
    // Q4_1's own product rounds each block's sum to F16, and nothing else differs.
    for (const [i, value] of own.y.entries())
      expect(Math.abs(value - (split.y[i] as number))).toBeLessThan(0.004 * size)
    expect(split.dx).toEqual(own.dx)
  })
})
