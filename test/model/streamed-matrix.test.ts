import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Device } from '../../main/ggml/device.ts'
import { Graph } from '../../main/ggml/graph.ts'
import { openDevice } from '../../main/ggml/open.ts'
import { Storage } from '../../main/ggml/storage.ts'
import { TYPE } from '../../main/ggml/types.ts'
import {
  planStreamed,
  StreamRoom,
  streamedProduct,
  streamedTransposedProduct,
} from '../../main/model/streamed-matrix.ts'
import { plainForms, type Streamed } from '../../main/model/weights.ts'
import { gradientOf } from '../helpers/gradient.ts'
import { quantize } from '../helpers/quantize.ts'
import { normals, seeded } from '../helpers/random.ts'
import { temporaryFolder } from '../helpers/temporary.ts'
import { writeTinyModel } from '../helpers/tiny-model.ts'

let device: Device
beforeAll(() => {
  device = openDevice({ threads: 1 })
})
afterAll(() => device.free())
const folder = temporaryFolder()
const random = seeded(5)
const draw = (n: number): Float32Array => normals(random, n, 1)

/** W x and Wᵀ dy, in JavaScript's own numbers. */
function expected(W: Float32Array, [inputs, outputs]: [number, number], x: Float32Array, dy: Float32Array, n: number) {
  const y = new Float32Array(outputs * n)
  const dx = new Float32Array(inputs * n)
  for (let row = 0; row < n; row++) {
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) {
        const w = W[o * inputs + i] as number
        y[row * outputs + o] = (y[row * outputs + o] as number) + w * (x[row * inputs + i] as number)
        dx[row * inputs + i] = (dx[row * inputs + i] as number) + w * (dy[row * outputs + o] as number)
      }
    }
  }
  return { y, dx }
}

const furthest = (a: Float32Array, b: Float32Array): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))))

describe('a streamed matrix', () => {
  it.each([
    ['F32', 'F32', null],
    ['F32', 'F32', 256],
    ['Q4_K', 'Q8_0', null],
    ['Q6_K', 'Q8_0', 256],
    ['Q4_1', 'F16', null],
    ['F16', 'Q8_0', 256],
    ['Q5_0', 'F32', null],
  ] as const)('%s, products in %s, parts of %s rows: W x and Wᵀ dy', (own, type, part) => {
    const [inputs, outputs, n]: [number, number, number] = [512, 640, 5]
    const values = draw(inputs * outputs)
    const [x, dy] = [draw(inputs * n), draw(outputs * n)]
    using storage = new Storage(device)
    const room = new StreamRoom(device)
    const W = storage.tensor(TYPE[own], [inputs, outputs])
    const parts = part === null ? null : { elements: part * inputs, rows: 16 }
    const matrix = planStreamed(room, W, { forward: TYPE[type], backward: TYPE[type] }, parts)
    expect(matrix.part).toBe(part ?? outputs)
    const exact = storage.tensor(TYPE.F32, [inputs, outputs])
    const input = storage.tensor(TYPE.F32, [inputs, n])
    const gradient = storage.tensor(TYPE.F32, [outputs, n])
    room.place(storage)
    storage.allocate()
    storage.set(W, quantize(own, values, inputs))
    storage.set(input, x)
    storage.set(gradient, dy)
    using graph = new Graph(device, 4096)
    graph.copy(W, exact)
    // Two of each in one graph: they share the room.
    const [y, y2] = [0, 1].map(() => graph.output(streamedProduct(graph, matrix, input)))
    graph.compute()
    const found = [y, y2].map((tensor) => storage.get(tensor as NonNullable<typeof y>))
    graph.reset()
    const dx = graph.output(streamedTransposedProduct(graph, matrix, gradient))
    graph.compute()
    const wanted = expected(storage.get(exact), [inputs, outputs], x, dy, n)
    const near = type === 'F32' ? 1e-3 : 1.2
    for (const one of found) expect(furthest(one, wanted.y)).toBeLessThan(near)
    expect(furthest(storage.get(dx), wanted.dx)).toBeLessThan(near)
  })
})

describe('an engine that streams', () => {
  const targets = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const
  const passOf = (file: string, type: 'Q8_0' | 'F32', streamed: Streamed) =>
    gradientOf(device, file, { weightType: { ...plainForms(TYPE[type]), streamed }, targets })

  it.each([
    ['Q4_K', 'Q8_0', true],
    ['Q6_K', 'Q8_0', false],
    ['Q4_0', 'Q8_0', true],
    ['F32', 'F32', false],
  ] as const)('gives the same bits as one that holds all of %s in %s twice', async (own, type, tied) => {
    const file = path.join(folder, `${own}-${tied}.gguf`)
    writeTinyModel(file, { width: 256, heads: 8, kvHeads: 4, ff: 512, blocks: 3, type: own, tiedEmbeddings: tied })
    const held = await passOf(file, type, { blocks: 0, head: false })
    for (const streamed of [
      { blocks: 2, head: false },
      { blocks: 3, head: true },
    ]) {
      const other = await passOf(file, type, streamed)
      expect(other.loss).toBe(held.loss)
      expect(other.gradient).toEqual(held.gradient)
    }
  })
})
